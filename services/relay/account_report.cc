#include "services/relay/account_report.h"

#include <optional>
#include <string>
#include <string_view>

#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "libs/common/stable_hash.h"
#include "services/relay/accounts/error_object.h"
#include "services/relay/accounts/session_memory.h"
#include "services/relay/accounts/window_uses.h"
#include "services/relay/credential_mask.h"
#include "services/relay/snapshot/current_account.h"

namespace weir::relay {
namespace {

AccountSignal SignalOf(RestCause cause) {
  switch (cause) {
    case RestCause::kRateLimited:
      return AccountSignal::kRateLimited;
    case RestCause::kQuotaExhausted:
      return AccountSignal::kQuotaExhausted;
    case RestCause::kModelRefused:
      return AccountSignal::kModelRefused;
    case RestCause::kOverloaded:
    case RestCause::kFailing:
      break;
  }
  return AccountSignal::kOverloaded;
}

// The account's fault, not the caller's or nobody's.
bool IsItsFault(AccountEffect effect) {
  return effect == AccountEffect::kCoolDown || effect == AccountEffect::kCount ||
         effect == AccountEffect::kReject;
}

// For people. The provider's sentence as its JSON has it, the account's secrets masked before it is
// cut.
void NoteError(const RequestContext& context, const Account& account, const SignalRow& row,
               const AttemptEnd& end) {
  const std::string sentence = MaskedOf(ReadErrorObject(end.said).message, account);
  account.health->figures().NoteError({UnixMs(), end.http_status, std::string(row.error_class),
                                       sentence.substr(0, kErrorMessageBytesMax),
                                       context.request_id});
}

// What one attempt taught about its account.
class Report {
 public:
  Report(RelayEnvironment& environment, const RequestContext& context, const Account& account,
         const SignalRow& row, int http_status)
      : environment_(environment),
        request_id_(context.request_id),
        account_(account),
        row_(row),
        http_status_(http_status) {}

  // `model` empty: the whole account rests.
  void Rest(const AccountHealth::Ticket& ticket, std::string_view model, std::int64_t told_ms) {
    RestPlan plan = row_.rest;
    plan.told_ms = told_ms;
    const std::int64_t now_unix_ms = UnixMs();
    const std::int64_t until = account_.health->Rest(ticket, model, plan, now_unix_ms);
    if (until == 0) return;  // known already
    rests_until_ = until;
    Send(SignalOf(plan.cause), model, until);
    LogWarning("account rests", {{"account_id", account_.id},
                                 {"model", model},
                                 {"signal", row_.name},
                                 {"status", http_status_},
                                 {"rest_ms", until - now_unix_ms},
                                 {"request_id", request_id_}});
  }

  void Count(const AccountHealth::Ticket& ticket, std::string_view model) {
    switch (account_.health->CountFailure(ticket)) {
      case AccountHealth::Rests::kNothing:
        return;
      case AccountHealth::Rests::kModel:
        return Rest(ticket, model, /*told_ms=*/0);
      case AccountHealth::Rests::kAccount:
        return Rest(ticket, {}, /*told_ms=*/0);
    }
  }

  void Reject() {
    if (!account_.health->MarkRejected(UnixMs())) return;
    Send(AccountSignal::kCredentialRejected, {}, 0);
    LogError("account's credential was refused; it is out until an administrator acts",
             {{"account_id", account_.id}, {"status", http_status_}, {"request_id", request_id_}});
  }

  void Recover(const AccountHealth::Recovery& recovery, std::string_view model) {
    if (recovery.account) Send(AccountSignal::kRecovered, {}, 0);
    if (recovery.model) Send(AccountSignal::kRecovered, model, 0);
  }

  // Unix ms; 0 = it does not, or did so before.
  std::int64_t rests_until() const { return rests_until_; }

 private:
  void Send(AccountSignal signal, std::string_view model, std::int64_t until_unix_ms) {
    environment_.subscriber.Report({account_.id, signal, UnixMs(), until_unix_ms, http_status_,
                                    std::string(row_.error_class), request_id_,
                                    std::string(model)});
  }

