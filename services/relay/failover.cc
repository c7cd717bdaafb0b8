#include "services/relay/failover.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/account_choice.h"
#include "services/relay/account_turns.h"
#include "services/relay/accounts/retry_budget.h"
#include "services/relay/accounts/upstream_signal.h"
#include "services/relay/answer_stream.h"
#include "services/relay/attempt.h"
#include "services/relay/budget_stage.h"
#include "services/relay/count_stage.h"
#include "services/relay/disconnect.h"
#include "services/relay/free_again.h"
#include "services/relay/local_answer.h"
#include "services/relay/metering/reason_counters.h"
#include "services/relay/rate_stage.h"
#include "services/relay/settle.h"
#include "services/relay/signature_stage.h"
#include "services/relay/translation_stage.h"

namespace weir::relay {

Task<void> Refuse(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
                  const LocalReply& reply, const AnswerMeter* used) {
  context.record.status = LocalReplyStatus(reply, context.dialect);
  context.record.error_class = reply.reason;
  environment.reasons.CountLocalReply(reply.reason);
  if (environment.draining.load(std::memory_order_relaxed)) exchange.CloseAfter();
  Settle(environment, context, used);
  SendLocalReply(context, exchange, reply);
  co_await exchange.Flush();
}

void NoteClientGone(RelayEnvironment& environment, RequestContext& context) {
  context.record.status = kClientClosedRequest;
  context.record.error_class = reason::kClientGone;
  LoopCounters::Add(environment.counters.client_gone);
  const bool used = context.request_sent && context.endpoint->operation == Operation::kGenerate;
  const AnswerMeter nothing_passed(context.upstream_dialect(), /*hide_usage=*/false,
                                   context.endpoint->usage);
  Settle(environment, context, used ? &nothing_passed : nullptr);
}

namespace {

// The accounts of the models of the plan, one after the other.
class ModelTurns {
 public:
  // All must outlive the turns.
  ModelTurns(RelayEnvironment& environment, RequestContext& context, Selection& selection)
      : environment_(environment),
        context_(context),
        selection_(selection),
        turns_(std::in_place, environment, context, selection.accounts, free_again_) {}

  // nullptr: no account of no model may be tried any more. Sets the timeouts that hold with it.
  const Account* Next() {
    const Account* account = turns_->Next();
    while (account == nullptr && !turns_->denied() &&
           ChooseFallback(environment_, context_, free_again_, selection_)) {
      turns_.emplace(environment_, context_, selection_.accounts, free_again_);
      account = turns_->Next();
    }
    if (account != nullptr) context_.timeouts = TimeoutsFor(context_.step().route, *account);
    return account;
  }
  // The account which Next gave was not tried after all; it may be asked again so much later.
  void PassOver(const Account& account, std::int64_t busy_for_ms) {
    turns_->PassOver(account);
    free_again_.Note(busy_for_ms);
  }
  // The same, because a budget of the caller's does not pay for it.
  void PassOver(const Account& account, LocalReply unpaid) {
    turns_->PassOver(account);
    if (!unpaid_.has_value()) unpaid_ = std::move(unpaid);
  }
  // The same, because the request cannot be said in its dialect.
  void PassOverUntold(const Account& account, LocalReply untold) {
    turns_->PassOver(account);
    untold_ = std::move(untold);
  }
  bool Again(const Account& account) { return turns_->Again(account); }

  // What stood in the way when none was tried.
  LocalReply NoneTried() const {
    if (context_.rates.limits_away) return MakeReply(reason::kLimitsUnavailable);
    const bool all_untold = untold_.has_value() && !unpaid_.has_value();
    if (all_untold && free_again_.in_ms() == 0) return *untold_;
    LocalReply reply = unpaid_.has_value()
                           ? *unpaid_
                           : MakeReply(reason::kNoAccountAvailable, context_.facts.model);
    if (free_again_.in_ms() == 0) return reply;
    // A cheaper one than was too dear may be free by then.
    reply.retry_after_s = free_again_.in_s();
    reply.worth_retrying = true;
    return reply;
  }
  FreeAgain& free_again() { return free_again_; }
  const FreeAgain& free_again() const { return free_again_; }

 private:
  RelayEnvironment& environment_;
  RequestContext& context_;
  Selection& selection_;
  FreeAgain free_again_;
  std::optional<LocalReply> unpaid_;
  std::optional<LocalReply> untold_;
  std::optional<AccountTurns> turns_;
};

// What the attempts of a request share.
struct Attempts {
  Attempts(RelayEnvironment& with, RequestContext& of, Exchange& on, Selection& selection)
      : environment(with),
        context(of),
        exchange(on),
        turns(with, of, selection),
        began_ms(on.loop().now_ms()) {}

