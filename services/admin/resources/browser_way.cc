#include "services/admin/resources/browser_way.h"

#include <algorithm>

#include "libs/common/log.h"
#include "libs/common/text.h"
#include "services/admin/http/api_error.h"
#include "services/admin/outbound/form_text.h"

namespace weir::admin {

Response GoTo(const std::string& url) {
  Response response;
  response.status = 303;
  response.content_type = kPageType;
  response.body = "<!doctype html>\n<title>Weir</title>\n<p>Going on…</p>\n";
  response.headers.emplace_back("Location", url);
  return response;
}

std::string LoginPath(std::string_view next) {
  std::string query;
  if (next != "/") AppendField(query, "next", next);
  return query.empty() ? "/login" : StrCat("/login?", query);
}

std::string PathWithError(std::string_view path, std::string_view reason, const Request& request) {
  const std::size_t fragment = std::min(path.find('#'), path.size());
  std::string whole(path.substr(0, fragment));
  whole += whole.find('?') == std::string::npos ? '?' : '&';
  StrAppend(whole, "error=", reason, "&request_id=", request.request_id, path.substr(fragment));
  return whole;
}

absl::StatusOr<Response> Told(const absl::Status& trouble, const Request& request,
                              std::string_view path) {
  if (!request.AcceptsHtml()) return trouble;
  LogWarning("a browser is told of an error", {{"request_id", request.request_id},
                                               {"client_ip", request.client_ip},
                                               {"path", request.path},
                                               {"error", View(trouble.message())}});
  return GoTo(PathWithError(path, ShownReason(trouble), request));
}

}  // namespace weir::admin