  std::int64_t rests_until_ = 0;
  RelayEnvironment& environment_;
  const std::string& request_id_;
  const Account& account_;
  const SignalRow& row_;
  const int http_status_;
};

// What the account did as it was (its credential was refused, say) is no word about it as it is
// now.
bool IsOutdated(RelayEnvironment& environment, const Account& account) {
  return !IsCurrent(account, *environment.snapshots.Current());
}

// An account answered well what others had refused, so it was them and not the request.
void RestRefused(RelayEnvironment& environment, RequestContext& context) {
  for (const RefusedModel& refused : context.refused_models) {
    Report report(environment, context, *refused.account, RowOf(SignalKind::kModelRefused),
                  refused.http_status);
    report.Rest(refused.ticket, refused.upstream_model, /*told_ms=*/0);
    context.record.attempts[refused.attempt].cooldown_until_unix_ms = report.rests_until();
  }
  context.refused_models.clear();
}

}  // namespace

void NoteForAccount(RelayEnvironment& environment, RequestContext& context, const Account& account,
                    const UpstreamSignal& signal, const AttemptEnd& end) {
  Report report(environment, context, account, *signal.row, end.http_status);
  const AccountHealth::Ticket& ticket = context.ticket;
  const std::string_view model = context.upstream_model;
  if (signal.effect == AccountEffect::kGood) {
    report.Recover(account.health->Succeeded(ticket, model), model);
    if (ticket.probe) LoopCounters::Add(environment.counters.account_probes_good);
    if (signal.row->kind == SignalKind::kGood) RestRefused(environment, context);
    return;
  }
  if (!IsOutdated(environment, account)) {
    if (IsItsFault(signal.effect)) NoteError(context, account, *signal.row, end);
    switch (signal.effect) {
      case AccountEffect::kNone:
      case AccountEffect::kGood:
        break;
      case AccountEffect::kCoolDown:
        report.Rest(ticket, signal.whole_account ? "" : model, signal.told_ms);
        break;
      case AccountEffect::kCount:
        report.Count(ticket, model);
        break;
      case AccountEffect::kReject:
        report.Reject();
        break;
      case AccountEffect::kRestIfBettered:
        context.refused_models.push_back(
            {&account, ticket, model, end.http_status, context.record.attempts.size() - 1});
        break;
    }
  }
  context.record.attempts.back().cooldown_until_unix_ms = report.rests_until();
  // What it was trying, and did not learn about, others may try.
  account.health->Released(ticket, model);
}

void NoteWindows(RelayEnvironment& environment, const Account& account, const RateReading& reading,
                 std::int64_t now_unix_ms) {
  if (IsOutdated(environment, account)) return;
  const std::optional<WindowUses> uses = WindowUsesOf(reading, now_unix_ms);
  if (uses.has_value()) account.health->figures().NoteWindows(*uses, now_unix_ms);
}

void NoteGoodAnswer(RelayEnvironment& environment, const RequestContext& context,
                    const Account& account, const ResponseHead& head, std::int64_t first_byte_ms,
                    std::int64_t now_unix_ms) {
  AccountStats& stats = account.health->stats();
  const RateReading reading = ReadRateHeaders(head, now_unix_ms);
  const std::uint64_t model = StableHash(context.upstream_model);
  if (reading.any) {
    stats.NoteRates(reading.whole_account ? 0 : model, reading.exhausted_until_unix_ms,
                    reading.low_until_unix_ms, now_unix_ms);
    NoteWindows(environment, account, reading, now_unix_ms);
  }
  // Only streams begin when the model does; another answer comes when it is done.
  if (context.facts.stream && context.endpoint->operation == Operation::kGenerate) {
    stats.NoteFirstByte(model, first_byte_ms, now_unix_ms);
  }
  if (context.has_session) environment.sessions.Note(account.id, context.seed, now_unix_ms);
}

}  // namespace weir::relay
