#include "services/relay/metering/answer_meter.h"

#include <algorithm>
#include <array>
#include <string>

#include "libs/common/text.h"
#include "services/relay/metering/usage_parse.h"

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
  return finder.value();
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

// Bytes of the longest string value that a delta carries, found by its keys; what models write
// stands under one of these in both dialects.
std::uint64_t DeltaTextBytes(std::string_view data) {
  static constexpr std::array<std::string_view, 6> kKeys = {
      "\"text\"",     "\"content\"",           "\"partial_json\"",
      "\"thinking\"", "\"reasoning_content\"", "\"arguments\""};
  std::size_t longest = 0;
  for (const std::string_view key : kKeys) {
    const std::string_view value = ValueOf(data, key);
    if (!value.starts_with('"')) continue;
    std::size_t end = 1;
    while (end < value.size() && value[end] != '"') end += value[end] == '\\' ? 2 : 1;
    longest = std::max(longest, std::min(end, value.size()) - 1);
  }
  return longest;
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

}  // namespace

AnswerMeter::Verdict AnswerMeter::OnEvent(const SseEvent& event) {
  if (dialect_ == Dialect::kOpenAiChat) return OnOpenAiEvent(event.data);
  OnAnthropicEvent(event);
  return Verdict::kPass;
}

void AnswerMeter::OnAnthropicEvent(const SseEvent& event) {
  if (event.name == kContentDelta) {
    text_bytes_ += DeltaTextBytes(event.data);
  } else if (event.name == kMessageStart) {
    const std::string message = MemberObject(event.data, "message");
    // It promises a few output tokens; only message_delta tells how many there were.
    if (ParseUsage(dialect_, MemberObject(message, "usage"), tokens_).input) {
      input_reported_ = true;
    }
  } else if (event.name == kMessageDelta) {
    NoteUsage(MemberObject(event.data, "usage"));
  } else if (event.name == kMessageStop) {
    terminal_ = true;
  } else if (event.name == "error") {
    failed_ = true;
  }
}

AnswerMeter::Verdict AnswerMeter::OnOpenAiEvent(std::string_view data) {
  if (data == "[DONE]") {
    terminal_ = true;
    return Verdict::kPass;
  }
  if (Contains(data, "\"usage\"")) {
    const std::string usage = MemberObject(data, "usage");
    if (NoteUsage(usage) && hide_usage_ && HasNoChoices(data)) return Verdict::kDrop;
  }
  if (ReportsError(data)) failed_ = true;
  text_bytes_ += DeltaTextBytes(data);
  return Verdict::kPass;
}

void AnswerMeter::OnBody(std::string_view part) {
  text_bytes_ += part.size();
  body_usage_.Feed(part);
}

void AnswerMeter::OnBodyEnd() {
  if (NoteUsage(body_usage_.value()) || !body_usage_.also_found()) return;
  failed_ = true;
  text_bytes_ = 0;  // no model wrote these
}

bool AnswerMeter::NoteUsage(std::string_view usage) {
  const UsageTold told = ParseUsage(dialect_, usage, tokens_);
  input_reported_ = input_reported_ || told.input;
  output_reported_ = output_reported_ || told.output;
  return told.input || told.output;
}

TokenCounts AnswerMeter::Tokens(std::int64_t estimated_input) const {
  TokenCounts tokens = tokens_;
  if (failed_ && !input_reported_ && !output_reported_ && text_bytes_ == 0) return {};
  if (!input_reported_) tokens.input = estimated_input;
  // message_start promises a few output tokens; what has passed may be more.
  if (!output_reported_) tokens.output = std::max(tokens.output, EstimateTokens(text_bytes_));
  return tokens;
}

UsageSource AnswerMeter::source() const {
  return input_reported_ && output_reported_ ? UsageSource::kReported : UsageSource::kEstimated;
}

}  // namespace weir::relay
