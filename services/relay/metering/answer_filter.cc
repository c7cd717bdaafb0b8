#include "services/relay/metering/answer_filter.h"

#include <algorithm>

#include "services/relay/dialects/sse.h"

namespace weir::relay {
namespace {

// Of what is held: enough to see an empty line that the next bytes complete.
constexpr std::size_t kSeamBytes = 3;

// Whether an event may end within `text`: a line end right behind a line end.
bool HasEmptyLine(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    i = text.find_first_of("\r\n", i);
    if (i == std::string_view::npos || i + 1 == text.size()) return false;
    const bool line_break = text[i] == '\r' && text[i + 1] == '\n';
    if (!line_break && (text[i + 1] == '\r' || text[i + 1] == '\n')) return true;
  }
  return false;
}

}  // namespace

std::string_view AnswerFilter::Feed(std::string_view payload) {
  if (meter_ == nullptr) return payload;
  if (event_stream_) return FeedEvents(payload);
  meter_->OnBody(payload);
  return payload;
}

std::string_view AnswerFilter::FeedEvents(std::string_view payload) {
  const bool joined_with_held = !held_.empty();
  if (joined_with_held) {
    // A large event comes in many parts; reading it anew with each would take time by the square.
    const std::size_t seam = held_.size() - std::min(held_.size(), kSeamBytes);
    held_.append(payload);
    if (held_.size() <= kEventBytesMax && !HasEmptyLine(std::string_view(held_).substr(seam))) {
      return {};
    }
  }
  const std::string_view all = joined_with_held ? std::string_view(held_) : payload;

  std::string_view rest = all;
  SseEvent event;
  std::string joined_data;
  std::size_t kept_until = 0;  // all[0, kept_until) has been dealt with
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
