#include "services/relay/metering/answer_filter.h"

#include "services/relay/dialects/sse.h"

namespace weir::relay {

std::string_view AnswerFilter::Feed(std::string_view payload) {
  if (meter_ == nullptr) return payload;
  if (event_stream_) return FeedEvents(payload);
  meter_->OnBody(payload);
  return payload;
}

std::string_view AnswerFilter::FeedEvents(std::string_view payload) {
  const bool joined_with_held = !held_.empty();
  if (joined_with_held) held_.append(payload);
  const std::string_view all = joined_with_held ? std::string_view(held_) : payload;

  std::string_view rest = all;
  SseEvent event;
  std::string joined_data;
  std::size_t kept_until = 0; // all[0, kept_until) has been dealt with
  bool copied = false;
  out_.clear();
  while (NextSseEvent(rest, event, joined_data)) {
    const std::size_t event_end = all.size() - rest.size();
    if (meter_->OnEvent(event) == AnswerMeter::Verdict::kDrop) {
      const std::size_t event_begin = event_end - event.raw.size();
      // From here on the output is no longer one run of the input.
      if (!copied) out_.assign(all.substr(0, event_begin));
      copied = true;
    } else if (copied) {
      out_.append(event.raw);
    }
    kept_until = event_end;
  }
  if (rest.size() > kEventBytesMax) {
    if (copied) out_.append(rest);
    kept_until = all.size();
    rest = {};
  }
  if (!copied && !joined_with_held) {
    held_.assign(rest);
    if (rest.empty() && held_.capacity() > 1024) std::string().swap(held_);
    return all.substr(0, kept_until);
  }
  if (!copied) out_.assign(all.substr(0, kept_until));
  std::string remaining(rest);
  held_.swap(remaining);
  return out_;
}

}  // namespace weir::relay
