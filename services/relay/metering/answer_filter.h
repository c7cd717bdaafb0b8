// What of an answer goes on to the client, while the meter reads it. Event streams leave in whole
// events, so that a cut never ends inside one and an error event can follow. No I/O.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "services/relay/metering/answer_meter.h"

namespace weir::relay {

class AnswerFilter {
 public:
  // An event larger than this passes unread rather than being held.
  static constexpr std::size_t kEventBytesMax = 16 * 1024 * 1024;

  // `meter` may be null: the bytes pass as they are. It must outlive the filter.
  AnswerFilter(bool event_stream, AnswerMeter* meter)
      : event_stream_(event_stream), meter_(meter) {}

  // The next payload; returns what to send now, a view of `payload` or of memory of the filter,
  // valid until the next call.
  std::string_view Feed(std::string_view payload);

  // Bytes of an event that has not ended.
  std::size_t held_bytes() const { return held_.size(); }
  // What it takes up, roughly.
  std::size_t memory_bytes() const { return held_.capacity() + out_.capacity(); }

 private:
  // How far the input has been dealt with, and whether what passes of it is in out_.
  struct Cut {
    std::size_t kept_until = 0;
    bool copied = false;
  };

  std::string_view FeedEvents(std::string_view payload);
  // False: no event ends yet.
  bool JoinWithHeld(std::string_view payload);
  Cut CutEvents(std::string_view all);

  bool event_stream_;
  AnswerMeter* meter_;
  std::string held_;  // the head of an event that is not whole yet
  std::string out_;   // what to send, when it is not a view of the payload
};

}  // namespace weir::relay
