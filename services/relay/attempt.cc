#include "services/relay/attempt.h"

#include <sys/uio.h>

#include <string>
#include <string_view>
#include <vector>

#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/dialects/request_scan.h"
#include "services/relay/metering/reason_counters.h"
#include "services/relay/providers/upstream_request.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kMsPerSecond = 1'000;
// Failures in a row after which an account rests, and for how long; it is tried again after that.
constexpr int kFailuresMax = 5;
constexpr std::int64_t kBreakerRestMs = 10'000;

iovec Piece(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

// The body with its edits as runs of bytes; nothing of it is copied.
std::vector<iovec> BodyPieces(std::string_view body, const std::vector<BodyEdit>& edits) {
  std::vector<iovec> pieces;
  std::size_t at = 0;
  for (const BodyEdit& edit : edits) {
    if (edit.erased.begin > at) pieces.push_back(Piece(body.substr(at, edit.erased.begin - at)));
    if (!edit.text.empty()) pieces.push_back(Piece(edit.text));
    at = edit.erased.begin + edit.erased.size;
  }
  if (at < body.size()) pieces.push_back(Piece(body.substr(at)));
  return pieces;
}

std::size_t TotalBytes(const std::vector<iovec>& pieces) {
  std::size_t bytes = 0;
  for (const iovec& piece : pieces) bytes += piece.iov_len;
  return bytes;
}

void ReportToAdmin(RelayEnvironment& environment, const RequestContext& context,
                   const Account& account, AccountSignal signal, std::int64_t until_unix_ms,
                   int http_status, std::string_view error_class) {
  environment.subscriber.Report({account.id, signal, UnixMs(), until_unix_ms, http_status,
                                 std::string(error_class), context.request_id});
}

void ApplyToAccount(RelayEnvironment& environment, const RequestContext& context,
                    const Account& account, const UpstreamSignal& signal, int http_status) {
  AccountHealth& health = *account.health;
  const std::int64_t now_unix_ms = UnixMs();
  std::int64_t cooldown_ms = signal.effect == AccountEffect::kCoolDown ? signal.cooldown_ms : 0;
  if (signal.counts_as_failure && health.CountFailure() >= kFailuresMax) {
    cooldown_ms = std::max(cooldown_ms, kBreakerRestMs);
  }
  if (cooldown_ms > 0) {
    const std::int64_t until_unix_ms = now_unix_ms + cooldown_ms;
    health.CoolDown(until_unix_ms);
    const bool limited = signal.error_class == reason::kUpstreamRateLimited;
    ReportToAdmin(environment, context, account,
                  limited ? AccountSignal::kRateLimited : AccountSignal::kOverloaded, until_unix_ms,
                  http_status, signal.error_class);
    LogWarning("account cools down", {{"account_id", account.id},
                                      {"reason", signal.error_class},
                                      {"status", http_status},
                                      {"cooldown_ms", cooldown_ms},
                                      {"request_id", context.request_id}});
  }
  if (signal.effect == AccountEffect::kReject && !health.rejected()) {
    health.MarkRejected();
    ReportToAdmin(environment, context, account, AccountSignal::kCredentialRejected, 0, http_status,
                  signal.error_class);
    LogError(
        "account's credential was refused; it is out until an administrator acts",
        {{"account_id", account.id}, {"status", http_status}, {"request_id", context.request_id}});
  }
  if (signal.effect == AccountEffect::kGood && health.CountSuccess()) {
    ReportToAdmin(environment, context, account, AccountSignal::kRecovered, 0, http_status, "");
  }
}

}  // namespace

