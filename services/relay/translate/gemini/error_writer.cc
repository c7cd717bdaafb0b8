#include "services/relay/translate/gemini/error_writer.h"

#include "libs/common/text.h"
#include "services/relay/dialects/google_status.h"

namespace weir::relay::gemini {
namespace {

constexpr int kServiceUnavailable = 503;
constexpr int kOverloaded = 529;

// Inside a stream there is none but by what it is about.
int StatusOf(const UpstreamError& error) {
  if (error.status != 0) return ErrorStatus(error.status);
  switch (error.topic) {
    case ErrorTopic::kContextTooLong:
      return 400;
    case ErrorTopic::kRateLimit:
    case ErrorTopic::kQuota:
      return 429;
    case ErrorTopic::kOverload:
      return kServiceUnavailable;
    case ErrorTopic::kOther:
      break;
  }
  return 500;
}

}  // namespace

int ErrorStatus(int upstream_status) {
  return upstream_status == kOverloaded ? kServiceUnavailable : upstream_status;
}

void WriteError(const UpstreamError& error, std::string_view request_id, std::string& out) {
  const int status = StatusOf(error);
  StrAppend(out, R"({"error":{"code":)", status, R"(,"message":")", error.message,
            R"(","status":")", GoogleWord(status), R"(","details":[{"@type":)",
            R"("type.googleapis.com/google.rpc.RequestInfo","requestId":")", request_id, "\"}]}}");
}

}  // namespace weir::relay::gemini
