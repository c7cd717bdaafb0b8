#include "services/relay/translate/plain_error.h"

#include "libs/common/reason.h"
#include "services/relay/translate/neutral/json_out.h"

namespace weir::relay {

void AppendPlainError(const PlainError& error, std::string& out) {
  constexpr int kCodesPerStatus = 100;
  JsonOut json(out);
  json.Begin('{');
  json.Text("error", error.message);
  json.Number("code", error.status * kCodesPerStatus + 1);
  json.Text("reason", error.reason);
  json.Text("request_id", error.request_id);
  json.End('}');
}

std::string_view UpstreamReason(int status) {
  switch (status) {
    case 429:
      return reason::kUpstreamRateLimited;
    case 503:
    case 529:
      return reason::kUpstreamOverloaded;
    default:
      return status < 500 ? reason::kUpstreamRejected : reason::kUpstreamError;
  }
}

}  // namespace weir::relay
