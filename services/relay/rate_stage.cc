#include "services/relay/rate_stage.h"

#include <algorithm>
#include <string>

#include "libs/common/clock.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/limits/limit_headers.h"
#include "services/relay/route_stage.h"

namespace weir::relay {
namespace {

// What an answer is taken to need until it is known, at most. Clients ask for far more than they
// get, and would block each other if all of it were set aside.
constexpr std::int64_t kOutputTokensReserved = 4'096;

std::int64_t NowMs(const RelayEnvironment& environment) {
  return environment.upstream.loop.now_ms();
}

std::string_view MeasureOf(LimitKind limit) {
  switch (limit) {
    case LimitKind::kRequests:
      return "requests per minute";
    case LimitKind::kTokens:
      return "tokens per minute";
    case LimitKind::kConcurrency:
      break;
  }
  return "requests at the same time";
}

LocalReply RateLimited(const Denial& denial, std::int64_t tokens) {
  const std::string_view who = SubjectName(denial.subject);
  const std::int64_t retry_after_s = (denial.retry_after_ms + kMsPerSecond - 1) / kMsPerSecond;
  const bool never = denial.limit == LimitKind::kTokens && denial.retry_after_ms == 0;
  const std::string when = denial.limit == LimitKind::kConcurrency
                               ? "when one has ended"
                               : StrCat("in ", retry_after_s, " s");
  LocalReply reply =
      never ? MakeReply(Telling::kTooLarge, reason::kRateLimited, tokens, who, denial.cap)
            : MakeReply(reason::kRateLimited, who, denial.cap, MeasureOf(denial.limit), when);
  reply.limit = LimitName(denial.limit);
  reply.retry_after_s = retry_after_s;
  return reply;
}

SubjectList SubjectsOf(const Caller& caller) {
  SubjectList subjects;
  subjects.Add(SubjectKind::kKey, caller.key->id, caller.key->limits);
  subjects.Add(SubjectKind::kUser, caller.user->id, caller.user->limits);
  subjects.Add(SubjectKind::kGroup, caller.group->id, caller.group->limits);
  return subjects;
}

// Input and output as far as they can be told before. No more than the tightest limit: a request
// that asks for a long answer waits until the minute is empty, and is not refused for ever.
std::int64_t ReservedTokens(const RequestContext& context, const SubjectList& subjects) {
  const std::int64_t input = context.estimated_input_tokens;
  // Other answers than text have few tokens or none.
  if (context.endpoint->usage != UsageForm::kText) return input;
  const std::int64_t output = AnswerBounds(context).Applied(context.facts.max_output_tokens());
  std::int64_t tokens =
      input + (output < 0 ? kOutputTokensReserved : std::min(output, kOutputTokensReserved));
  for (const LimitedSubject& subject : subjects.all()) {
    if (subject.tokens_per_minute == 0) continue;
    tokens = std::min(tokens, std::max(subject.tokens_per_minute, input));
  }
  return tokens;
}

// "open" lifts the limits while Redis is away; this relay goes on counting for when it is back.
RateLimiter::Mode ModeOf(const RelayEnvironment& environment, const RequestContext& context) {
  const SharedLimiter& shared = environment.shared_limiter;
  const bool lifted =
      shared.configured() && !shared.up() && RedisPolicyOf(context) == RedisAwayPolicy::kOpen;
  return lifted ? RateLimiter::Mode::kCountOnly : RateLimiter::Mode::kEnforce;
}

}  // namespace

RateNeed CallerRates(const RequestContext& context) {
  RateNeed need{.subjects = SubjectsOf(context.caller)};
  need.tokens = ReservedTokens(context, need.subjects);
  return need;
}

RateNeed AccountRates(const RequestContext& context, const Account& account) {
  RateNeed need;
  need.subjects.Add(SubjectKind::kAccount, account.id, account.limits);
  need.tokens = ReservedTokens(context, need.subjects);
  return need;
}

RedisAwayPolicy RedisPolicyOf(const RequestContext& context) {
  RedisAwayPolicy policy = context.caller.group->redis_away_policy;
  if (policy == RedisAwayPolicy::kUnset) policy = context.snapshot->settings().redis_away_policy;
  return policy == RedisAwayPolicy::kUnset ? RedisAwayPolicy::kLocal : policy;
}

Refusal AdmitCaller(RelayEnvironment& environment, RequestContext& context) {
  if (context.endpoint->operation != Operation::kGenerate) return std::nullopt;
  const RateNeed need = CallerRates(context);
  if (need.subjects.empty()) return std::nullopt;
  RateHolds& rates = context.rates;
  rates.admitted_unix_ms = environment.upstream.loop.now_unix_ms();
  const std::optional<Denial> denial =
      environment.rate_limiter.Admit(need.subjects.all(), need.tokens, NowMs(environment),
                                     ModeOf(environment, context), rates.caller, rates.report);
  if (!denial.has_value()) return std::nullopt;
  return RateLimited(*denial, need.tokens);
}

bool AsksRedis(const RelayEnvironment& environment, const RequestContext& context) {
  return environment.shared_limiter.configured() && context.rates.caller.held();
}

Task<Refusal> AdmitCallerInRedis(RelayEnvironment& environment, RequestContext& context) {
  RateHolds& rates = context.rates;
  const RateNeed need = CallerRates(context);
  SharedAdmission admission(environment.shared_limiter, need.subjects.all(), need.tokens,
                            rates.shared_caller);
  const SharedAnswer answer = co_await admission;
  Refusal refusal;
  if (answer.away) {
    if (RedisPolicyOf(context) == RedisAwayPolicy::kClosed) {
      refusal = MakeReply(reason::kLimitsUnavailable);
    }
  } else {
    rates.report = answer.report;
    if (answer.denial.has_value()) refusal = RateLimited(*answer.denial, need.tokens);
  }
  if (refusal.has_value()) {
    rates.caller.TakeBack();
    rates.shared_caller.Release(0);
  }
  co_return refusal;
}

std::int64_t TakeAccountRoom(RelayEnvironment& environment, RequestContext& context,
                             const Account& account) {
  if (!HasRates(account.limits) || context.endpoint->operation != Operation::kGenerate) return 0;
  const RateNeed need = AccountRates(context, account);
  LimitReport not_the_callers;
  const std::optional<Denial> denial = environment.rate_limiter.Admit(
      need.subjects.all(), need.tokens, NowMs(environment), ModeOf(environment, context),
      context.rates.account, not_the_callers);
  return denial.has_value() ? std::max(denial->retry_after_ms, kMsPerSecond) : 0;
}

void GiveAccountRoomBack(RelayEnvironment& environment, RequestContext& context) {
  RateHolds& rates = context.rates;
  if (!rates.account.held()) return;
  rates.account.Release(/*used_tokens=*/0, NowMs(environment));
  rates.shared_account.Release(/*used_tokens=*/0);
}

bool AccountAsksRedis(const RelayEnvironment& environment, const RequestContext& context) {
  return environment.shared_limiter.configured() && context.rates.account.held();
}

Task<std::int64_t> TakeAccountRoomInRedis(RelayEnvironment& environment, RequestContext& context,
                                          const Account& account) {
  RateHolds& rates = context.rates;
  const RateNeed need = AccountRates(context, account);
  SharedAdmission admission(environment.shared_limiter, need.subjects.all(), need.tokens,
                            rates.shared_account);
  const SharedAnswer answer = co_await admission;
  std::int64_t full_for_ms = 0;
  if (answer.denial.has_value()) {
    full_for_ms = std::max(answer.denial->retry_after_ms, kMsPerSecond);
  } else if (answer.away && RedisPolicyOf(context) == RedisAwayPolicy::kClosed) {
    rates.limits_away = true;
    full_for_ms = kMsPerSecond;
  }
  if (full_for_ms > 0) {
    rates.account.TakeBack();
    rates.shared_account.Release(/*used_tokens=*/0);
  }
  co_return full_for_ms;
}

void AppendRateFields(const RequestContext& context, std::int64_t now_unix_ms, std::string& out) {
  const RateHolds& rates = context.rates;
  if (rates.report.empty()) return;
  AppendLimitFields(rates.report, context.dialect, rates.admitted_unix_ms, now_unix_ms, out);
}

void SettleRates(RelayEnvironment& environment, RequestContext& context, std::int64_t used_tokens) {
  RateHolds& rates = context.rates;
  if (!rates.caller.held() && !rates.account.held()) return;
  const std::int64_t now_ms = NowMs(environment);
  rates.caller.Release(used_tokens, now_ms);
  rates.account.Release(used_tokens, now_ms);
  rates.shared_caller.Release(used_tokens);
  rates.shared_account.Release(used_tokens);
}

}  // namespace weir::relay
