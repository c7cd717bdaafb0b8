#include "services/relay/translate/translation.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "libs/common/json_text.h"
#include "libs/common/text.h"
#include "services/relay/translate/neutral/error_reader.h"
#include "services/relay/translate/neutral/target_fit.h"
#include "services/relay/translate/plain_error.h"

namespace weir::relay {
namespace {

constexpr std::size_t kPaddingBytes = 64;        // what readers want behind the end
constexpr std::size_t kKeptBytesMax = 4 * 1024;  // of memory that is empty

// What a route and the gateway want of the request, whoever's protocol it came in.
void Apply(const BodyChanges& changes, ChatRequest& request) {
  request.model = changes.upstream_model;
  const std::int64_t tokens = changes.max_tokens.Applied(request.max_tokens);
  if (tokens > 0) request.max_tokens = tokens;
  const Thinking::Kind kind = request.thinking.kind;
  const bool thinks = kind == Thinking::Kind::kBudget || kind == Thinking::Kind::kAdaptive;
  if (changes.temperature_milli.has_value() && request.temperature.empty() && !thinks) {
    const std::int32_t milli = *changes.temperature_milli;
    std::string digits = StrCat(milli % 1'000);
    digits.insert(0, 3 - digits.size(), '0');
    request.temperature = request.Keep(StrCat(milli / 1'000, ".", digits));
  }
  if (changes.system_prompt.empty()) return;
  std::string prompt;
  AppendJsonString(prompt, changes.system_prompt);
  const std::size_t first = request.parts.size();
  const std::string_view kept = request.Keep(std::move(prompt));
  request.AddPart(PartKind::kText).text = kept.substr(1, kept.size() - 2);
  request.AddSystemTurnFirst(first);
}

// For a header's value: names are the client's own text.
bool IsPlain(std::string_view name) {
  constexpr std::size_t kNameBytesMax = 64;
  return name.size() <= kNameBytesMax && std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.' || c == '[' || c == ']';
         });
}

std::string Joined(const std::vector<std::string>& names) {
  constexpr std::size_t kNamesMax = 20;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kNamesMax); ++i) {
    if (IsPlain(names[i])) StrAppend(out, out.empty() ? "" : ", ", names[i]);
  }
  return out;
}

// What a writer of whole answers holds of a stream, about.
class Collecting : public AnswerSink {
 public:
  // Both must outlive it.
  Collecting(AnswerSink& writer, std::size_t& bytes) : writer_(writer), bytes_(bytes) {}

  void On(const AnswerEvent& event) override {
    constexpr std::size_t kPartBytes = 128;  // of its own, beside its texts
    const bool begins = event.kind == AnswerEventKind::kToolCall ||
                        event.kind == AnswerEventKind::kSignature ||
                        event.kind == AnswerEventKind::kOwn;
    bytes_ += event.text.size() + event.id.size() + event.name.size() + (begins ? kPartBytes : 0);
    writer_.On(event);
  }

 private:
  AnswerSink& writer_;
  std::size_t& bytes_;
};

// A redirection is nothing that a client could follow.
int RefusalStatus(int upstream_status) {
  constexpr int kBadGateway = 502;
  return upstream_status < 400 ? kBadGateway : upstream_status;
}

}  // namespace

absl::Status Translation::TranslateRequest(std::string_view body, const BodyChanges& changes,
                                           bool stream, const Target& target) {
  ChatRequest request;
  if (absl::Status status = client_.read_request(body, request); !status.ok()) return status;
  request.stream = stream;
  Apply(changes, request);
  if (absl::Status status = FitToTarget(request, target); !status.ok()) return status;
  request_.clear();
  request_.reserve(body.size() + body.size() / 8);
  absl::Status status = upstream_.write_request(request, target, context_.tool_names, request_);
  dropped_ = Joined(request.dropped);
  context_.client_tools = std::move(request.client_tools);
  SortClientTools(context_.client_tools);
  context_.shows_thinking = request.thinking.shown;
  if (upstream_.request_path != nullptr) path_ = upstream_.request_path(request.model, stream);
  return status;
}

void Translation::BeginAnswer(AnswerForm comes, bool wants_stream, int status) {
  form_ = comes;
  status_ = status;
  if (comes == AnswerForm::kError) {
    status_ = RefusalStatus(status);
    return;
  }
  tells_stream_ = wants_stream;
  reader_ = upstream_.answer_reader(context_);
  writer_ = wants_stream ? client_.stream_writer(context_) : client_.answer_writer(context_);
}

int Translation::StatusFor(int upstream_status) const {
  return upstream_status < 300 ? upstream_status
                               : client_.error_status(RefusalStatus(upstream_status));
}

std::string_view Translation::Feed(std::string_view input, bool last) {
  if (form_ == AnswerForm::kError) {
    whole_.append(input.substr(0, kErrorBytesMax - std::min(kErrorBytesMax, whole_.size())));
    if (!last) return {};
    const UpstreamError error = ReadError(status_, whole_);
    if (plain_errors_) {
      const int status = StatusFor(status_);
      AppendPlainError({error.message, status, UpstreamReason(status), context_.id}, error_);
    } else {
      client_.write_error(error, context_.id, error_);
    }
    return error_;
  }
  // A large event that has passed leaves nothing behind: a stream may last an hour. What is
  // collected goes out with the end, though it may be told before.
  const bool collects = form_ == AnswerForm::kStream && !tells_stream_;
  if (!collects) {
    if (writer_->out().capacity() > kKeptBytesMax) std::string().swap(writer_->out());
    writer_->out().clear();
  }
  if (failed_) return {};
  if (form_ == AnswerForm::kStream) {
    FeedEvents(input, last);
  } else {
    FeedWhole(input, last);
  }
  failed_ = failed_ || writer_->failed();
  if (collects && !last) return {};
  return writer_->out();
}

std::string_view Translation::BreakOff(std::string_view message) {
  if (writer_ == nullptr || !tells_stream_) return {};
  std::string quoted;
  AppendJsonString(quoted, message);
  writer_->out().clear();
  writer_->BreakOff(std::string_view(quoted).substr(1, quoted.size() - 2));
  return writer_->out();
}

void Translation::FeedEvents(std::string_view events, bool last) {
  SseEvent event;
  std::string joined;
  std::string last_line;
  Collecting collecting(*writer_, collected_bytes_);
  AnswerSink& sink = tells_stream_ ? static_cast<AnswerSink&>(*writer_) : collecting;
  const auto read_all = [&](std::string_view& rest) {
    while (!failed_ && NextSseEvent(rest, event, joined)) {
      failed_ = !reader_->ReadEvent(event, sink) || writer_->failed() ||
                collected_bytes_ > kAnswerBytesMax;
    }
  };
  read_all(events);
  if (events.ends_with('\r')) {
    // A line end of its own: they are whole, so no \n can follow.
    last_line = StrCat(events, "\n");
    events = last_line;
    read_all(events);
  }
  failed_ = failed_ || !events.empty();  // an event too large to be held
  if (last && !failed_) reader_->ReadEnd(sink);
}

void Translation::FeedWhole(std::string_view part, bool last) {
  whole_.append(part);
  failed_ = whole_.size() > kAnswerBytesMax;
  if (!last || failed_) return;
  whole_.reserve(whole_.size() + kPaddingBytes);
  failed_ = !reader_->ReadWhole(whole_, *writer_) || writer_->failed();
  std::string().swap(whole_);
}

std::size_t Translation::held_bytes() const {
  return whole_.capacity() + collected_bytes_ + (writer_ == nullptr ? 0 : writer_->held_bytes());
}

}  // namespace weir::relay
