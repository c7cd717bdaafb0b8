// One real request through one account, for an administrator: the connection, the request and the
// answer go the way that every request goes, each part is told as it is over, and nothing is
// counted against anybody.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "services/relay/account_test_plan.h"
#include "services/relay/net/task.h"
#include "services/relay/upstream/upstream_call.h"

namespace weir::v1 {
class AccountTestEvent;
}

namespace weir::relay {

using TellAccountTest = std::function<void(v1::AccountTestEvent& event)>;

// On the loop of `upstream`. Ends with the result, or without it as soon as `stop` hangs up. All
// references must outlive the task; the plan is used up.
Task<void> RunAccountTest(UpstreamEnvironment& upstream, AccountTestPlan& plan, FdWatch& stop,
                          const TellAccountTest& tell);

}  // namespace weir::relay
