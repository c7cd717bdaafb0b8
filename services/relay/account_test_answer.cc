#include "services/relay/account_test_answer.h"

#include <algorithm>
#include <utility>

#include "libs/common/reason.h"
#include "libs/common/utf8.h"
#include "services/relay/dialects/sse.h"
#include "services/relay/translate/dialect_table.h"
#include "services/relay/translate/neutral/tool_arguments.h"
#include "weir/v1/account_test.pb.h"

namespace weir::relay {
namespace {

constexpr std::size_t kPaddingBytes = 64;  // what readers want behind the end
std::string_view StopWord(StopReason stop) {
  switch (stop) {
    case StopReason::kEnd:
      return "end";
    case StopReason::kMaxTokens:
      return "max_tokens";
    case StopReason::kToolUse:
      return "tool_use";
    case StopReason::kStopSequence:
      return "stop_sequence";
    case StopReason::kRefusal:
      return "refusal";
    case StopReason::kPause:
      return "pause";
    case StopReason::kContextFull:
      return "context_full";
  }
  return "end";
}

std::string Decoded(std::string_view escaped) {
  std::string text;
  AppendUnescaped(escaped, text);
  return ValidUtf8(text);
}

}  // namespace

AccountTestAnswer::AccountTestAnswer(const AccountTestPlan& plan, bool is_stream,
                                     std::function<void(std::string_view)> on_text)
    : plan_(plan),
      is_stream_(is_stream),
      on_text_(std::move(on_text)),
      meter_(plan.dialect, /*hide_usage=*/false),
      reader_(RowOf(plan.dialect).answer_reader(plan.translation->context())) {}

void AccountTestAnswer::On(const AnswerEvent& event) {
  switch (event.kind) {
    case AnswerEventKind::kBegin:
      served_model_ = Decoded(event.model);
      return;
    case AnswerEventKind::kText:
    case AnswerEventKind::kRefusalText: {
      const std::string text = Decoded(event.text);
      text_bytes_ += text.size();
      is_too_long_ = is_too_long_ || text_bytes_ > kTextBytesMax;
      if (!text.empty() && !is_too_long_) on_text_(text);
      return;
    }
    case AnswerEventKind::kStop:
      stop_ = StopWord(event.stop);
      return;
    case AnswerEventKind::kError:
      error_ = Decoded(event.text);
      return;
    default:
      return;
  }
}

bool AccountTestAnswer::Feed(std::string_view bytes) {
  if (held_.size() + bytes.size() > kHeldBytesMax) {
    is_too_long_ = true;
    return false;
  }
  held_.append(bytes);
  if (!is_stream_) {
    meter_.OnBody(bytes);
    return true;
  }
  return FeedEvents();
}

bool AccountTestAnswer::FeedEvents() {
  std::string_view rest = held_;
  SseEvent event;
  std::string joined;
  while (readable_ && !is_too_long_ && NextSseEvent(rest, event, joined)) {
    if (meter_.OnEvent(event) == AnswerMeter::Verdict::kDrop) continue;
    readable_ = reader_->ReadEvent(event, *this);
  }
  held_.erase(0, held_.size() - rest.size());
  return readable_ && !is_too_long_ && !meter_.over();
}

void AccountTestAnswer::End(bool whole) {
  if (is_stream_) {
    if (whole) {
      meter_.OnStreamEnd();
      if (readable_ && !is_too_long_) reader_->ReadEnd(*this);
    }
    is_cut_ = !meter_.terminal();
    return;
  }
  meter_.OnBodyEnd();
  is_cut_ = !whole || !meter_.body_complete();
  if (is_cut_ || is_too_long_) return;
  held_.reserve(held_.size() + kPaddingBytes);
  readable_ = reader_->ReadWhole(held_, *this);
}

std::string_view AccountTestAnswer::Report(v1::AccountTestResult& result) const {
  result.set_served_model(served_model_);
  result.set_stop_reason(stop_);
  const TokenCounts used = tokens();
  result.set_input_tokens(used.input);
  result.set_cache_read_tokens(used.cache_read);
  result.set_cache_write_tokens(used.cache_write_5m + used.cache_write_1h);
  result.set_output_tokens(used.output);
  result.set_usage_reported(meter_.input_reported() && meter_.output_reported());
  const auto fail = [&result](std::string_view reason, std::string_view message) {
    result.set_reason(std::string(reason));
    result.set_message(std::string(message));
    return reason;
  };
  if (!error_.empty() || meter_.failed()) {
    return fail(reason::kStreamError,
                error_.empty() ? "it ended its answer with an error" : error_);
  }
  if (!readable_) {
    return fail(reason::kUpstreamMalformed, "its answer is not what its protocol says");
  }
  if (is_too_long_)
    return fail(reason::kUpstreamMalformed, "its answer is longer than a test reads");
  if (is_cut_) {
    return fail(is_stream_ ? reason::kStreamIncomplete : reason::kUpstreamClosed,
                "its answer broke off before its end");
  }
  return {};
}

}  // namespace weir::relay