Task<AttemptOutcome> Attempt(RelayEnvironment& environment, RequestContext& context,
                             Exchange& exchange, UpstreamCall& call, const Account& account,
                             std::int64_t total_deadline_ms) {
  const std::string_view group_model = context.caller.group->model_mapping.Map(context.facts.model);
  const std::string_view upstream_model = account.model_mapping.Map(group_model);
  UsageRecord& record = context.record;
  record.account_id = account.id;
  record.account_name = account.name;
  record.served_model = std::string(upstream_model);
  record.attempts.push_back({account.id, 0, {}, UnixMs(), 0});
  LoopCounters::Add(environment.counters.upstream_attempts);

  const std::string_view body = exchange.body();
  std::vector<BodyEdit> edits;
  if (context.endpoint->operation == Operation::kGenerate ||
      upstream_model != context.facts.model) {
    edits = PlanBodyEdits(context.dialect, context.facts, body, upstream_model);
  }
  std::vector<iovec> pieces = BodyPieces(body, edits);
  std::string head;
  WriteUpstreamHead({&account, &exchange.head(), context.dialect, context.endpoint->upstream_path,
                     context.request_id, TotalBytes(pieces)},
                    head);
  pieces.insert(pieces.begin(), Piece(head));
  const AttemptOutcome outcome = co_await call.Start(pieces, total_deadline_ms);
  co_return outcome;
}

UpstreamSignal NoteAttempt(RelayEnvironment& environment, RequestContext& context,
                           const Account& account, const UpstreamCall& call,
                           AttemptOutcome outcome) {
  const ResponseHead* head = outcome == AttemptOutcome::kAnswered ? &call.head() : nullptr;
  const UpstreamSignal signal = Classify(outcome, head, UnixMs());
  AttemptRecord& attempt = context.record.attempts.back();
  attempt.http_status = head == nullptr ? 0 : head->status;
  attempt.error_class = signal.error_class;
  attempt.duration_ms = UnixMs() - attempt.started_at_unix_ms;
  context.upstream_waited_ns += call.waited_ns();
  context.request_sent = context.request_sent || call.request_sent();
  context.record.error_class = signal.error_class;
  if (!signal.error_class.empty()) environment.reasons.CountFailedAttempt(signal.error_class);
  ApplyToAccount(environment, context, account, signal, attempt.http_status);
  return signal;
}

bool PassesOn(AttemptOutcome outcome, const UpstreamSignal& signal, const UpstreamCall& call) {
  if (outcome != AttemptOutcome::kAnswered) return false;
  if (signal.effect == AccountEffect::kReject) return false;
  const ResponseHead& head = call.head();
  const std::string_view encoding = head.Find("content-encoding");
  const bool readable = encoding.empty() || EqualsIgnoreCase(encoding, "identity") ||
                        EqualsIgnoreCase(encoding, "gzip");
  if (!readable) return false;
  if (head.status < 300) return true;
  constexpr std::string_view kJson = "application/json";
  const std::string_view type = head.Find("content-type");
  return EqualsIgnoreCase(type.substr(0, kJson.size()), kJson);
}

LocalReply AllFailed(const RequestContext& context, const UpstreamSignal& last) {
  const std::string& model = context.facts.model;
  const std::int64_t retry_after_s = (last.cooldown_ms + kMsPerSecond - 1) / kMsPerSecond;
  if (last.error_class == reason::kUpstreamRateLimited) {
    return {last.error_class,
            StrCat("The provider's rate limit for ", model, " is reached. Try again later."),
            retry_after_s};
  }
  if (last.error_class == reason::kUpstreamOverloaded) {
    return {last.error_class, StrCat("The provider of ", model, " is overloaded. Try again later."),
            retry_after_s};
  }
  if (last.error_class == reason::kCredentialRejected) {
    return {last.error_class, StrCat("The gateway's account for ", model,
                                     " was refused by its provider. An administrator has to act.")};
  }
  if (last.error_class == reason::kUpstreamTimeout) {
    return {last.error_class, StrCat("The provider of ", model, " did not answer in time.")};
  }
  if (last.error_class == reason::kUpstreamConnect) {
    return {last.error_class, StrCat("The provider of ", model, " cannot be reached.")};
  }
  if (last.error_class.empty()) {
    return {reason::kUpstreamMalformed,
            StrCat("The provider of ", model, " answered in an encoding nobody asked for.")};
  }
  if (last.error_class == reason::kUpstreamRejected) {
    const int status = context.record.attempts.back().http_status;
    return {last.error_class,
            StrCat("The provider of ", model, " refused the request with status ", status,
                   " and gave no reason in this protocol. It would be refused again."),
            0, status};
  }
  return {last.error_class,
          StrCat("The provider of ", model, " gave no proper answer. Try again.")};
}

}  // namespace weir::relay
