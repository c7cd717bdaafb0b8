// Payload of the upstream's into output for the client: inflated, filtered, metered, sent; and the
// end of it, good or bad, in the record before the client can see it. Waits only in AwaitMore, for
// a budget.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "services/relay/answer_framing.h"
#include "services/relay/event_numbering.h"
#include "services/relay/local_reply.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"
#include "services/relay/stream_budget.h"

namespace weir::relay {

class Passing {
 public:
  // All must outlive it.
  Passing(RelayEnvironment& environment, RequestContext& context, Exchange& exchange,
          Answer& answer)
      : environment_(environment),
        context_(context),
        exchange_(exchange),
        answer_(answer),
        budget_(environment, context,
                answer.reads_stream && answer.tells_stream && answer.is_metered) {
    if (budget_.active()) answer_.meter.KeepFirstChunk();
  }

  // One payload of the upstream's; false: the client needs Flush.
  // While inflating() there is more to come of this payload: Continue.
  bool Pass(std::string_view payload, bool finished);
  bool Continue() { return InflateStep(); }
  bool inflating() const { return inflating_; }

  // The head, if it has not gone out with a payload yet.
  void SendHead();

  // The end of an answer that did not end well: an event stream says so in its own words, any other
  // answer is cut, since nothing else would tell the client.
  void Fail(std::string_view failure);

  // What came last is held back, since nothing that is reserved pays for it: AwaitMore, then GoOn
  // or EndAtBudget.
  bool starving() const { return starving_; }
  Task<bool> AwaitMore(EventLoop& loop, FdWatch* client) {
    return budget_.AwaitMore(loop, client, answer_.meter);
  }
  bool GoOn();
  // Nothing is left to pay for more: the stream ends as one that has reached its limit of tokens,
  // which SDKs take for a whole answer. The record says that it is none.
  void EndAtBudget();

  // What is held of the answer in memory, but for what the client has yet to take.
  std::size_t held_bytes() const {
    const Translation* translation = context_.translation.get();
    return answer_.held_bytes() + numbering_.held_bytes() + starved_.capacity() +
           (translation == nullptr ? 0 : translation->held_bytes());
  }

  // A stream that becomes a whole answer is over, though its sender has not finished: Fail then
  // gives it to the client as it is.
  bool collected() const { return collected_whole() && answer_.meter.over(); }
  // The upstream has finished, but its answer is not whole.
  bool broken() const { return broken_; }
  // What the record says of it then.
  std::string_view broken_word() const;

 private:
  bool PassPlain(std::string_view payload, bool finished);
  bool InflateStep();
  // Who made them is known before the client can send them back.
  void LearnSignatures(std::string_view payload);
  bool Emit(std::string_view output, bool finished);
  // The same in the client's dialect, when the upstream speaks another.
  std::string_view Translated(std::string_view output, bool finished);
  // A stream that becomes a whole answer.
  bool collects() const {
    return answer_.reads_stream && !answer_.tells_stream && answer_.is_metered;
  }
  // All that the model says is there.
  bool collected_whole() const;
  bool translation_failed() const {
    return context_.translation != nullptr && context_.translation->failed();
  }
  // The event that tells the client why its stream ends; of an array, the last item and its end.
  std::string ErrorEvent(const LocalReply& reply) const;
  // How many the client has got, by which it numbers what comes next.
  std::int64_t events() const {
    return context_.translation != nullptr ? context_.translation->events()
                                           : answer_.meter.events();
  }
  bool Deliver(std::string_view output, bool last);
  // How the answer ended, into the record, and the record to the spool; once.
  void SettleOnce(bool finished, std::string_view failure);
  void NoteEnding(bool finished, std::string_view failure);

  RelayEnvironment& environment_;
  RequestContext& context_;
  Exchange& exchange_;
  Answer& answer_;
  StreamBudget budget_;
  AnswerMeter::Mark passed_;  // up to which all has gone to the client
  std::string starved_;       // what is held back
  bool starving_ = false;
  bool starved_at_end_ = false;
  bool sent_any_ = false;  // of the body
  bool broken_ = false;
  bool inflating_ = false;    // the payload at hand has more output
  bool last_input_ = false;   // and no payload follows it
  EventNumbering numbering_;  // of a resumable stream
};

}  // namespace weir::relay
