#include "services/relay/accounts/upstream_signal.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/time/time.h"

#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/accounts/error_object.h"
#include "services/relay/accounts/error_words.h"
#include "services/relay/accounts/rate_headers.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kSecondMs = 1'000;
constexpr std::int64_t kMinuteMs = 60'000;
constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDayMs = 86'400'000;

constexpr RestPlan kNoRest{};
constexpr RestPlan kToldRest{RestCause::kRateLimited, 0, 0, 0, false};
// A 429 that does not say for how long: enough to stop a storm, short enough to notice the end.
constexpr RestPlan kBareRest{RestCause::kRateLimited, 0, 10 * kSecondMs, 5 * kMinuteMs, false};
constexpr RestPlan kQuotaRest{RestCause::kQuotaExhausted, 0, kHourMs, kDayMs, true};
constexpr RestPlan kOverloadRest{RestCause::kOverloaded, 0, 5 * kSecondMs, 2 * kMinuteMs, true};
// Rights are given and models added by hand, so not soon.
constexpr RestPlan kRefusedRest{RestCause::kModelRefused, 0, 10 * kMinuteMs, kDayMs, false};
constexpr RestPlan kConnectRest{RestCause::kFailing, 0, 5 * kSecondMs, kMinuteMs, false};
constexpr RestPlan kBreakerRest{RestCause::kFailing, 0, 10 * kSecondMs, 5 * kMinuteMs, false};

using Effect = AccountEffect;
using Kind = SignalKind;

constexpr std::array kTable = {
    SignalRow{Kind::kGood, "good", "", false, Effect::kGood, true, kNoRest, "2xx",
              "passed on; closes what was half open"},
    SignalRow{Kind::kCallerFault, "caller_fault", reason::kUpstreamRejected, false, Effect::kGood,
              true, kNoRest, "400, 404, 413, 422 and other 4xx; the same in a first event",
              "passed on as it is, never tried elsewhere, never held against the account"},
    SignalRow{
        Kind::kAccountLimit, "account_limit", reason::kUpstreamRateLimited, true, Effect::kCoolDown,
        false, kToldRest,
        "429 that says for how long: `retry-after(-ms)`, else the reset of the limits of which "
        "nothing is left",
        "the model rests on this account as long as told (at most a day); with "
        "`anthropic-ratelimit-unified-status: rejected` the whole account"},
    SignalRow{Kind::kRateLimit, "rate_limit", reason::kUpstreamRateLimited, true, Effect::kCoolDown,
              false, kBareRest, "429 that does not say for how long; a rate limit in a first event",
              "the model rests on this account for 10 s, then longer, up to 5 min"},
    SignalRow{
        Kind::kQuotaExhausted, "quota_exhausted", reason::kQuotaExhausted, true, Effect::kCoolDown,
        true, kQuotaRest,
        "402; `insufficient_quota`, a spend limit or a spent balance in a 400, 403, 404 or 429",
        "the account rests for 1 h, then longer, up to a day"},
    SignalRow{Kind::kOverload, "overload", reason::kUpstreamOverloaded, true, Effect::kCoolDown,
              false, kOverloadRest, "503, 529; overload in the first event of a 200",
              "the model rests on this account for 5 s or as told, then longer, up to 2 min"},
    SignalRow{Kind::kCredential, "credential", reason::kCredentialRejected, true, Effect::kReject,
              true, kNoRest,
              "401 in JSON; a 403 that names the credential or the account itself; a disabled "
              "organization; the same in a first event",
              "the account is out until an administrator acts"},
    SignalRow{
        Kind::kModelRefused, "model_refused", reason::kModelRefused, true, Effect::kRestIfBettered,
        false, kRefusedRest,
        "any other 403 in JSON; `model_not_found`, or a 404 that names the model; the same in "
        "a first event",
        "when another attempt of the request is answered well, the model rests on this account "
        "for 10 min, then longer, up to a day; else it was the request: nothing, and a 404 is "
        "passed on"},
    SignalRow{Kind::kUpstreamFault, "upstream_fault", reason::kUpstreamError, true, Effect::kCount,
              true, kBreakerRest,
              "other 5xx, 3xx, 401 and 403 as HTML; any other error in a first event",
              "counts: five in a row rest the account, one while half open what was half open"},
    SignalRow{Kind::kConnect, "connect", reason::kUpstreamConnect, true, Effect::kCoolDown, true,
              kConnectRest,
              "no name, a metadata address, no connection, TLS refused, proxy refused",
              "the account rests for 5 s, then longer, up to 1 min"},
    SignalRow{Kind::kTimeout, "timeout", reason::kUpstreamTimeout, true, Effect::kCount, true,
              kBreakerRest, "no answer in time", "counts"},
    SignalRow{Kind::kMalformed, "malformed", reason::kUpstreamMalformed, true, Effect::kCount, true,
              kBreakerRest, "not HTTP", "counts"},
    SignalRow{Kind::kClosed, "closed", reason::kUpstreamClosed, true, Effect::kCount, true,
              kBreakerRest, "closed without an answer", "counts"},
    SignalRow{Kind::kClientGone, "client_gone", reason::kClientGone, false, Effect::kNone, true,
              kNoRest, "the client left first", "nothing"},
};

