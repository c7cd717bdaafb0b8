#include "services/admin/http/unchanged.h"

#include <algorithm>
#include <string>

#include "libs/common/api_key_hash.h"
#include "libs/common/text.h"
#include "services/admin/store/columns.h"

namespace weir::admin {

std::string ContentEtag(std::string_view content) {
  return StrCat("\"", HexOf(ApiKeyHash(content)).substr(0, 32), "\"");
}

bool ClientHas(const Request& request, std::string_view etag) {
  for (std::string_view one : Split(request.Header("if-none-match"), ',')) {
    one = StripSpace(one);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == etag || one == "*") return true;
  }
  return false;
}

void AnswerUnchanged(const Request& request, Response& response) {
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  if (!is_get || response.status != 200 || response.source != nullptr) return;
  if (response.content_type != "application/json") return;
  const bool has_etag = std::any_of(response.headers.begin(), response.headers.end(),
                                    [](const auto& header) { return header.first == "ETag"; });
  if (has_etag) return;
  const std::string etag = ContentEtag(response.body);
  response.headers.emplace_back("ETag", etag);
  if (!ClientHas(request, etag)) return;
  response.status = 304;
  response.body.clear();
}

}  // namespace weir::admin
