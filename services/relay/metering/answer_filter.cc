#include "services/relay/metering/answer_filter.h"

#include <algorithm>

#include "services/relay/dialects/sse.h"

namespace weir::relay {
namespace {

// Of what is held: enough to see an empty line that the next bytes complete.
constexpr std::size_t kSeamBytes = 3;
constexpr std::size_t kKeptBytesMax = 1024;  // of memory that is empty: a stream may last an hour

bool IsLineEnd(char c) { return c == '\r' || c == '\n'; }

// Whether an event may end within `text`: a line end right behind a line end.
bool HasEmptyLine(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    i = text.find_first_of("\r\n", i);
    if (i == std::string_view::npos || i + 1 == text.size()) return false;
    const bool line_break = text[i] == '\r' && text[i + 1] == '\n';
    if (!line_break && IsLineEnd(text[i + 1])) return true;
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
  if (joined_with_held && !JoinWithHeld(payload)) return {};
  const std::string_view all = joined_with_held ? std::string_view(held_) : payload;
  // A large event that has passed leaves nothing behind.
  if (out_.capacity() > kKeptBytesMax) {
    std::string().swap(out_);
  } else {
    out_.clear();
  }
  const Cut cut = CutEvents(all);
  const std::string_view rest = all.substr(cut.kept_until);
  if (!cut.copied && !joined_with_held) {
    held_.assign(rest);
    if (rest.empty() && held_.capacity() > kKeptBytesMax) std::string().swap(held_);
    return all.substr(0, cut.kept_until);
  }
  if (!cut.copied && rest.empty()) {
    out_.swap(held_);
    return out_;
  }
  if (!cut.copied) out_.assign(all.substr(0, cut.kept_until));
  std::string remaining(rest);
  held_.swap(remaining);
  return out_;
}

// A large event comes in many parts; reading it anew with each would take time by the square. What
// is held begins an event: a line end there, or behind a byte order mark, is an empty line.
bool AnswerFilter::JoinWithHeld(std::string_view payload) {
  const std::size_t seam = held_.size() - std::min(held_.size(), kSeamBytes);
  held_.append(payload);
  const std::string_view first_line = AfterByteOrderMark(held_);
  return held_.size() > kEventBytesMax || (!first_line.empty() && IsLineEnd(first_line.front())) ||
         HasEmptyLine(std::string_view(held_).substr(seam));
}

AnswerFilter::Cut AnswerFilter::CutEvents(std::string_view all) {
  Cut cut;
  std::string_view rest = all;
  SseEvent event;
  std::string joined_data;
  while (NextSseEvent(rest, event, joined_data)) {
    const std::size_t event_end = all.size() - rest.size();
    if (meter_->OnEvent(event) == AnswerMeter::Verdict::kDrop) {
      // From here on the output is no longer one run of the input.
      if (!cut.copied) out_.assign(all.substr(0, event_end - event.raw.size()));
      cut.copied = true;
    } else if (cut.copied) {
      out_.append(event.raw);
    }
    cut.kept_until = event_end;
  }
  if (rest.size() > kEventBytesMax) {
    if (cut.copied) out_.append(rest);
    cut.kept_until = all.size();
  }
  return cut;
}

}  // namespace weir::relay
