#include "services/relay/translate/openai_responses/tools_reader.h"

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libs/common/text.h"

namespace weir::relay::openai_responses {
namespace {

using Value = ondemand::value;

constexpr std::string_view kTextSchema =
    R"({"type":"object","properties":{"input":{"type":"string"}},"required":["input"],)"
    R"("additionalProperties":false})";
// Before the grammar that a tool's text must follow; escaped.
constexpr std::string_view kGrammar =
    R"(\n\nWhat stands in `input` follows this grammar (lark or regex):\n)";

struct ToolMembers {
  std::string_view type;
  Tool tool;
  std::string_view grammar;
};

void ReadFormat(Value value, JsonReader& in, ToolMembers& members) {
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "definition") members.grammar = in.Text(member);
  });
}

void ReadMember(std::string_view name, Value member, JsonReader& in, ChatRequest& request,
                ToolMembers& members) {
  Tool& tool = members.tool;
  if (name == "type") members.type = in.Word(member);
  if (name == "name") tool.name = in.Text(member);
  if (name == "parameters") tool.schema = in.RawObject(member);
  if (name == "strict") tool.strict = in.Bool(member);
  if (name == "format") ReadFormat(member, in, members);
  if (name == "tools") ReadTools(member, in, request);
  if (name == "description") {
    tool.description = in.Text(member);
    tool.has_description = true;
  }
}

void AddTextTool(const ToolMembers& members, ChatRequest& request) {
  Tool tool = members.tool;
  tool.schema = kTextSchema;
  tool.strict = false;
  if (!members.grammar.empty()) {
    tool.description = request.Keep(StrCat(tool.description, kGrammar, members.grammar));
    tool.has_description = true;
  }
  request.tools.push_back(tool);
  request.client_tools.push_back(
      {std::string(tool.name), std::string(tool.name), {}, /*takes_text=*/true});
}

// The tools from `first` on are the group's: they get its name in front.
void NameGroup(std::string_view group, std::size_t first, std::size_t first_client_tool,
               ChatRequest& request) {
  std::vector<ClientTool>& known = request.client_tools;
  std::unordered_map<std::string, std::size_t> places;  // of those that are known otherwise already
  for (std::size_t i = first_client_tool; i < known.size(); ++i) places.emplace(known[i].sent, i);
  for (std::size_t i = first; i < request.tools.size(); ++i) {
    Tool& tool = request.tools[i];
    const auto [place, is_new] = places.emplace(std::string(tool.name), known.size());
    if (is_new) known.push_back({{}, std::string(tool.name), {}, /*takes_text=*/false});
    tool.name = SentName(group, tool.name, request);
    known[place->second].sent = std::string(tool.name);
    known[place->second].name_space = std::string(group);
  }
}

void ReadTool(Value value, JsonReader& in, ChatRequest& request) {
  const std::size_t first = request.tools.size();
  const std::size_t first_client_tool = request.client_tools.size();
  ToolMembers members;
  in.Members(value, [&](std::string_view name, Value member) {
    ReadMember(name, member, in, request, members);
  });
  if (!in.ok()) return;
  const bool known =
      members.type == "function" || members.type == "custom" || members.type == "namespace";
  if (!known) {
    request.dropped.push_back(in.Place());
    request.tools.resize(first);
  } else if (members.tool.name.empty()) {
    in.Refuse("has no name");
  } else if (members.type == "function") {
    request.tools.push_back(members.tool);
  } else if (members.type == "custom") {
    AddTextTool(members, request);
  } else {
    NameGroup(members.tool.name, first, first_client_tool, request);
  }
}

ToolChoice::Kind KindOf(std::string_view word) {
  if (word == "auto") return ToolChoice::Kind::kAuto;
  if (word == "none") return ToolChoice::Kind::kNone;
  return word == "required" ? ToolChoice::Kind::kRequired : ToolChoice::Kind::kUnset;
}

struct ChoiceMembers {
  std::string_view type;
  std::string_view mode;
  std::string_view name;
  std::string_view name_space;
};

// {"type":"function","name":…}, or one of the others.
ChoiceMembers ReadChosen(Value value, JsonReader& in, ChatRequest& request) {
  ChoiceMembers chosen;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "type") chosen.type = in.Word(member);
    if (name == "mode") chosen.mode = in.Word(member);
    if (name == "name") chosen.name = in.Text(member);
    if (name == "namespace") chosen.name_space = in.Text(member);
    if (name != "tools") return;
    in.Items(member, [&](Value item) {
      request.allowed_tools.push_back(ReadChosen(item, in, request).name);
    });
    if (request.allowed_tools.empty()) in.Refuse("names no tool");
  });
  chosen.name = SentName(chosen.name_space, chosen.name, request);
  return chosen;
}

absl::Status TwoOfOneName(std::string_view name) {
  return absl::InvalidArgumentError(
      StrCat("'tools' holds two tools that are both ", name, " for this model's provider"));
}

}  // namespace

std::string_view SentName(std::string_view name_space, std::string_view name,
                          ChatRequest& request) {
  return name_space.empty() ? name : request.Keep(StrCat(name_space, "__", name));
}

void ReadTools(Value value, JsonReader& in, ChatRequest& request) {
  in.Items(value, [&](Value item) { ReadTool(item, in, request); });
}

void ReadToolChoice(Value value, JsonReader& in, ChatRequest& request) {
  ToolChoice& choice = request.tool_choice;
  if (JsonReader::IsText(value)) {
    choice.kind = KindOf(in.Word(value));
  } else {
    const ChoiceMembers chosen = ReadChosen(value, in, request);
    const bool callable = chosen.type == "function" || chosen.type == "custom";
    if (callable && !chosen.name.empty()) {
      choice.kind = ToolChoice::Kind::kTool;
      choice.tool = chosen.name;
    } else if (chosen.type == "allowed_tools") {
      choice.kind = KindOf(chosen.mode);
    }
  }
  if (choice.kind == ToolChoice::Kind::kUnset) {
    in.Refuse("must be auto, none, required, or name a tool that does not run at OpenAI");
  }
}

absl::Status UniteTools(ChatRequest& request) {
  struct Told {
    const ClientTool* tool;
    std::size_t times;
  };
  std::unordered_map<std::string_view, Told> told;
  for (const ClientTool& tool : request.client_tools) {
    Told& first = told.try_emplace(tool.sent, Told{&tool, 0}).first->second;
    if (first.tool->name_space != tool.name_space) return TwoOfOneName(tool.sent);
    ++first.times;
  }
  struct Kept {
    std::size_t place;
    std::size_t times;
  };
  std::unordered_map<std::string_view, Kept> kept;
  std::vector<Tool> tools;
  for (const Tool& tool : request.tools) {
    const auto [at, is_new] = kept.try_emplace(tool.name, Kept{tools.size(), 0});
    ++at->second.times;
    if (is_new) {
      tools.push_back(tool);
    } else {
      tools[at->second.place] = tool;
    }
  }
  // One that is known by its name alone stands in `tools` and nowhere else.
  for (const auto& [name, entry] : kept) {
    const auto group = told.find(name);
    if (group != told.end() && group->second.times != entry.times) return TwoOfOneName(name);
  }
  request.tools = std::move(tools);
  return absl::OkStatus();
}

}  // namespace weir::relay::openai_responses
