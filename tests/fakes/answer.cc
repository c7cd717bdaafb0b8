#include "tests/fakes/answer.h"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "tests/fakes/thinking_check.h"

namespace weir::fakes {
namespace {

constexpr const char* kSignature = "ZmFrZS1zaWduYXR1cmUtb2YtdGhlLWZha2UtcHJvdmlkZXI=";
constexpr const char* kRedactedData = "ZmFrZS1yZWRhY3RlZC10aGlua2luZw==";
constexpr std::string_view kPlainText =
    "Hello from the fake provider. Every answer of mine is made up, but its tokens are counted.";
constexpr std::string_view kUnicodeText =
    "Grüße vom Wehr: Wasser fließt über die Schwelle, 水は低きに流れる, река течёт, "
    "🌊🧮 "
    "fertig.";
constexpr std::string_view kThinkingText =
    "The user wants an answer, so I will think for one sentence and then give it.";
constexpr std::string_view kRefusalText = "I cannot help with that.";
constexpr std::size_t kHugePieceBytes = 256;

std::int64_t CountWords(std::string_view text) {
  std::int64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n';
    if (!blank && !inside) ++words;
    inside = !blank;
  }
  return words;
}

// One piece a word, each with the blank that follows it.
std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> pieces;
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    const std::size_t length = blank == std::string_view::npos ? text.size() : blank + 1;
    pieces.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
  }
  return pieces;
}

std::vector<std::string> HugeText(std::int64_t kib) {
  std::string piece;
  while (piece.size() < kHugePieceBytes) piece += "water flows on ";
  piece.resize(kHugePieceBytes - 1);
  piece += ' ';
  return std::vector<std::string>(static_cast<std::size_t>(kib) * 1024 / kHugePieceBytes, piece);
}

std::vector<std::string> NumberedWords(std::int64_t count) {
  std::vector<std::string> pieces;
  pieces.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) pieces.push_back("word" + std::to_string(i) + " ");
  return pieces;
}

std::vector<std::string> TextOf(const Scenario& scenario) {
  if (scenario.empty) return {};
  if (scenario.refusal) return SplitWords(kRefusalText);
  if (scenario.huge_kib > 0) return HugeText(scenario.huge_kib);
  if (scenario.events >= 0) return NumberedWords(scenario.events);
  std::vector<std::string> pieces =
      SplitWords(scenario.unicode || scenario.split_utf8 ? kUnicodeText : kPlainText);
  if (scenario.max_tokens) pieces.resize(pieces.size() / 2);
  return pieces;
}

std::int64_t Either(std::int64_t asked, std::int64_t otherwise) {
  return asked >= 0 ? asked : otherwise;
}

TokenUsage UsageOf(const Answer& answer, const ModelRequest& request, const Scenario& scenario) {
  TokenUsage usage;
  usage.input =
      Either(scenario.input_tokens, static_cast<std::int64_t>((request.body_bytes + 3) / 4));
  usage.cache_read = Either(scenario.cache_read_tokens, scenario.cache ? 2048 : 0);
  usage.cache_write_5m = Either(scenario.cache_write_5m_tokens, scenario.cache ? 300 : 0);
  usage.cache_write_1h = Either(scenario.cache_write_1h_tokens, scenario.cache ? 100 : 0);
  usage.reasoning =
      Either(scenario.reasoning_tokens, CountWords(answer.thinking) + (answer.redacted ? 10 : 0));
  std::int64_t said = CountWords(JoinText(answer));
  for (const ToolCall& call : answer.calls) said += CountWords(call.name + " " + call.arguments);
  usage.output = Either(scenario.output_tokens, said + usage.reasoning);
  // Reasoning is a part of the output: a wish for more of it than there is output is cut down.
  usage.reasoning = std::min(usage.reasoning, usage.output);
  return usage;
}

void AddCalls(const ModelRequest& request, bool parallel, Answer& answer) {
  for (int i = 0; i < (parallel ? 2 : 1); ++i) {
    answer.calls.push_back(
        {answer.id + std::to_string(i + 1), request.tool_name, request.tool_arguments});
  }
}

StopReason StopOf(const Answer& answer, const Scenario& scenario) {
  if (scenario.refusal) return StopReason::kRefusal;
  if (scenario.max_tokens) return StopReason::kMaxTokens;
  return answer.calls.empty() ? StopReason::kEnd : StopReason::kToolUse;
}

}  // namespace

Answer MakeAnswer(const ModelRequest& request, const Scenario& scenario, std::uint64_t body_hash) {
  Answer answer;
  char id[17];
  std::snprintf(id, sizeof(id), "%016llx", static_cast<unsigned long long>(body_hash));
  answer.id = id;
  answer.model = request.model;
  if (scenario.thinking || request.wants_thinking) answer.thinking = kThinkingText;
  answer.redacted = scenario.redacted;
  const bool signs = scenario.family >= 0;
  answer.stored_id = signs ? FamilyPrefix(scenario.family) + answer.id : answer.id;
  answer.signature = signs ? SignatureOf(scenario.family, answer.id) : kSignature;
  answer.redacted_data = signs ? SignatureOf(scenario.family, "data-" + answer.id) : kRedactedData;
  // Once the tool's result is there the model speaks, so that an agent's loop comes to its end.
  const bool calls = (scenario.tool || scenario.parallel) && !request.answers_tool;
  if (calls) AddCalls(request, scenario.parallel, answer);
  if (!calls || scenario.text) answer.text = TextOf(scenario);
  answer.stop = StopOf(answer, scenario);
  answer.usage = UsageOf(answer, request, scenario);
  return answer;
}

std::string JoinText(const Answer& answer) {
  std::string text;
  for (const std::string& piece : answer.text) text += piece;
  return text;
}

}  // namespace weir::fakes
