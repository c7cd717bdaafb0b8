#include "tests/fakes/model_request.h"

#include <boost/json.hpp>

namespace weir::fakes {
namespace {

namespace json = boost::json;

const json::value* Find(const json::object& object, std::string_view name) {
  return object.if_contains(json::string_view(name.data(), name.size()));
}

const json::object* FindObject(const json::object& object, std::string_view name) {
  const json::value* value = Find(object, name);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* FindArray(const json::object& object, std::string_view name) {
  const json::value* value = Find(object, name);
  return value == nullptr ? nullptr : value->if_array();
}

std::string FindString(const json::object& object, std::string_view name) {
  const json::value* value = Find(object, name);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string().data(), value->get_string().size());
}

bool IsTrue(const json::object& object, std::string_view name) {
  const json::value* value = Find(object, name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

json::value SampleOf(const json::object& property) {
  if (const json::array* choices = FindArray(property, "enum");
      choices != nullptr && !choices->empty()) {
    return choices->front();
  }
  const std::string type = FindString(property, "type");
  if (type == "integer" || type == "number") return 1;
  if (type == "boolean") return true;
  if (type == "array") return json::array();
  if (type == "object") return json::object();
  return "fake";
}

std::string SampleArguments(const json::object* schema) {
  json::object arguments;
  const json::array* required = schema == nullptr ? nullptr : FindArray(*schema, "required");
  const json::object* properties = schema == nullptr ? nullptr : FindObject(*schema, "properties");
  if (required != nullptr && properties != nullptr) {
    for (const json::value& name : *required) {
      if (!name.is_string()) continue;
      const json::value* property = properties->if_contains(name.get_string());
      const bool known = property != nullptr && property->is_object();
      arguments[name.get_string()] = known ? SampleOf(property->get_object()) : "fake";
    }
  }
  if (arguments.empty()) arguments["city"] = "Bremen";
  return json::serialize(arguments);
}

// The tool's own description, which the protocols wrap differently.
const json::object* ToolBody(Protocol protocol, const json::value& tool) {
  const json::object* outer = tool.if_object();
  if (outer == nullptr) return nullptr;
  return protocol == Protocol::kAnthropic ? outer : FindObject(*outer, "function");
}

std::string ForcedTool(Protocol protocol, const json::object& root) {
  const json::object* choice = FindObject(root, "tool_choice");
  if (choice == nullptr) return {};
  if (protocol == Protocol::kAnthropic) return FindString(*choice, "name");
  const json::object* function = FindObject(*choice, "function");
  return function == nullptr ? std::string() : FindString(*function, "name");
}

void ReadTool(Protocol protocol, const json::object& root, ModelRequest& request) {
  const std::string forced = ForcedTool(protocol, root);
  const json::object* chosen = nullptr;
  if (const json::array* tools = FindArray(root, "tools"); tools != nullptr) {
    for (const json::value& tool : *tools) {
      const json::object* body = ToolBody(protocol, tool);
      if (body == nullptr) continue;
      if (chosen == nullptr || FindString(*body, "name") == forced) chosen = body;
    }
  }
  request.tool_name = chosen == nullptr ? "get_weather" : FindString(*chosen, "name");
  const char* schema = protocol == Protocol::kAnthropic ? "input_schema" : "parameters";
  request.tool_arguments =
      SampleArguments(chosen == nullptr ? nullptr : FindObject(*chosen, schema));
}

bool AnswersTool(const json::array& messages) {
  if (messages.empty() || !messages.back().is_object()) return false;
  const json::object& last = messages.back().get_object();
  if (FindString(last, "role") == "tool") return true;
  const json::array* content = FindArray(last, "content");
  if (content == nullptr) return false;
  for (const json::value& block : *content) {
    if (block.is_object() && FindString(block.get_object(), "type") == "tool_result") return true;
  }
  return false;
}

bool WantsThinking(Protocol protocol, const json::object& root) {
  if (protocol == Protocol::kOpenAi) {
    const std::string effort = FindString(root, "reasoning_effort");
    return !effort.empty() && effort != "none";
  }
  const json::object* thinking = FindObject(root, "thinking");
  return thinking != nullptr && FindString(*thinking, "type") != "disabled";
}

void ReadFields(Protocol protocol, const json::object& root, ModelRequest& request) {
  request.model = FindString(root, "model");
  request.stream = IsTrue(root, "stream");
  request.has_max_tokens = Find(root, "max_tokens") != nullptr;
  request.wants_thinking = WantsThinking(protocol, root);
  request.base64_embedding = FindString(root, "encoding_format") == "base64";
  if (const json::array* inputs = FindArray(root, "input"); inputs != nullptr) {
    // A list of numbers is one text given as tokens, a list of anything else is a list of texts.
    const bool tokens = !inputs->empty() && inputs->front().is_number();
    request.embedding_inputs = tokens ? 1 : inputs->size();
  }
  if (const json::object* options = FindObject(root, "stream_options"); options != nullptr) {
    request.include_usage = IsTrue(*options, "include_usage");
  }
  if (const json::array* messages = FindArray(root, "messages"); messages != nullptr) {
    request.has_messages = !messages->empty();
    request.answers_tool = AnswersTool(*messages);
  }
  ReadTool(protocol, root, request);
}

}  // namespace

bool ParseModelRequest(Protocol protocol, std::string_view body, ModelRequest& request,
                       std::string& problem) {
  json::error_code error;
  json::parse_options options;
  options.max_depth = 128;
  const json::value root =
      json::parse(json::string_view(body.data(), body.size()), error, json::storage_ptr(), options);
  if (error) {
    problem = "the body is not JSON: " + error.message();
    return false;
  }
  if (!root.is_object()) {
    problem = "the body is not a JSON object";
    return false;
  }
  request.body_bytes = body.size();
  ReadFields(protocol, root.get_object(), request);
  if (request.model.empty()) {
    problem = "model: Field required";
    return false;
  }
  return true;
}

}  // namespace weir::fakes