constexpr bool InOrder() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].kind) != i) return false;
  }
  return true;
}
static_assert(InOrder(), "a row stands at the place of its kind");

UpstreamSignal Of(Kind kind, std::int64_t told_ms = 0) {
  const SignalRow& row = RowOf(kind);
  return {&row, row.error_class, row.try_next, row.effect, row.whole_account, told_ms};
}

std::int64_t ClampMs(std::int64_t ms) { return std::clamp<std::int64_t>(ms, 0, kDayMs); }

// absl's times know infinity, so that no header can make this overflow.
std::int64_t UntilMs(absl::Time time, std::int64_t now_unix_ms) {
  return ClampMs(absl::ToInt64Milliseconds(time - absl::FromUnixMillis(now_unix_ms)));
}

// How long the provider asks to be left alone; 0 = it does not say.
std::int64_t RetryAfterOf(const ResponseHead& head, std::int64_t now_unix_ms) {
  std::int64_t milliseconds = 0;
  if (ParseInteger(head.Find("retry-after-ms"), milliseconds) && milliseconds > 0) {
    return ClampMs(milliseconds);
  }
  return RetryAfterMs(head.Find("retry-after"), now_unix_ms);
}

// A limit of which something is left is not the one that was reached, so its reset says nothing.
UpstreamSignal RateLimited(const ResponseHead& head, std::int64_t now_unix_ms) {
  const RateReading rates = ReadRateHeaders(head, now_unix_ms);
  std::int64_t told_ms = RetryAfterOf(head, now_unix_ms);
  if (told_ms == 0) told_ms = ClampMs(rates.exhausted_until_unix_ms - now_unix_ms);
  UpstreamSignal signal = Of(told_ms > 0 ? Kind::kAccountLimit : Kind::kRateLimit, told_ms);
  // A subscription has one window for all of its models; an API key has limits by model, and so
  // have subscriptions beside their window.
  signal.whole_account = rates.rejected && rates.whole_account;
  return signal;
}

std::string_view ErrorOfOpening(const ResponseHead& head, std::string_view body_start) {
  return head.HasType("application/json") ? ReadJsonOpening(body_start).error
                                          : ReadStreamOpening(body_start).error;
}

// A 200 that begins with an error instead of an answer.
UpstreamSignal OpenedWithError(std::string_view error) {
  switch (WordOf(ReadErrorObject(error))) {
    case ErrorWord::kQuota:
      return Of(Kind::kQuotaExhausted);
    case ErrorWord::kOverload:
      return Of(Kind::kOverload);
    case ErrorWord::kRateLimit:
      return Of(Kind::kRateLimit);
    case ErrorWord::kCredential:
      return Of(Kind::kCredential);
    case ErrorWord::kPermission:
    case ErrorWord::kNoModel:
      return Of(Kind::kModelRefused);
    case ErrorWord::kCaller:
      return Of(Kind::kCallerFault);
    case ErrorWord::kNone:
      break;
  }
  return Of(Kind::kUpstreamFault);
}

// A 400, 403 or 404 whose body may say more than its status.
UpstreamSignal Refused(int status, const ErrorObject& error) {
  const bool disabled = SentenceOf(error) == ErrorWord::kCredential;
  // Google tells a wrong key as a 400, by its details.
  const bool by_word = status == 403 || !error.detail_code.empty();
  if (disabled || (by_word && WordOf(error) == ErrorWord::kCredential)) {
    return Of(Kind::kCredential);
  }
  const bool no_model = status == 404 ? NamesModel(error) : WordOf(error) == ErrorWord::kNoModel;
  return Of(status == 403 || no_model ? Kind::kModelRefused : Kind::kCallerFault);
}

