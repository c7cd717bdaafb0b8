#include "services/relay/answer_passing.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "libs/common/clock.h"
#include "libs/common/reason.h"
#include "services/relay/answer_cache.h"
#include "services/relay/body_stage.h"
#include "services/relay/intent_stage.h"
#include "services/relay/local_answer.h"
#include "services/relay/local_reply.h"
#include "services/relay/settle.h"
#include "services/relay/signatures/signature_table.h"

namespace weir::relay {
namespace {

LocalReply StreamFailure(std::string_view failure, const Translation* translation) {
  const std::string_view unknown =
      translation == nullptr ? std::string_view() : translation->unknown_type();
  if (failure == reason::kUpstreamMalformed && !unknown.empty()) {
    return MakeReply(Telling::kUnknownPieces, failure, unknown);
  }
  const bool named = failure == reason::kUpstreamTimeout || failure == reason::kOverloadedMemory ||
                     failure == reason::kUpstreamMalformed;
  return MakeReply(Telling::kMidAnswer, named ? failure : reason::kStreamIncomplete);
}

}  // namespace

std::string Passing::ErrorEvent(const LocalReply& reply) const {
  if (answer_.is_array) {
    return StrCat(sent_any_ ? ",\r\n" : "[",
                  LocalReplyBody(reply, context_.dialect, context_.request_id), "]");
  }
  if (!context_.plain_errors) {
    std::string event = LocalReplyEvent(reply, context_.dialect, context_.request_id, events());
    if (context_.translation != nullptr) event += context_.translation->BreakOff(reply.message);
    return event;
  }
  const int status = LocalReplyStatus(reply, context_.dialect);
  return StrCat("data: ", PlainReplyBody(reply, status, context_.request_id), "\n\n");
}

bool Passing::Pass(std::string_view payload, bool finished) {
  if (answer_.inflater == nullptr) return PassPlain(payload, finished);
  answer_.inflater->Feed(payload);
  inflating_ = true;
  last_input_ = finished;
  return InflateStep();
}

void Passing::SendHead() {
  // What may yet become an error of ours has no head so far.
  const Translation* translation = context_.translation.get();
  if (translation != nullptr && translation->holds_until_end()) return;
  if (!answer_.head.empty() && !answer_.client_left) {
    SendPart(exchange_, answer_.framing, answer_.head, {}, /*last=*/false);
  }
}

bool Passing::collected_whole() const {
  return collects() && answer_.meter.terminal() && !answer_.meter.failed() &&
         !translation_failed() && !answer_.head.empty();
}

void Passing::Fail(std::string_view failure) {
  if (collected_whole() && !exchange_.gone()) {
    Emit({}, /*finished=*/true);
    return;
  }
  // What was held back never went out, and nothing that is reserved pays for it.
  if (starving_) answer_.meter.GoBack(passed_);
  if (!answer_.head.empty() && !exchange_.gone()) {
    // Not a byte has gone out, so the client can still be told properly.
    const LocalReply reply = StreamFailure(failure, context_.translation.get());
    context_.record.status = LocalReplyStatus(reply, context_.dialect);
    SettleOnce(/*finished=*/false, failure);
    std::string().swap(answer_.head);
    SendLocalReply(context_, exchange_, reply);
    return;
  }
  SettleOnce(/*finished=*/false, failure);
  if (exchange_.gone() && answer_.resumable == nullptr) return;
  if (!answer_.tells_stream) {
    exchange_.CloseAfter();
    SendHead();
    return;
  }
  std::string event;
  if (translation_failed() || (!answer_.meter.failed() && !answer_.meter.terminal())) {
    event = ErrorEvent(StreamFailure(failure, context_.translation.get()));
  } else if (context_.translation != nullptr) {
    event = std::string(Translated({}, /*finished=*/true));  // all was told before it broke off
  }
  Deliver(event, /*last=*/true);
}

void Passing::LearnSignatures(std::string_view payload) {
  answer_.signatures->Feed(payload);
  const std::vector<std::uint64_t> found = answer_.signatures->TakeFound();
  if (found.empty()) return;
  const Account* account = context_.snapshot->FindAccount(context_.record.account_id);
  environment_.signatures.Learn(found, {account->family, /*made=*/true});
}

bool Passing::PassPlain(std::string_view payload, bool finished) {
  if (answer_.signatures != nullptr) LearnSignatures(payload);
  if (budget_.active()) passed_ = answer_.meter.mark();
  std::string_view output = answer_.filter.Feed(payload);
  std::string closing;
  if (finished && answer_.filter.held_bytes() > 0) {
    // The last event lacks its empty line; its sender has finished, so it is whole.
    closing.assign(output);
    closing += answer_.filter.Feed("\n\n");
    output = closing;
  }
  if (finished && answer_.reads_stream) answer_.meter.OnStreamEnd();
  if (budget_.Covers(answer_.meter)) return Emit(output, finished);
  starving_ = true;
  starved_at_end_ = finished;
  starved_.assign(output);
  return true;
}

bool Passing::GoOn() {
  starving_ = false;
  const std::string output = std::exchange(starved_, {});
  return Emit(output, starved_at_end_);
}

void Passing::EndAtBudget() {
  starving_ = false;
  answer_.meter.GoBack(passed_);  // what the client has got is what it pays for
  context_.record.complete = false;
  context_.record.error_class = reason::kBudgetExceeded;
  const TokenCounts tokens = answer_.meter.Tokens(context_.estimated_input_tokens);
  Settle(environment_, context_, &answer_.meter);
  if (exchange_.gone() && answer_.resumable == nullptr) return;
  const std::int64_t choices = std::max<std::int64_t>(context_.facts.choices.number, 1);
  std::string ending = sent_any_
                           ? answer_.meter.Ending(choices, context_.facts.include_usage, tokens)
                           : ErrorEvent(MakeReply(Telling::kMidAnswer, reason::kBudgetExceeded));
  if (sent_any_ && context_.translation != nullptr) {
    context_.translation->context().tokens = tokens;
    ending = std::string(context_.translation->Feed(ending, /*last=*/true));
  }
  Deliver(ending, /*last=*/true);
}

std::string_view Passing::Translated(std::string_view output, bool finished) {
  Translation& translation = *context_.translation;
  if (finished && !answer_.reads_stream) answer_.meter.OnBodyEnd();
  translation.context().tokens = answer_.meter.Tokens(context_.estimated_input_tokens);
  return translation.Feed(output, finished);
}

bool Passing::Emit(std::string_view output, bool finished) {
  if (context_.translation != nullptr) {
    RecordPart(context_, BodyKind::kUpstreamAnswer, output, finished);
    output = Translated(output, finished);
    if (!finished && context_.translation->holds_until_end() && !translation_failed()) {
      NoteProgress(context_, answer_.is_metered ? &answer_.meter : nullptr);
      return true;
    }
  }
  sent_any_ = sent_any_ || !output.empty();
  if (!output.empty() && context_.record.first_token_ms < 0) {
    context_.record.first_token_ms = (SteadyNs() - context_.began_ns) / kNsPerMs;
  }
  // With the last piece the request is settled, or fails and is.
  if (!finished) NoteProgress(context_, answer_.is_metered ? &answer_.meter : nullptr);
  if (answer_.capture != nullptr) answer_.capture->Append(output);
  // A stream's end without its terminal event is a failure: see Fail.
  const bool spoilt = translation_failed() || (collects() && answer_.meter.failed());
  const bool ends_well = finished && !spoilt &&
                         (!answer_.reads_stream || !answer_.is_metered || answer_.meter.terminal());
  if (ends_well || (answer_.reads_stream && answer_.meter.over() && !spoilt)) {
    SettleOnce(/*finished=*/true, {});
  }
  if (ends_well) KeepAnswer(environment_, context_);
  broken_ = translation_failed() || (finished && !ends_well);
  if (broken_ && collects()) output = {};  // a part of a whole answer is none
  // While nothing has gone out, Fail can still answer properly.
  if (broken_ && output.empty() && !answer_.head.empty()) return true;
  return Deliver(output, ends_well);
}

std::string_view Passing::broken_word() const {
  return translation_failed() ? reason::kUpstreamMalformed : reason::kStreamIncomplete;
}

// One piece of output a step, so that a slow client is waited for in between.
bool Passing::InflateStep() {
  std::string_view output;
  switch (answer_.inflater->Next(output)) {
    case GzipInflater::Status::kOutput:
      return PassPlain(output, /*finished=*/false);
    case GzipInflater::Status::kBroken:
      broken_ = true;
      break;
    case GzipInflater::Status::kNeedInput:
      broken_ = last_input_ && !answer_.inflater->finished();
      break;
  }
  inflating_ = false;
  return !broken_ && last_input_ ? PassPlain({}, /*finished=*/true) : true;
}

bool Passing::Deliver(std::string_view output, bool last) {
  if (answer_.resumable != nullptr) {
    output = numbering_.Number(*answer_.resumable, output, std::string_view::npos);
  }
  // A client that may come back for the rest gets it all.
  if (!answer_.client_left || answer_.resumable != nullptr) {
    RecordPart(context_, BodyKind::kClientAnswer, output, last && context_.record.complete);
  }
  if (answer_.client_left) return true;
  return SendPart(exchange_, answer_.framing, answer_.head, output, last);
}

void Passing::SettleOnce(bool finished, std::string_view failure) {
  if (context_.settled) return;
  NoteEnding(finished, failure);
  Settle(environment_, context_, answer_.is_metered ? &answer_.meter : nullptr);
}

// A stream is complete when it was told to its end, however its connection ended.
void Passing::NoteEnding(bool finished, std::string_view failure) {
  UsageRecord& record = context_.record;
  if (!answer_.is_metered) {
    record.complete = finished;
    if (!finished) record.error_class = failure;
    return;
  }
  if (!answer_.reads_stream) answer_.meter.OnBodyEnd();
  const bool whole =
      answer_.reads_stream ? answer_.meter.terminal() : answer_.meter.body_complete();
  // Of what is collected nobody has got anything before its end.
  record.complete = whole && !answer_.meter.failed() && !translation_failed() &&
                    (finished || (answer_.reads_stream && answer_.tells_stream));
  if (record.complete && answer_.client_left && answer_.resumable == nullptr) {
    // Read to its end for the sake of its usage; nobody got it.
    record.complete = false;
    record.error_class = reason::kClientGone;
    return;
  }
  if (record.complete) return;
  if (answer_.meter.failed()) {
    record.error_class = reason::kStreamError;
  } else if (!failure.empty()) {
    record.error_class = failure;
  } else {
    record.error_class =
        answer_.reads_stream ? reason::kStreamIncomplete : reason::kUpstreamMalformed;
  }
}

}  // namespace weir::relay
