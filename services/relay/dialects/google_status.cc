#include "services/relay/dialects/google_status.h"

#include <array>

namespace weir::relay {
namespace {

struct GoogleStatus {
  int http_status;
  std::string_view word;
};

// google.rpc.Code by the HTTP status that it goes with.
constexpr std::array kGoogleStatuses = {
    GoogleStatus{400, "INVALID_ARGUMENT"},  GoogleStatus{401, "UNAUTHENTICATED"},
    GoogleStatus{403, "PERMISSION_DENIED"}, GoogleStatus{404, "NOT_FOUND"},
    GoogleStatus{405, "UNIMPLEMENTED"},     GoogleStatus{408, "DEADLINE_EXCEEDED"},
    GoogleStatus{410, "NOT_FOUND"},         GoogleStatus{413, "INVALID_ARGUMENT"},
    GoogleStatus{415, "INVALID_ARGUMENT"},  GoogleStatus{429, "RESOURCE_EXHAUSTED"},
    GoogleStatus{431, "INVALID_ARGUMENT"},  GoogleStatus{500, "INTERNAL"},
    GoogleStatus{502, "UNAVAILABLE"},       GoogleStatus{503, "UNAVAILABLE"},
    GoogleStatus{504, "DEADLINE_EXCEEDED"},
};

}  // namespace

std::string_view GoogleWord(int http_status) {
  for (const GoogleStatus& row : kGoogleStatuses) {
    if (row.http_status == http_status) return row.word;
  }
  return http_status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
}

}  // namespace weir::relay
