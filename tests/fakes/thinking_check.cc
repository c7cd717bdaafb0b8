#include "tests/fakes/thinking_check.h"

#include <boost/json.hpp>

namespace weir::fakes {
namespace {

namespace json = boost::json;

std::string TextOf(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

std::string Place(std::size_t message, std::size_t block) {
  return "messages." + std::to_string(message) + ".content." + std::to_string(block);
}

bool IsThinking(const std::string& type) {
  return type == "thinking" || type == "redacted_thinking";
}

std::string BlockProblem(std::int64_t family, const json::object& block, const std::string& place) {
  const std::string type = TextOf(block, "type");
  if (!IsThinking(type)) return {};
  const std::string field = type == "thinking" ? "signature" : "data";
  if (TextOf(block, field.c_str()).starts_with(FamilyPrefix(family))) return {};
  return place + ": Invalid `" + field + "` in `" + type + "` block";
}

bool ThinkingIsEnabled(const json::object& root) {
  const json::value* thinking = root.if_contains("thinking");
  return thinking != nullptr && thinking->is_object() &&
         TextOf(thinking->get_object(), "type") == "enabled";
}

// The assistant's last message, when tools are being answered: it must begin with thinking.
std::string LoopProblem(const json::object& message, std::size_t number) {
  const json::value* content = message.if_contains("content");
  if (content == nullptr || !content->is_array() || content->get_array().empty()) return {};
  bool calls = false;
  for (const json::value& block : content->get_array()) {
    calls = calls || TextOf(block.as_object(), "type") == "tool_use";
  }
  const std::string first = TextOf(content->get_array().front().as_object(), "type");
  if (!calls || IsThinking(first)) return {};
  return Place(number, 0) + ".type: Expected `thinking` or `redacted_thinking`, but found `" +
         first +
         "`. When `thinking` is enabled, a final `assistant` message must start with a "
         "thinking block";
}

std::string MessageProblem(std::int64_t family, const json::object& message, std::size_t number) {
  const json::value* content = message.if_contains("content");
  if (content == nullptr || !content->is_array()) return {};
  if (content->get_array().empty()) {
    return "messages." + std::to_string(number) + ": all messages must have non-empty content";
  }
  std::size_t index = 0;
  for (const json::value& block : content->get_array()) {
    std::string problem = BlockProblem(family, block.as_object(), Place(number, index++));
    if (!problem.empty()) return problem;
  }
  return {};
}

}  // namespace

std::string FamilyPrefix(std::int64_t family) { return "fam" + std::to_string(family) + "."; }

std::string SignatureOf(std::int64_t family, std::string_view id) {
  return FamilyPrefix(family) + std::string(id);
}

std::string ThinkingProblem(std::int64_t family, std::string_view body) {
  json::error_code error;
  const json::value root = json::parse(json::string_view(body.data(), body.size()), error);
  if (error || !root.is_object()) return {};
  const json::value* messages = root.get_object().if_contains("messages");
  if (messages == nullptr || !messages->is_array()) return {};
  std::size_t number = 0;
  std::size_t last_assistant = 0;
  const json::object* assistant = nullptr;
  for (const json::value& entry : messages->get_array()) {
    const json::object& message = entry.as_object();
    std::string problem = MessageProblem(family, message, number);
    if (!problem.empty()) return problem;
    if (TextOf(message, "role") == "assistant") {
      assistant = &message;
      last_assistant = number;
    }
    ++number;
  }
  if (assistant == nullptr || !ThinkingIsEnabled(root.get_object())) return {};
  return LoopProblem(*assistant, last_assistant);
}

}  // namespace weir::fakes