UpstreamSignal ClassifyStatus(const ResponseHead& head, std::string_view body_start,
                              std::int64_t now_unix_ms) {
  const int status = head.status;
  if (status < 300) return Of(Kind::kGood);
  // Redirects are not followed: a base URL that leads to one is set up wrongly.
  if (status < 400) return Of(Kind::kUpstreamFault);
  if (status == 402) return Of(Kind::kQuotaExhausted);
  const bool json = head.HasType("application/json");
  const ErrorObject error = WantsBody(head) ? ReadErrorObject(body_start) : ErrorObject{};
  if (WordOf(error) == ErrorWord::kQuota) return Of(Kind::kQuotaExhausted);
  if (status == 429) return RateLimited(head, now_unix_ms);
  // A page of HTML comes from something in front of the provider, set off by this request.
  if (status == 401) return Of(json ? Kind::kCredential : Kind::kUpstreamFault);
  if (status == 403 && !json) return Of(Kind::kUpstreamFault);
  if (status == 529 || status == 503) return Of(Kind::kOverload, RetryAfterOf(head, now_unix_ms));
  return status >= 500 ? Of(Kind::kUpstreamFault) : Refused(status, error);
}

bool LeadsToLogIn(const ResponseHead& head) {
  constexpr std::array kStatuses = {302, 303, 307};
  constexpr std::array<std::string_view, 5> kWords = {"login", "log-in", "signin", "sign-in",
                                                      "auth"};
  if (std::find(kStatuses.begin(), kStatuses.end(), head.status) == kStatuses.end()) return false;
  const std::string where = ToLower(head.Find("location"));
  return std::any_of(kWords.begin(), kWords.end(), [&where](std::string_view word) {
    return where.find(word) != std::string::npos;
  });
}

}  // namespace

std::span<const SignalRow> SignalTable() { return kTable; }

const SignalRow& RowOf(SignalKind kind) { return kTable[static_cast<std::size_t>(kind)]; }

std::string SignalTableText() {
  std::string text =
      "| signal | seen as | word in the record | next account? | the account |\n"
      "|---|---|---|---|---|\n";
  for (const SignalRow& row : kTable) {
    const std::string word = row.error_class.empty() ? "-" : StrCat("`", row.error_class, "`");
    StrAppend(text, "| `", row.name, "` | ", row.seen_as, " | ", word, " | ",
              row.try_next ? "yes" : "no", " | ", row.consequence, " |\n");
  }
  return text;
}

bool WantsBody(const ResponseHead& head) {
  constexpr std::array kStatuses = {400, 403, 404, 429};
  return std::find(kStatuses.begin(), kStatuses.end(), head.status) != kStatuses.end() &&
         head.HasType("application/json");
}

std::int64_t RetryAfterMs(std::string_view value, std::int64_t now_unix_ms) {
  if (value.empty()) return 0;
  std::int64_t seconds = 0;
  if (ParseInteger(value, seconds)) {
    return seconds < 0 ? 0 : ClampMs(std::min(seconds, kDayMs / kSecondMs) * kSecondMs);
  }
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", std::string(value), &time, &error)) return 0;
  return UntilMs(time, now_unix_ms);
}

UpstreamSignal Classify(AttemptOutcome outcome, const ResponseHead* head,
                        std::string_view body_start, std::int64_t now_unix_ms) {
  switch (outcome) {
    case AttemptOutcome::kAnswered:
      return ClassifyStatus(*head, body_start, now_unix_ms);
    case AttemptOutcome::kErrorInAnswer:
      return OpenedWithError(ErrorOfOpening(*head, body_start));
    case AttemptOutcome::kConnectFailed:
      return Of(Kind::kConnect);
    case AttemptOutcome::kTimedOut:
      return Of(Kind::kTimeout);
    case AttemptOutcome::kMalformed:
      return Of(Kind::kMalformed);
    case AttemptOutcome::kClosed:
      return Of(Kind::kClosed);
    case AttemptOutcome::kClientGone:
      break;
  }
  return Of(Kind::kClientGone);
}

UpstreamSignal ClassifyForSession(AttemptOutcome outcome, const ResponseHead* head,
                                  std::string_view body_start, std::int64_t now_unix_ms) {
  const UpstreamSignal signal = Classify(outcome, head, body_start, now_unix_ms);
  const bool is_page =
      outcome == AttemptOutcome::kAnswered && signal.row->kind == Kind::kUpstreamFault;
  if (!is_page) return signal;
  return head->status == 401 || LeadsToLogIn(*head) ? Of(Kind::kCredential) : signal;
}

}  // namespace weir::relay
