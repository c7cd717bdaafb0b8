#include "services/relay/dialects/prompt_edit.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "libs/common/json_text.h"
#include "libs/common/text.h"
#include "services/relay/dialects/json_cursor.h"

namespace weir::relay {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kBetween = R"(\n\n)";  // two line ends, in JSON

// What Claude Code's first blocks begin with, in their order; each may be missing.
constexpr std::string_view kBillingHeader = "x-anthropic-billing-header";
constexpr std::array<std::string_view, 2> kIdentities = {"You are Claude Code,",
                                                         "You are a Claude agent,"};

bool IsIdentity(std::string_view text) {
  return std::any_of(kIdentities.begin(), kIdentities.end(),
                     [text](std::string_view begin) { return text.starts_with(begin); });
}

// The text of a block, and the block's end within the body; false when it is no text block.
bool ReadBlock(ondemand::value item, std::string_view body, std::string_view& text,
               std::size_t& end) {
  ondemand::object block;
  if (item.get_object().get(block) != simdjson::SUCCESS) return false;
  if (block["text"].get_string().get(text) != simdjson::SUCCESS) return false;
  std::string_view raw;
  if (block.reset().error() != simdjson::SUCCESS ||
      block.raw_json().get(raw) != simdjson::SUCCESS) {
    return false;
  }
  end = static_cast<std::size_t>(raw.data() - body.data()) + raw.size();
  return true;
}

// Where the blocks end that must stay in front; 0 = there are none.
std::size_t EndOfOpening(std::string_view body, const Span& system) {
  ondemand::parser parser;
  ondemand::document document;
  ondemand::array blocks;
  if (parser.iterate(body.data() + system.begin, system.size, system.size + kBodyPaddingBytes)
              .get(document) != simdjson::SUCCESS ||
      document.get_array().get(blocks) != simdjson::SUCCESS) {
    return 0;
  }
  std::size_t opening_end = 0;
  bool first = true;
  for (auto item : blocks) {
    ondemand::value value;
    std::string_view text;
    std::size_t end = 0;
    if (item.get(value) != simdjson::SUCCESS || !ReadBlock(value, body, text, end)) break;
    const bool header = std::exchange(first, false) && text.starts_with(kBillingHeader);
    if (header || IsIdentity(text)) opening_end = end;
    if (!header) break;
  }
  return opening_end;
}

bool IsEmptyArray(std::string_view array) { return StripSpace(array.substr(1)) == "]"; }

void AddToBlocks(const Span& system, std::string_view body, std::string_view prompt,
                 std::vector<BodyEdit>& edits) {
  std::string block = R"({"type":"text","text":)";
  AppendJsonString(block, prompt);
  block += '}';
  if (const std::size_t behind = EndOfOpening(body, system); behind != 0) {
    edits.push_back({{behind, 0}, StrCat(",", block)});
    return;
  }
  if (!IsEmptyArray(body.substr(system.begin, system.size))) block += ',';
  edits.push_back({{system.begin + 1, 0}, std::move(block)});
}

void AddToSystem(std::string_view field, const RequestFacts& facts, std::string_view body,
                 std::string_view prompt, std::string& new_fields, std::vector<BodyEdit>& edits) {
  const std::string_view system = body.substr(facts.system.begin, facts.system.size);
  std::string text;
  AppendJsonString(text, prompt);
  if (system.empty()) {
    StrAppend(new_fields, "\"", field, "\":", text, ",");
  } else if (system == "null" || system == R"("")") {
    edits.push_back({facts.system, std::move(text)});
  } else if (system.starts_with('"')) {
    text.pop_back();  // the quote; the client's own text follows
    edits.push_back({{facts.system.begin, 1}, StrCat(text, kBetween)});
  } else if (system.starts_with('[')) {
    AddToBlocks(facts.system, body, prompt, edits);
  }
}

void AddToMessages(const RequestFacts& facts, std::string_view body, std::string_view prompt,
                   std::vector<BodyEdit>& edits) {
  const std::string_view messages = body.substr(facts.messages.begin, facts.messages.size);
  if (!messages.starts_with('[')) return;
  std::string message = R"({"role":"system","content":)";
  AppendJsonString(message, prompt);
  message += IsEmptyArray(messages) ? "}" : "},";
  edits.push_back({{facts.messages.begin + 1, 0}, std::move(message)});
}

// The array of parts of Gemini's systemInstruction; of size 0 when there is none.
Span PartsOf(const Span& instruction, std::string_view body) {
  const std::string_view parts =
      MemberValue(body.substr(instruction.begin, instruction.size), "parts");
  if (!parts.starts_with('[')) return {};
  return {static_cast<std::size_t>(parts.data() - body.data()), parts.size()};
}

void AddToInstruction(const RequestFacts& facts, std::string_view body, std::string_view prompt,
                      std::string& new_fields, std::vector<BodyEdit>& edits) {
  std::string part = R"({"text":)";
  AppendJsonString(part, prompt);
  part += '}';
  const std::string_view instruction = body.substr(facts.system.begin, facts.system.size);
  if (instruction.empty()) {
    StrAppend(new_fields, R"("systemInstruction":{"parts":[)", part, "]},");
  } else if (instruction == "null") {
    edits.push_back({facts.system, StrCat(R"({"parts":[)", part, "]}")});
  } else if (const Span parts = PartsOf(facts.system, body); parts.size != 0) {
    if (!IsEmptyArray(body.substr(parts.begin, parts.size))) part += ',';
    edits.push_back({{parts.begin + 1, 0}, std::move(part)});
  }
}

bool BeginsWithOneOf(std::string_view letters, const Span& place, std::string_view body) {
  return place.size != 0 && letters.find(body[place.begin]) != std::string_view::npos;
}

}  // namespace

void AddPrompt(Dialect dialect, const RequestFacts& facts, std::string_view body,
               std::string_view prompt, std::string& new_fields, std::vector<BodyEdit>& edits) {
  switch (dialect) {
    case Dialect::kAnthropicMessages:
      return AddToSystem("system", facts, body, prompt, new_fields, edits);
    case Dialect::kOpenAiChat:
      return AddToMessages(facts, body, prompt, edits);
    case Dialect::kOpenAiResponses:
      return AddToSystem("instructions", facts, body, prompt, new_fields, edits);
    case Dialect::kGemini:
      return AddToInstruction(facts, body, prompt, new_fields, edits);
  }
}

std::string_view NoRoomForPrompt(Dialect dialect, const RequestFacts& facts,
                                 std::string_view body) {
  const Span& system = facts.system;
  switch (dialect) {
    case Dialect::kAnthropicMessages:
      if (system.size == 0 || BeginsWithOneOf("n\"[", system, body)) return {};
      return "'system' must be text or an array of blocks";
    case Dialect::kOpenAiChat:
      return BeginsWithOneOf("[", facts.messages, body) ? "" : "'messages' must be an array";
    case Dialect::kOpenAiResponses:
      if (system.size == 0 || BeginsWithOneOf("n\"", system, body)) return {};
      return "'instructions' must be text";
    case Dialect::kGemini:
      if (system.size == 0 || BeginsWithOneOf("n", system, body)) return {};
      return PartsOf(system, body).size != 0 ? "" : "'systemInstruction' must have parts";
  }
  return {};
}

}  // namespace weir::relay
