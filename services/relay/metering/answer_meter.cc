#include "services/relay/metering/answer_meter.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "libs/common/text.h"
#include "services/relay/metering/chat_events.h"
#include "services/relay/metering/gemini_events.h"
#include "services/relay/metering/response_events.h"
#include "services/relay/metering/stream_ending.h"

namespace weir::relay {
namespace {

// English text and code run at about four bytes a token; good enough for an estimate that says so.
constexpr std::uint64_t kBytesPerToken = 4;

std::int64_t EstimateTokens(std::uint64_t bytes) {
  return static_cast<std::int64_t>((bytes + kBytesPerToken - 1) / kBytesPerToken);
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The text of the member `name` of the outermost object of `json`, if it is an object.
std::string MemberObject(std::string_view json, std::string_view name) {
  JsonMemberFinder finder(name, 16 * 1024);
  finder.Feed(json);
  return std::string(finder.value());
}

// All usage objects of the outermost object; no sound event has more than one.
std::vector<std::string> UsageObjects(std::string_view json, std::string_view name = "usage") {
  JsonMemberFinder finder(name, 16 * 1024);
  finder.Feed(json);
  return finder.values();
}

// What stands behind `"key"` and its colon, for the first one that is a key and no value; empty
// when there is none.
std::string_view ValueOf(std::string_view json, std::string_view quoted_key) {
  constexpr std::string_view kSpace = " \t\r\n";
  for (std::size_t at = json.find(quoted_key); at != std::string_view::npos;
       at = json.find(quoted_key, at + 1)) {
    const std::size_t colon = json.find_first_not_of(kSpace, at + quoted_key.size());
    if (colon == std::string_view::npos || json[colon] != ':') continue;
    const std::size_t value = json.find_first_not_of(kSpace, colon + 1);
    return value == std::string_view::npos ? std::string_view() : json.substr(value);
  }
  return {};
}

// The chunk that carries usage alone has no choices; one with choices is the client's.
bool HasNoChoices(std::string_view data) {
  const std::string_view value = ValueOf(data, "\"choices\"");
  return value.starts_with('[') && StripSpace(value.substr(1, value.find(']'))) == "]";
}

// An error that a provider reports as an object or as text; "error":null is none.
bool ReportsError(std::string_view data) {
  if (!Contains(data, "\"error\"")) return false;
  if (!MemberObject(data, "error").empty()) return true;
  const std::string_view head = StripSpace(data.substr(1, data.find(':')));
  return head == "\"error\":" && ValueOf(data, "\"error\"").starts_with('"');
}

// Anthropic's `event:` line is required by its SDKs, so it decides; data without one counts as
// none.
constexpr std::string_view kMessageStart = "message_start";
constexpr std::string_view kMessageDelta = "message_delta";
constexpr std::string_view kMessageStop = "message_stop";
constexpr std::string_view kContentDelta = "content_block_delta";
constexpr std::string_view kBlockStart = "content_block_start";
constexpr std::string_view kBlockStop = "content_block_stop";

// The index of a content block; 0 when there is none to be read.
std::int64_t IndexOf(std::string_view data) {
  const std::string_view value = ValueOf(data, "\"index\"");
  std::int64_t index = 0;
  std::from_chars(value.data(), value.data() + value.size(), index);
  return index;
}

constexpr std::size_t kFirstChunkBytesMax = 4'096;

TokenCounts Sum(const TokenCounts& a, const TokenCounts& b) {
  return {a.input + b.input,
          a.cache_read + b.cache_read,
          a.cache_write_5m + b.cache_write_5m,
          a.cache_write_1h + b.cache_write_1h,
          a.output + b.output,
          a.reasoning + b.reasoning};
}

}  // namespace

AnswerMeter::Verdict AnswerMeter::OnEvent(const SseEvent& event) {
  // Told to its end, and paid for: what a provider sends behind it is nobody's answer.
  if (over_) return Verdict::kDrop;
  if (!event.data.empty()) ++events_;
  switch (dialect_) {
    case Dialect::kOpenAiChat:
      return OnOpenAiEvent(event.data);
    case Dialect::kAnthropicMessages:
      OnAnthropicEvent(event);
      break;
    case Dialect::kOpenAiResponses:
      OnResponsesEvent(event);
      break;
    case Dialect::kGemini:
      OnGeminiEvent(event.data);
      break;
  }
  return Verdict::kPass;
}

void AnswerMeter::OnResponsesEvent(const SseEvent& event) {
  const ResponseEvent read = ReadResponseEvent(event);
  text_bytes_ += read.delta.size();
  if (read.kind == ResponseEvent::Kind::kCreated && keep_first_chunk_) {
    first_chunk_ = ResponseIdentity(read.response);
  }
  const bool ends = read.kind == ResponseEvent::Kind::kEnd;
  const bool failed = read.kind == ResponseEvent::Kind::kFailed;
  if (ends || failed) NoteUsage(UsageObjects(read.response));
  over_ = over_ || ends;
  failed_ = failed_ || failed;
}

// Each chunk repeats what was used so far. Nothing says that a chunk is the last one but that all
// candidates have finished.
void AnswerMeter::OnGeminiEvent(std::string_view data) {
  if (keep_first_chunk_ && first_chunk_.empty()) first_chunk_ = GeminiIdentity(data);
  NoteUsage(UsageObjects(data, WordsOf(dialect_).usage_field));
  text_bytes_ += DeltaText(data).size();
  const GeminiChunk chunk = ReadGeminiChunk(data);
  candidates_begun_ |= chunk.candidates;
  candidates_ended_ |= chunk.finished;
  told_ = chunk.blocked || (candidates_begun_ != 0 && candidates_begun_ == candidates_ended_);
  failed_ = failed_ || ReportsError(data);
}

void AnswerMeter::OnAnthropicEvent(const SseEvent& event) {
  if (event.name == kContentDelta) {
    if (!IsMoreText(event.data)) ReadText(event.data);
  } else if (event.name == kBlockStart) {
    open_block_ = IndexOf(event.data);
  } else if (event.name == kBlockStop) {
    open_block_ = -1;
  } else if (event.name == kMessageStart) {
    const std::string message = MemberObject(event.data, "message");
    // It promises a few output tokens; only message_delta tells how many there were.
    for (const std::string& usage : UsageObjects(message)) {
      if (ParseUsage(dialect_, usage, figures_).input) input_reported_ = true;
    }
    tokens_ = TokensOf(dialect_, figures_);
  } else if (event.name == kMessageDelta) {
    NoteUsage(UsageObjects(event.data));
  } else if (event.name == kMessageStop) {
    over_ = true;
  } else if (event.name == "error") {
    failed_ = true;
  }
}

AnswerMeter::Verdict AnswerMeter::OnOpenAiEvent(std::string_view data) {
  if (keep_first_chunk_ && first_chunk_.empty()) {
    first_chunk_ = std::string(data.substr(0, kFirstChunkBytesMax));
  }
  if (IsMoreText(data)) return Verdict::kPass;
  if (data == "[DONE]") {
    over_ = true;
    return Verdict::kPass;
  }
  const bool ends = EndsStream(data);
  if (ends && form_.output == OutputEstimate::kPictures) {
    NotePicture(UsageObjects(data));
  } else if (Contains(data, "\"usage\"")) {
    if (NoteUsage(UsageObjects(data)) && hide_usage_ && HasNoChoices(data)) return Verdict::kDrop;
  }
  over_ = over_ || (ends && (pictures_ == 0 || pictures_ >= asked_));
  // Nearly each chunk says null there; of several choices the first one may.
  if (asked_ > 1 || ValueOf(data, "\"finish_reason\"").starts_with('"')) {
    choices_ended_ |= EndedChoices(data);
    told_ = AllChoicesEnded();
  }
  if (ReportsError(data)) failed_ = true;
  ReadText(data);
  return Verdict::kPass;
}

void AnswerMeter::GoBack(const Mark& mark) {
  text_bytes_ = mark.text_bytes;
  events_ = mark.events;
  open_block_ = mark.open_block;
  tokens_ = mark.tokens;
  figures_ = mark.figures;
  input_reported_ = mark.input_reported;
  output_reported_ = mark.output_reported;
  choices_ended_ = mark.choices_ended;
  over_ = false;
  told_ = AllChoicesEnded();
}

// Many servers that speak Chat leave [DONE] out.
bool AnswerMeter::AllChoicesEnded() const {
  const auto choices = static_cast<unsigned>(std::clamp<std::int64_t>(asked_, 1, kChoicesMax));
  const std::uint64_t all = ~std::uint64_t{0} >> (kChoicesMax - choices);
  return (choices_ended_ & all) == all;
}

std::string AnswerMeter::Ending(std::int64_t choices, bool include_usage,
                                const TokenCounts& tokens) const {
  switch (dialect_) {
    case Dialect::kAnthropicMessages:
      return AnthropicStreamEnding(open_block_, tokens);
    case Dialect::kOpenAiResponses:
      return ResponsesStreamEnding(first_chunk_, events_, tokens);
    case Dialect::kGemini:
      return GeminiStreamEnding(first_chunk_, candidates_begun_ & ~candidates_ended_, tokens);
    case Dialect::kOpenAiChat:
      break;
  }
  return OpenAiStreamEnding(first_chunk_, choices, include_usage, tokens);
}

bool AnswerMeter::IsMoreText(std::string_view data) {
  const std::optional<std::size_t> bytes = envelope_.TextBytes(data);
  text_bytes_ += bytes.value_or(0);
  return bytes.has_value();
}

void AnswerMeter::ReadText(std::string_view data) {
  const std::string_view text = DeltaText(data);
  text_bytes_ += text.size();
  envelope_.Learn(data, text);
}

bool AnswerMeter::EndsStream(std::string_view data) const {
  return std::any_of(
      form_.terminal_types.begin(), form_.terminal_types.end(),
      [data](std::string_view type) { return !type.empty() && Contains(data, type); });
}

void AnswerMeter::OnBody(std::string_view part) {
  text_bytes_ += part.size();
  if (!opaque_) body_usage_.Feed(part);
}

void AnswerMeter::OnBodyEnd() {
  const bool told = NoteUsage(body_usage_.values());
  // Google leaves zeros out: of a prompt that was blocked it tells what went in, and no more.
  if (dialect_ == Dialect::kGemini && input_reported_ && body_complete()) output_reported_ = true;
  if (told || !body_usage_.also_found()) return;
  failed_ = true;
  text_bytes_ = 0;  // no model wrote these
}

void AnswerMeter::OnStreamEnd() {
  // Of several pictures some may have been refused; those that came were whole.
  told_ = told_ || pictures_ > 0;
}

bool AnswerMeter::NoteUsage(const std::vector<std::string>& usages) {
  UsageTold told;
  for (const std::string& usage : usages) {
    const UsageTold by_this = ParseUsage(dialect_, usage, figures_, form_.input_only);
    told.input = told.input || by_this.input;
    told.output = told.output || by_this.output;
  }
  if (!usages.empty()) tokens_ = TokensOf(dialect_, figures_);
  const bool all_told = told.input && form_.input_only;
  input_reported_ = input_reported_ || told.input;
  output_reported_ = output_reported_ || told.output || all_told;
  return told.input || told.output;
}

// Each picture of a stream tells its own part, and not what all have used.
void AnswerMeter::NotePicture(const std::vector<std::string>& usages) {
  const TokenCounts before = std::exchange(tokens_, {});
  figures_ = {};
  const bool first = pictures_++ == 0;
  const bool others_told_input = first || input_reported_;
  const bool others_told_output = first || output_reported_;
  input_reported_ = output_reported_ = false;
  NoteUsage(usages);
  if (!output_reported_) tokens_.output = kTokensPerPicture;
  input_reported_ = input_reported_ && others_told_input;
  output_reported_ = output_reported_ && others_told_output;
  tokens_ = Sum(before, tokens_);
}

std::int64_t AnswerMeter::EstimateOutput(std::int64_t input) const {
  switch (form_.output) {
    case OutputEstimate::kTextBytes:
      return EstimateTokens(text_bytes_);
    case OutputEstimate::kPictures:
      return kTokensPerPicture * body_usage_.elements();  // those of a stream are noted already
    case OutputEstimate::kSpoken:
      return kSpokenPerTextToken * input;
    case OutputEstimate::kNothing:
      break;
  }
  return 0;
}

TokenCounts AnswerMeter::Tokens(std::int64_t estimated_input) const {
  TokenCounts tokens = tokens_;
  if (failed_ && !input_reported_ && !output_reported_ && text_bytes_ == 0) return {};
  // What came out of caches is a part of what was estimated.
  if (!input_reported_) {
    const std::int64_t cached = TotalInputTokens(tokens) - tokens.input;
    tokens.input = std::max(tokens.input, estimated_input - cached);
  }
  // message_start promises a few output tokens; what has passed may be more.
  if (!output_reported_) tokens.output = std::max(tokens.output, EstimateOutput(tokens.input));
  return tokens;
}

UsageSource AnswerMeter::source() const {
  if (input_reported_ && output_reported_) return UsageSource::kReported;
  if (input_reported_) return UsageSource::kOutputEstimated;
  return output_reported_ ? UsageSource::kInputEstimated : UsageSource::kEstimated;
}

}  // namespace weir::relay