  RelayEnvironment& environment;
  RequestContext& context;
  Exchange& exchange;
  ModelTurns turns;
  const std::int64_t began_ms;    // steady
  UpstreamSignal signal;          // of the last one
  const Account* next = nullptr;  // who is to be asked after it
};

// Room and money of the account whose turn it is; most need to ask nobody. False: passed over.
Task<bool> TakeRoomAndMoney(Attempts& attempts, const Account& account) {
  RelayEnvironment& environment = attempts.environment;
  RequestContext& context = attempts.context;
  if (AccountAsksRedis(environment, context)) {
    const std::int64_t full_for_ms = co_await TakeAccountRoomInRedis(environment, context, account);
    if (full_for_ms > 0) {
      attempts.turns.PassOver(account, full_for_ms);
      co_return false;
    }
  }
  if (!NeedsCover(context, account)) co_return true;
  Cover cover = co_await CoverAttempt(environment, context, attempts.exchange, account);
  if (cover.covered) co_return true;
  if (cover.refusal.has_value()) {
    attempts.turns.PassOver(account, *std::move(cover.refusal));
  } else {
    attempts.turns.PassOver(account, kSpentAccountRestMs);
  }
  co_return false;
}

// The client left while nothing was under way for it, or only what has come to nothing.
void LeaveUnasked(Attempts& attempts) {
  attempts.context.request_sent = false;
  NoteClientGone(attempts.environment, attempts.context);
}

// A refusal that says something, in the shape that SDKs read.
bool IsWorded(UpstreamCall& call) {
  if (!call.head().HasType("application/json") || call.body_empty()) return false;
  return !call.Peek().empty() || !call.peek_ended();
}

// True: the upstream's answer goes to the client as it is, good or bad. False for what must not be
// shown (an account's own 401) and for what is not in the caller's shape (an HTML error page, an
// empty body).
bool PassesOn(AttemptOutcome outcome, const UpstreamSignal& signal, UpstreamCall& call) {
  // Begun with an error, and it is the caller's own: the same words would come from elsewhere.
  if (outcome == AttemptOutcome::kErrorInAnswer && !signal.try_next) return true;
  if (outcome != AttemptOutcome::kAnswered) return false;
  if (signal.effect == AccountEffect::kReject) return false;
  const ResponseHead& head = call.head();
  // What an account may not do is told in our words: its own name its owner.
  if (signal.row->kind == SignalKind::kModelRefused && head.status == 403) return false;
  const std::string_view encoding = head.Find("content-encoding");
  const bool readable = encoding.empty() || EqualsIgnoreCase(encoding, "identity") ||
                        EqualsIgnoreCase(encoding, "gzip");
  if (!readable) return false;
  return head.status < 300 || IsWorded(call);
}

// Who is asked after this attempt: nobody, when what it said is final.
void ChooseNext(Attempts& attempts, const Account& account, const UpstreamCall& call,
                AttemptOutcome outcome, const UpstreamSignal& signal, std::int64_t deadline_ms) {
  attempts.signal = signal;
  // When the request's own time is up, no fault of the accounts not yet asked.
  if (attempts.exchange.loop().now_ms() >= deadline_ms) return;
  // Foreign thinking in its conversation is not the caller's fault: it was a change of accounts.
  const bool without_signatures =
      outcome == AttemptOutcome::kAnswered &&
      NoteRefusedSignature(attempts.environment, attempts.context, attempts.exchange.body(),
                           account, call.peeked());
  if (without_signatures && attempts.turns.Again(account)) {
    attempts.next = &account;
    return;
  }
  if (signal.effect == AccountEffect::kCoolDown) {
    attempts.turns.free_again().Note(std::max(signal.told_ms, signal.row->rest.base_ms));
  }
  const bool elsewhere =
      outcome == AttemptOutcome::kAnswered && IsKeptElsewhere(attempts.context, call.peeked());
  if (signal.try_next || elsewhere) attempts.next = attempts.turns.Next();
}

// What was decided after an attempt on `account`, for the model at `step` of the plan.
AttemptAction ActionOf(const Attempts& attempts, const Account& account, std::size_t step,
                       bool passes_on) {
  if (passes_on) {
    const bool good = attempts.signal.error_class.empty();
    return good ? AttemptAction::kServed : AttemptAction::kPassedOn;
  }
  if (attempts.next == nullptr) return AttemptAction::kGaveUp;
  if (attempts.context.step_index != step) return AttemptAction::kFellBack;
  return attempts.next == &account ? AttemptAction::kRetried : AttemptAction::kFailedOver;
}

// What the client is told when none of those that were tried could serve it.
LocalReply AllFailed(const Attempts& attempts) {
  const std::string& model = attempts.context.facts.model;
  const UpstreamSignal& last = attempts.signal;
  if (last.error_class.empty()) {
    return MakeReply(Telling::kUnreadable, reason::kUpstreamMalformed, model);
  }
  const int status = attempts.context.record.attempts.back().http_status;
  LocalReply reply = MakeReply(last.error_class, model, status);
  if (last.error_class == reason::kUpstreamRejected) reply.status = status;
  if (last.effect == AccountEffect::kCoolDown) {
    reply.retry_after_s = attempts.turns.free_again().in_s();
  }
  return reply;
}

// One attempt, judged; an answer that is the client's is passed on to its end. True: the request is
// over; false: `next` says who may do better.
Task<bool> TryAccount(Attempts& attempts, const Account& account) {
  RelayEnvironment& environment = attempts.environment;
  RequestContext& context = attempts.context;
  Exchange& exchange = attempts.exchange;
  const std::int64_t deadline_ms = attempts.began_ms + context.timeouts.total_ms;
  const InFlightMark in_flight(account.health->figures());
  UpstreamCall call(environment.upstream, account, context.timeouts, exchange.stream().watch(),
                    context.on_disconnect.drain ? context.on_disconnect.ms_max : 0);
  const AttemptOutcome outcome =
      co_await Attempt(environment, context, exchange, call, account, deadline_ms);
  const UpstreamSignal signal = NoteAttempt(environment, context, account, call, outcome);
  if (outcome == AttemptOutcome::kClientGone) {
    context.record.attempts.back().action = AttemptAction::kClientLeft;
    NoteClientGone(environment, context);
    co_return true;
  }
  // Nobody waits for what another account would say, and a refusal costs nothing.
  if (signal.try_next && exchange.gone()) {
    context.record.attempts.back().action = AttemptAction::kClientLeft;
    LeaveUnasked(attempts);
    co_return true;
  }
  const std::size_t step = context.step_index;
  ChooseNext(attempts, account, call, outcome, signal, deadline_ms);
  const bool passes_on = attempts.next == nullptr && PassesOn(outcome, signal, call) &&
                         !RefusesToCount(context, call.head().status);
  context.record.attempts.back().action = ActionOf(attempts, account, step, passes_on);
  if (!passes_on) co_return false;
  co_await PassAnswer(environment, context, call, exchange, deadline_ms);
  co_return true;
}

}  // namespace

Task<void> Forward(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
                   Selection selection) {
  context.on_disconnect = DisconnectPolicyFor(context.snapshot->settings(), context.plan.route);
  environment.retries.NoteRequest();
  Attempts attempts(environment, context, exchange, selection);
  const Account* account = attempts.turns.Next();
  for (; account != nullptr; account = std::exchange(attempts.next, nullptr)) {
    bool ready = true;
    if (AccountAsksRedis(environment, context) || NeedsCover(context, *account)) {
      ready = co_await TakeRoomAndMoney(attempts, *account);
    }
    // It may have left while it waited for room or money; nothing is held for it then.
    if (exchange.gone()) {
      if (ready) account->health->Released(context.ticket, context.upstream_model);
      LeaveUnasked(attempts);
      co_return;
    }
    if (ready && CountsFor(context, *account)) {
      account->health->Released(context.ticket, context.upstream_model);
      co_await CountHere(environment, context, exchange, account);
      co_return;
    }
    if (ready) {
      if (Refusal untold = PrepareTranslation(context, exchange, *account)) {
        attempts.turns.PassOverUntold(*account, *std::move(untold));
        ready = false;
      }
    }
    if (ready) {
      const bool over = co_await TryAccount(attempts, *account);
      if (over) co_return;
    } else {
      attempts.next = attempts.turns.Next();
    }
  }
  const bool tried = !context.record.attempts.empty();
  if (CountsWithout(context, reason::kNoAccountAvailable)) {
    co_await CountHere(environment, context, exchange, nullptr);
    co_return;
  }
  const LocalReply reply = tried ? AllFailed(attempts) : attempts.turns.NoneTried();
  // Answered, but not readable: the provider has billed it all the same.
  const bool used = tried && attempts.signal.error_class.empty() &&
                    context.endpoint->operation == Operation::kGenerate;
  const AnswerMeter unread(context.upstream_dialect(), /*hide_usage=*/false,
                           context.endpoint->usage);
  co_await Refuse(environment, context, exchange, reply, used ? &unread : nullptr);
}

}  // namespace weir::relay
