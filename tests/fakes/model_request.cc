#include "tests/fakes/model_request.h"

#include <algorithm>
#include <iterator>

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
  if (protocol == Protocol::kGemini) return outer;
  if (protocol == Protocol::kResponses) {
    return FindString(*outer, "type") == "function" ? outer : nullptr;  // others run elsewhere
  }
  return protocol == Protocol::kAnthropic ? outer : FindObject(*outer, "function");
}

std::string ForcedTool(Protocol protocol, const json::object& root) {
  const json::object* choice = FindObject(root, "tool_choice");
  if (choice == nullptr) return {};
  if (protocol != Protocol::kOpenAi) return FindString(*choice, "name");
  const json::object* function = FindObject(*choice, "function");
  return function == nullptr ? std::string() : FindString(*function, "name");
}

// Agents offer a dozen tools. Of these a test knows what becomes of the call: a command is run.
constexpr std::string_view kShellTools[] = {"Bash", "exec_command", "run_shell_command", "shell",
                                            "shell_command"};

// The tool with the highest rank is called, of equals the first.
int RankOf(std::string_view tool, std::string_view forced) {
  if (!forced.empty() && tool == forced) return 2;
  return std::find(std::begin(kShellTools), std::end(kShellTools), tool) != std::end(kShellTools);
}

// The functions that Gemini's tools declare, as one list.
json::array Declarations(const json::object& root) {
  json::array all;
  const json::array* tools = FindArray(root, "tools");
  if (tools == nullptr) return all;
  for (const json::value& tool : *tools) {
    const json::object* object = tool.if_object();
    if (object == nullptr) continue;
    for (const char* name : {"functionDeclarations", "function_declarations"}) {
      const json::array* declared = FindArray(*object, name);
      if (declared != nullptr) all.insert(all.end(), declared->begin(), declared->end());
    }
  }
  return all;
}

// A schema by either of the names and spellings that it goes by.
const json::object* GeminiSchema(const json::object& declaration) {
  for (const char* name : {"parameters", "parametersJsonSchema", "parameters_json_schema"}) {
    const json::object* schema = FindObject(declaration, name);
    if (schema != nullptr) return schema;
  }
  return nullptr;
}

void ReadGemini(const json::object& root, ModelRequest& request) {
  int chosen_rank = -1;
  for (const json::value& declaration : Declarations(root)) {
    const json::object* body = declaration.if_object();
    if (body == nullptr) continue;
    const int rank = RankOf(FindString(*body, "name"), {});
    if (rank <= chosen_rank) continue;
    chosen_rank = rank;
    request.tool_name = FindString(*body, "name");
    request.tool_arguments = SampleArguments(GeminiSchema(*body));
  }
  for (const char* name : {"generationConfig", "generation_config"}) {
    const json::object* config = FindObject(root, name);
    if (config == nullptr) continue;
    for (const char* thinking : {"thinkingConfig", "thinking_config"}) {
      const json::object* wish = FindObject(*config, thinking);
      request.wants_thinking |= wish != nullptr && (IsTrue(*wish, "includeThoughts") ||
                                                    IsTrue(*wish, "include_thoughts"));
    }
  }
  if (const json::array* batch = FindArray(root, "requests"); batch != nullptr) {
    request.embedding_inputs = batch->size();
  }
  const json::array* contents = FindArray(root, "contents");
  request.has_messages = contents != nullptr && !contents->empty();
  if (!request.has_messages || !contents->back().is_object()) return;
  const json::array* parts = FindArray(contents->back().get_object(), "parts");
  if (parts == nullptr) return;
  for (const json::value& part : *parts) {
    const json::object* object = part.if_object();
    request.answers_tool |= object != nullptr && (Find(*object, "functionResponse") != nullptr ||
                                                  Find(*object, "function_response") != nullptr);
  }
}

void ReadTool(Protocol protocol, const json::object& root, ModelRequest& request) {
  const std::string forced = ForcedTool(protocol, root);
  const json::object* chosen = nullptr;
  int chosen_rank = -1;
  if (const json::array* tools = FindArray(root, "tools"); tools != nullptr) {
    for (const json::value& tool : *tools) {
      const json::object* body = ToolBody(protocol, tool);
      if (body == nullptr) continue;
      const int rank = RankOf(FindString(*body, "name"), forced);
      if (rank <= chosen_rank) continue;
      chosen = body;
      chosen_rank = rank;
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
  if (FindString(last, "type").ends_with("_call_output")) return true;
  const json::array* content = FindArray(last, "content");
  if (content == nullptr) return false;
  for (const json::value& block : *content) {
    if (block.is_object() && FindString(block.get_object(), "type") == "tool_result") return true;
  }
  return false;
}

bool WantsThinking(Protocol protocol, const json::object& root) {
  if (protocol == Protocol::kGemini) return false;  // see ReadGemini
  if (protocol == Protocol::kResponses) {
    const json::object* reasoning = FindObject(root, "reasoning");
    const std::string effort = reasoning == nullptr ? "" : FindString(*reasoning, "effort");
    return !effort.empty() && effort != "none";
  }
  if (protocol == Protocol::kOpenAi) {
    const std::string effort = FindString(root, "reasoning_effort");
    return !effort.empty() && effort != "none";
  }
  const json::object* thinking = FindObject(root, "thinking");
  return thinking != nullptr && FindString(*thinking, "type") != "disabled";
}

// A text, or items; an answer that is stored already needs neither.
void ReadInput(const json::object& root, ModelRequest& request) {
  request.has_messages =
      !FindString(root, "input").empty() || !FindString(root, "previous_response_id").empty();
  if (const json::array* items = FindArray(root, "input"); items != nullptr) {
    request.has_messages = request.has_messages || !items->empty();
    request.answers_tool = AnswersTool(*items);
  }
  if (const json::array* include = FindArray(root, "include"); include != nullptr) {
    for (const json::value& name : *include) {
      request.wants_encrypted |= name == json::value("reasoning.encrypted_content");
    }
  }
}

void ReadFields(Protocol protocol, const json::object& root, ModelRequest& request) {
  if (protocol != Protocol::kGemini) {  // there the path says both
    if (std::string model = FindString(root, "model"); !model.empty()) request.model = model;
    request.stream = IsTrue(root, "stream");
  }
  request.has_max_tokens = Find(root, "max_tokens") != nullptr;
  request.wants_thinking = WantsThinking(protocol, root);
  request.base64_embedding = FindString(root, "encoding_format") == "base64";
  if (const json::value* n = Find(root, "n"); n != nullptr && n->is_int64() && n->get_int64() > 0) {
    request.pictures = static_cast<std::size_t>(n->get_int64());
  }
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
  if (protocol == Protocol::kResponses) ReadInput(root, request);
  ReadTool(protocol, root, request);
  if (protocol == Protocol::kGemini) ReadGemini(root, request);
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
