// What an attempt taught about its account: into the account's health here, into the log, and up to
// admin, which tells all relays.
#pragma once

#include <cstdint>
#include <string_view>

#include "services/relay/accounts/rate_headers.h"
#include "services/relay/accounts/upstream_signal.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

// How the attempt ended, whose ticket and upstream model the context has.
struct AttemptEnd {
  int http_status = 0;    // 0 = no answer
  std::string_view said;  // of a refusal, as far as its body was read
};
void NoteForAccount(RelayEnvironment& environment, RequestContext& context, const Account& account,
                    const UpstreamSignal& signal, const AttemptEnd& end);

// How much of a subscription's windows is used, by an answer's head, a refusal's too; nothing of an
// account that an administrator has changed meanwhile.
void NoteWindows(RelayEnvironment& environment, const Account& account, const RateReading& reading,
                 std::int64_t now_unix_ms);

// What a good answer's head tells of the account's limits and of its speed. Before the next
// suspension.
void NoteGoodAnswer(RelayEnvironment& environment, const RequestContext& context,
                    const Account& account, const ResponseHead& head, std::int64_t first_byte_ms,
                    std::int64_t now_unix_ms);

}  // namespace weir::relay
