#include "services/relay/translate/openai_chat/messages_reader.h"

#include <string_view>
#include <vector>

#include "services/relay/translate/neutral/data_url.h"

namespace weir::relay::openai_chat {
namespace {

using Value = ondemand::value;

// The members of a part that any of the kinds knows. They may come in any order.
struct PartMembers {
  std::string_view type;
  std::string_view text;
  std::string_view refusal;
  std::string_view url;
  std::string_view file_data;
  std::string_view filename;
};

void ReadPartMember(std::string_view name, Value member, JsonReader& in, PartMembers& part) {
  if (name == "type") part.type = in.Word(member);
  if (name == "text") part.text = in.Text(member);
  if (name == "refusal") part.refusal = in.Text(member);
  if (name == "image_url" && JsonReader::IsText(member)) {
    part.url = in.Text(member);
  } else if (name == "image_url" || name == "file") {
    in.Members(member, [&](std::string_view inner, Value value) {
      if (inner == "url") part.url = in.Text(value);
      if (inner == "file_data") part.file_data = in.Text(value);
      if (inner == "filename") part.filename = in.Text(value);
    });
  }
}

void FillImage(const PartMembers& members, JsonReader& in, Part& part) {
  part.kind = PartKind::kImage;
  if (ReadDataUrl(members.url, part)) return;
  part.url = members.url;
  if (part.url.empty() || part.url.starts_with("data:")) {
    in.Refuse("needs image_url.url: an address, or data:…;base64,…");
  }
}

void FillFile(const PartMembers& members, JsonReader& in, Part& part) {
  part.kind = PartKind::kDocument;
  part.name = members.filename;
  if (!ReadDataUrl(members.file_data, part)) {
    in.Refuse(
        "holds a file that exists only at its provider; send it as file_data, data:…;base64,…");
  }
}

void ReadPart(Value value, JsonReader& in, ChatRequest& request) {
  PartMembers members;
  in.Members(value, [&](std::string_view name, Value member) {
    ReadPartMember(name, member, in, members);
  });
  if (!in.ok()) return;
  Part& part = request.AddPart(PartKind::kText);
  if (members.type == "text") {
    part.text = members.text;
  } else if (members.type == "refusal") {
    part.kind = PartKind::kRefusal;
    part.text = members.refusal;
  } else if (members.type == "image_url") {
    part.place = request.Keep(in.Place());
    FillImage(members, in, part);
  } else if (members.type == "file") {
    part.place = request.Keep(in.Place());
    FillFile(members, in, part);
  } else {
    in.Refuse("is of a type that this model's provider does not read");
  }
}

void ReadContent(Value value, JsonReader& in, ChatRequest& request) {
  if (JsonReader::IsText(value)) {
    request.AddPart(PartKind::kText).text = in.Text(value);
    return;
  }
  in.Items(value, [&](Value item) { ReadPart(item, in, request); });
}

void ReadCall(Value value, JsonReader& in, std::vector<Part>& calls) {
  Part call;
  call.kind = PartKind::kToolCall;
  call.arguments.escaped = true;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "id") call.id = in.Text(member);
    if (name != "function") return;
    in.Members(member, [&](std::string_view inner, Value part) {
      if (inner == "name") call.name = in.Text(part);
      if (inner == "arguments") call.arguments.text = in.Text(part);
    });
  });
  if (call.id.empty() || call.name.empty()) in.Refuse("needs an id and a function's name");
  calls.push_back(call);
}

struct Message {
  std::string_view role;
  std::string_view tool_call_id;
  std::string_view reasoning;
  std::string_view refusal;
  std::vector<Part> calls;
  bool has_content = false;
};

void ReadMember(std::string_view name, Value member, JsonReader& in, ChatRequest& request,
                Message& message) {
  if (name == "role") message.role = in.Word(member);
  if (name == "tool_call_id") message.tool_call_id = in.Text(member);
  if (name == "refusal") message.refusal = in.Text(member);
  if (name == "reasoning_content") message.reasoning = in.Text(member);
  if (name == "audio") request.dropped.push_back(in.Place());  // said earlier, kept at its provider
  if (name == "function_call")
    in.Refuse("is not understood by this model's provider; use tool_calls");
  if (name == "content") {
    message.has_content = true;
    ReadContent(member, in, request);
  }
  if (name != "tool_calls") return;
  in.Items(member, [&](Value item) { ReadCall(item, in, message.calls); });
}

// Its content has been read already, into the parts behind `first`.
void AddResult(const Message& message, std::size_t first, JsonReader& in, ChatRequest& request) {
  if (message.tool_call_id.empty()) return in.Refuse("has no tool_call_id");
  Part& result = request.parts[first];
  result.kind = PartKind::kToolResult;
  result.id = message.tool_call_id;
  result.nested = request.parts.size() - first - 1;
  request.AddTurn(Role::kUser, first);
}

void AddAssistant(const Message& message, std::size_t first, ChatRequest& request) {
  if (!message.refusal.empty()) request.AddPart(PartKind::kRefusal).text = message.refusal;
  if (!message.reasoning.empty()) request.AddPart(PartKind::kThinking).text = message.reasoning;
  request.parts.insert(request.parts.end(), message.calls.begin(), message.calls.end());
  request.AddTurn(Role::kAssistant, first);
}

}  // namespace

void ReadMessage(Value value, JsonReader& in, ChatRequest& request) {
  // The first place is a result's, if it turns out to be one.
  const std::size_t first = request.parts.size();
  request.AddPart(PartKind::kText);
  Message message;
  in.Members(value, [&](std::string_view name, Value member) {
    ReadMember(name, member, in, request, message);
  });
  if (!in.ok()) return;
  if (message.role != "assistant" && !message.calls.empty()) {
    return in.Refuse("holds tool_calls, which only the assistant makes");
  }
  if (message.role != "assistant" && !message.has_content) return in.Refuse("has no content");
  if (message.role == "tool") return AddResult(message, first, in, request);
  if (message.role == "assistant") return AddAssistant(message, first, request);
  if (message.role == "user") {
    request.AddTurn(Role::kUser, first);
  } else if (message.role == "system" || message.role == "developer") {
    request.AddTurn(Role::kSystem, first);
  } else {
    in.Refuse("has a role that is none of system, developer, user, assistant and tool");
  }
}

}  // namespace weir::relay::openai_chat
