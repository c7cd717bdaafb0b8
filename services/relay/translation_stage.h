// Attempts at accounts of another dialect than the caller's: which may be chosen, what they are
// sent, how their answers begin. The translation itself: translate/translation.h.
#pragma once

#include <cstdint>

#include "services/relay/relay_environment.h"
#include "services/relay/request_stages.h"

namespace weir::relay {

// The dialects that this request can be translated into, a bit each (1 << dialect); 0 = it goes to
// accounts of its own dialect alone.
std::uint32_t TranslatableDialects(const RequestContext& context);

// Before an attempt: sets context.translation to what this account needs, null for one of the
// caller's own dialect. A refusal says what cannot be told to this account; another might do.
Refusal PrepareTranslation(RequestContext& context, Exchange& exchange, const Account& account);

// The account has answered; from here on its answer can be fed. A native one passes as it is,
// unless it comes in another form than the client asked for: a stream for a whole answer, or the
// reverse.
void BeginTranslatedAnswer(RequestContext& context, const UpstreamCall& call,
                           const RequestHead& head);

}  // namespace weir::relay
