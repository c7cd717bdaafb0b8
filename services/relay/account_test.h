// One real request through one account, for an administrator: the connection, the request and the
// answer go the way that every request goes, each part is told as it is over, and no key, limit or
// account's health is touched.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "libs/common/cost.h"
#include "services/relay/account_test_plan.h"
#include "services/relay/metering/usage_record.h"
#include "services/relay/net/task.h"
#include "services/relay/upstream/upstream_call.h"

namespace weir::v1 {
class AccountTestEvent;
}

namespace weir::relay {

using TellAccountTest = std::function<void(v1::AccountTestEvent& event)>;

// What the ledger is to know of it.
struct AccountTestUse {
  bool sent = false;        // the provider may have begun to work, and to bill
  int status = 0;           // of the answer; 0 = none came
  std::string_view reason;  // word of libs/common/reason.h; empty = it answered well
  TokenCounts tokens;
  UsageSource source = UsageSource::kNone;
  std::int64_t first_token_ms = -1;
  std::string upstream_request_id;
};

// On the loop of `upstream`. Ends with the result, or without it as soon as `stop` hangs up; `use`
// is filled in either way. All references must outlive the task; the plan is used up.
Task<void> RunAccountTest(UpstreamEnvironment& upstream, AccountTestPlan& plan, FdWatch& stop,
                          const TellAccountTest& tell, AccountTestUse& use);

}  // namespace weir::relay
