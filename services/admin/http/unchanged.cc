#include "services/admin/http/unchanged.h"

#include <algorithm>
#include <string>

#include "libs/common/api_key_hash.h"
#include "libs/common/text.h"
#include "services/admin/store/columns.h"

namespace weir::admin {
namespace {

// Whether the list of If-None-Match has it; weakly, as RFC 9110 13.1.2 wants it.
bool Lists(std::string_view if_none_match, std::string_view etag) {
  for (std::string_view one : Split(if_none_match, ',')) {
    one = StripSpace(one);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == etag || one == "*") return true;
  }
  return false;
}

}  // namespace

void AnswerUnchanged(const Request& request, Response& response) {
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (!is_get || response.status != 200 || response.source != nullptr) return;
  if (response.content_type != "application/json") return;
  const bool has_etag = std::any_of(response.headers.begin(), response.headers.end(),
                                    [](const auto& header) { return header.first == "ETag"; });
  if (has_etag) return;
  const std::string etag = StrCat("\"", HexOf(ApiKeyHash(response.body)).substr(0, 32), "\"");
  response.headers.emplace_back("ETag", etag);
  if (!Lists(request.Header("if-none-match"), etag)) return;
  response.status = 304;
  response.body.clear();
}

}  // namespace weir::admin
