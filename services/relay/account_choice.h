// Which accounts to try for a request, in order; the stage around accounts/account_selector.
#pragma once

#include <string_view>

#include "services/relay/accounts/account_selector.h"
#include "services/relay/free_again.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_stages.h"

namespace weir::relay {

// Fills `selection` for the first model of the plan that an account serves now and that has a
// price, or refuses: with what stood in the way of the first one, or with when any of them will be
// served again. Sets the context's seed.
Refusal ChooseAccounts(RelayEnvironment& environment, RequestContext& context,
                       const RequestHead& head, std::string_view body, Selection& selection);

// The family of the account that the conversation goes to when all are well: what it has brought
// along was made there, most likely, whatever relay it spoke to.
std::uint64_t HomeFamily(const RelayEnvironment& environment, const RequestContext& context);

// The same for the models behind the one at hand, whose accounts have all failed; false: there is
// none, and `selection` and the context are as they were; `free_again` knows of those that rest.
bool ChooseFallback(RelayEnvironment& environment, RequestContext& context, FreeAgain& free_again,
                    Selection& selection);

// Requests of one session choose alike.
std::uint64_t SeedOfSession(std::string_view session);

// What is asked of the selector for one model of the plan; the context has its seed.
SelectionRequest SelectionFor(const RequestContext& context, const RouteStep& step,
                              const SessionMemory& sessions);

}  // namespace weir::relay
