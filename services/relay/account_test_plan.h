// What a test of one account sends: a small request in the account's own dialect, made by what
// makes requests for it anyway. No I/O.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "services/relay/dialects/dialect.h"
#include "services/relay/snapshot/snapshot.h"
#include "services/relay/translate/translation.h"

namespace weir::v1 {
class AccountTestRequest;
}

namespace weir::relay {

struct AccountTestPlan {
  Account account;  // with the timeouts that hold
  Dialect dialect = Dialect::kOpenAiChat;
  std::string model;  // before the account's mapping
  std::string upstream_model;
  std::string request_id;
  bool stream = false;
  std::int64_t timeout_ms = 0;
  std::string head;  // SECRET in part
  std::string body;
  std::int64_t estimated_input_tokens = 0;   // for answers that do not tell
  std::unique_ptr<Translation> translation;  // knows how to read the answer
};

// InvalidArgument, in words without a secret: the account is none that can be used, or does not
// speak what is asked for.
absl::StatusOr<AccountTestPlan> PlanAccountTest(const v1::AccountTestRequest& request,
                                                const Timeouts& defaults);

}  // namespace weir::relay
