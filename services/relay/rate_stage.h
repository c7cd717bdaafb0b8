// Requests per minute, tokens per minute, requests in flight: the stage of the path that admits a
// request, and the room of an account.
#pragma once

#include <cstdint>
#include <string>

#include "services/relay/limits/limited_subject.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"
#include "services/relay/request_stages.h"

namespace weir::relay {

// What is asked of the limits: who has some, and how many tokens are set aside.
struct RateNeed {
  SubjectList subjects;
  std::int64_t tokens = 0;
};
RateNeed CallerRates(const RequestContext& context);
RateNeed AccountRates(const RequestContext& context, const Account& account);

// What to do while Redis is away: never kUnset.
RedisAwayPolicy RedisPolicyOf(const RequestContext& context);

// Key, user and group together, or a refusal that says which of them and until when. Only what a
// model answers is counted; a caller without such limits costs nothing here.
Refusal AdmitCaller(RelayEnvironment& environment, RequestContext& context);

// The same for all relays, after AdmitCaller has let it in: only where there is a Redis to ask.
bool AsksRedis(const RelayEnvironment& environment, const RequestContext& context);
Task<Refusal> AdmitCallerInRedis(RelayEnvironment& environment, RequestContext& context);

// The account's own room, held in context.rates.account until the attempt or the answer ends.
// 0 = taken, else for how long at least it is full.
std::int64_t TakeAccountRoom(RelayEnvironment& environment, RequestContext& context,
                             const Account& account);
// The attempt has come to nothing.
void GiveAccountRoomBack(RelayEnvironment& environment, RequestContext& context);

// The same in Redis, where there is one and the account has limits. When it is full there as well,
// its room here has been given back.
bool AccountAsksRedis(const RelayEnvironment& environment, const RequestContext& context);
Task<std::int64_t> TakeAccountRoomInRedis(RelayEnvironment& environment, RequestContext& context,
                                          const Account& account);

// What the caller has left of its limits, as headers of its answer.
void AppendRateFields(const RequestContext& context, std::int64_t now_unix_ms, std::string& out);

// The request has ended and used that many tokens; before the client can see the end, so that it
// may send its next one at once.
void SettleRates(RelayEnvironment& environment, RequestContext& context, std::int64_t used_tokens);

}  // namespace weir::relay
