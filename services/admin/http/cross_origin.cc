#include "services/admin/http/cross_origin.h"

#include <algorithm>
#include <utility>

#include "libs/common/text.h"
#include "libs/common/upstream_url.h"

namespace weir::admin {
namespace {

constexpr const char* kMethods = "GET, POST, PUT, PATCH, DELETE";
constexpr const char* kRequestHeaders = "authorization, content-type, if-match, if-none-match";
// Of answers, beside those that every page may read.
constexpr const char* kAnswerHeaders =
    "etag, location, retry-after, content-disposition, x-request-id";
constexpr const char* kKeptSeconds = "600";

}  // namespace

absl::StatusOr<CrossOrigin> CrossOrigin::Parse(std::string_view origins) {
  std::vector<std::string> known;
  for (const std::string_view part : Split(origins, ',')) {
    const std::string origin = ToLower(StripSpace(part));
    if (origin.empty()) continue;
    const auto url = ParseUpstreamUrl(origin);
    if (!url.ok() || !url->base_path.empty() || origin.back() == '/') {
      return absl::InvalidArgumentError(
          StrCat("allowed_origins: '", origin,
                 "' is no origin: scheme, host and port alone, https://host:port"));
    }
    // As browsers name it: without the scheme's own port.
    known.push_back(StrCat(url->tls ? "https://" : "http://", url->host_header));
  }
  return CrossOrigin(std::move(known));
}

std::string_view CrossOrigin::Known(const Request& request) const {
  if (origins_.empty()) return {};
  const std::string_view named = request.Header("origin");
  const auto found = std::find(origins_.begin(), origins_.end(), named);
  return found == origins_.end() ? std::string_view() : std::string_view(*found);
}

std::optional<Response> CrossOrigin::Preflight(const Request& request) const {
  const bool asks =
      request.method == "OPTIONS" && !request.Header("access-control-request-method").empty();
  if (!asks || Known(request).empty()) return std::nullopt;
  Response response;
  response.status = 204;
  response.headers = {{"Access-Control-Allow-Methods", kMethods},
                      {"Access-Control-Allow-Headers", kRequestHeaders},
                      {"Access-Control-Max-Age", kKeptSeconds}};
  return response;
}

void CrossOrigin::Mark(const Request& request, Response& response) const {
  if (origins_.empty()) return;
  // An answer that is kept must not be given to a page of another address.
  response.headers.emplace_back("Vary", "Origin");
  const std::string_view origin = Known(request);
  if (origin.empty()) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", origin);
  response.headers.emplace_back("Access-Control-Expose-Headers", kAnswerHeaders);
}

}  // namespace weir::admin
