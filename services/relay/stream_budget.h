// A stream within its budget: it reserves a part of its output at a time, renews as it runs, and
// ends when nothing is left. Docs: docs/budgets.md, "Streams".
#pragma once

#include <cstdint>
#include <memory>

#include "services/relay/budgets/request_cost.h"
#include "services/relay/metering/answer_meter.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

struct LeaseTicket;

// One per streamed answer, on the loop's thread; costs one test an event when no money binds it.
class StreamBudget {
 public:
  // All must outlive it. `metered_stream` false: it does nothing.
  StreamBudget(RelayEnvironment& environment, RequestContext& context, bool metered_stream);
  ~StreamBudget();
  StreamBudget(const StreamBudget&) = delete;
  StreamBudget& operator=(const StreamBudget&) = delete;

  bool active() const { return active_; }

  // What `meter` has seen so far is paid for. Asks for more ahead of need; gives back what turned
  // out not to be needed once the provider has told its input.
  // With the terminal event the request is settled, and nothing more is asked of its budget.
  bool Covers(const AnswerMeter& meter) {
    return !active_ || context_.budget == nullptr || !Due(meter) || Look(meter);
  }

  // After Covers said no: until more is reserved, for a moment at most. False: nothing is left, or
  // the client (null: it had left before) has hung up.
  Task<bool> AwaitMore(EventLoop& loop, FdWatch* client, const AnswerMeter& meter);

 private:
  bool Due(const AnswerMeter& meter) const {
    return meter.text_bytes() >= look_at_bytes_ || meter.input_reported() != input_seen_;
  }
  bool Look(const AnswerMeter& meter);
  std::int64_t NeededNanoUsd(const AnswerMeter& meter) const;
  void TakeRenewal();
  void RenewAhead(std::int64_t needed);

  RelayEnvironment& environment_;
  RequestContext& context_;
  const Price* price_ = nullptr;
  Tariff tariff_;
  std::int64_t part_nano_usd_ = 0;  // what is reserved at a time
  std::shared_ptr<LeaseTicket> renewal_;
  std::uint64_t look_at_bytes_ = 0;
  bool input_seen_ = false;
  bool active_ = false;
};

}  // namespace weir::relay
