#include "services/relay/translate/openai_responses/input_reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "libs/common/text.h"
#include "services/relay/translate/neutral/data_url.h"
#include "services/relay/translate/openai_responses/tools_reader.h"

namespace weir::relay::openai_responses {
namespace {

using Value = ondemand::value;

constexpr std::string_view kBetween = R"(\n\n)";  // escaped

// The members of a piece of content that any of the kinds knows. They may come in any order.
struct PieceMembers {
  std::string_view type;
  std::string_view text;
  std::string_view refusal;
  std::string_view image_url;
  std::string_view file_data;
  std::string_view file_url;
  std::string_view filename;
};

// The members of an item that any of the kinds knows. Its content, summary or output is read into
// parts of their own.
struct ItemMembers {
  std::string_view type = "message";
  std::string_view role;
  std::string_view call_id;
  std::string_view name;
  std::string_view name_space;
  std::string_view arguments;
  std::string_view input;
  std::string_view encrypted;
  std::string_view no_text;  // the member of a call that should be text and is none
};

template <typename Members>
struct TextMember {
  std::string_view name;
  std::string_view Members::*place;
};

template <typename Members, std::size_t kCount>
void ReadText(const std::array<TextMember<Members>, kCount>& known, std::string_view name,
              Value member, JsonReader& in, Members& members) {
  for (const TextMember<Members>& text : known) {
    if (text.name == name) members.*text.place = in.Text(member);
  }
}

void FillImage(const PieceMembers& piece, JsonReader& in, Part& part) {
  part.kind = PartKind::kImage;
  if (ReadDataUrl(piece.image_url, part)) return;
  part.url = piece.image_url;
  if (part.url.empty() || part.url.starts_with("data:")) {
    in.Refuse("needs image_url: an address, or data:…;base64,…");
  }
}

void FillFile(const PieceMembers& piece, JsonReader& in, Part& part) {
  part.kind = PartKind::kDocument;
  part.name = piece.filename;
  if (ReadDataUrl(piece.file_data, part)) return;
  part.url = piece.file_url;
  if (part.url.empty()) {
    in.Refuse("holds a file that exists only at its provider; send it as data:…;base64,…");
  }
}

void FillPart(const PieceMembers& piece, JsonReader& in, Part& part) {
  static constexpr std::array<std::string_view, 5> kTexts = {"input_text", "output_text", "text",
                                                             "summary_text", "reasoning_text"};
  if (std::find(kTexts.begin(), kTexts.end(), piece.type) != kTexts.end()) {
    part.text = piece.text;
  } else if (piece.type == "refusal") {
    part.kind = PartKind::kRefusal;
    part.text = piece.refusal;
  } else if (piece.type == "input_image") {
    FillImage(piece, in, part);
  } else if (piece.type == "input_file") {
    FillFile(piece, in, part);
  } else {
    in.Refuse("is of a type that this model's provider does not read");
  }
}

void ReadPiece(Value value, JsonReader& in, ChatRequest& request) {
  static constexpr std::array<TextMember<PieceMembers>, 6> kTexts = {{
      {"text", &PieceMembers::text},
      {"refusal", &PieceMembers::refusal},
      {"image_url", &PieceMembers::image_url},
      {"file_data", &PieceMembers::file_data},
      {"file_url", &PieceMembers::file_url},
      {"filename", &PieceMembers::filename},
  }};
  PieceMembers piece;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "type") piece.type = in.Word(member);
    ReadText(kTexts, name, member, in, piece);
  });
  if (!in.ok()) return;
  Part& part = request.AddPart(PartKind::kText);
  FillPart(piece, in, part);
  if (part.kind == PartKind::kImage || part.kind == PartKind::kDocument) {
    part.place = request.Keep(in.Place());
  }
}

void ReadContent(Value value, JsonReader& in, ChatRequest& request) {
  if (JsonReader::IsText(value)) {
    request.AddPart(PartKind::kText).text = in.Text(value);
    return;
  }
  in.Items(value, [&](Value piece) { ReadPiece(piece, in, request); });
}

// Each kind of item makes of parts[first] what it is; what was read inside it stands behind that.
void AddMessage(const ItemMembers& item, std::size_t first, JsonReader& in, ChatRequest& request) {
  if (item.role == "user") {
    request.AddTurn(Role::kUser, first);
  } else if (item.role == "assistant") {
    request.AddTurn(Role::kAssistant, first);
  } else if (item.role == "system" || item.role == "developer") {
    request.AddTurn(Role::kSystem, first);
  } else {
    in.Refuse("has a role that is none of system, developer, user and assistant");
  }
}

void AddReasoning(const ItemMembers& item, std::size_t first, JsonReader&, ChatRequest& request) {
  std::string text;
  for (std::size_t i = first + 1; i < request.parts.size(); ++i) {
    StrAppend(text, text.empty() ? "" : kBetween, request.parts[i].text);
  }
  request.parts.resize(first + 1);
  Part& part = request.parts[first];
  part.kind = PartKind::kThinking;
  part.text = request.Keep(std::move(text));
  part.signature = item.encrypted;
  request.AddTurn(Role::kAssistant, first);
}

void AddCallPart(const ItemMembers& item, std::size_t first, ToolArguments arguments,
                 JsonReader& in, ChatRequest& request) {
  if (!item.no_text.empty()) return in.Refuse(StrCat("has '", item.no_text, "' that is no text"));
  if (item.call_id.empty() || item.name.empty()) return in.Refuse("needs a call_id and a name");
  Part& part = request.parts[first];
  part.kind = PartKind::kToolCall;
  part.id = item.call_id;
  part.name = SentName(item.name_space, item.name, request);
  part.arguments = arguments;
  request.AddTurn(Role::kAssistant, first);
}

void AddCall(const ItemMembers& item, std::size_t first, JsonReader& in, ChatRequest& request) {
  AddCallPart(item, first, {item.arguments, /*escaped=*/true}, in, request);
}

void AddTextCall(const ItemMembers& item, std::size_t first, JsonReader& in, ChatRequest& request) {
  const std::string_view json = request.Keep(StrCat(R"({"input":")", item.input, "\"}"));
  AddCallPart(item, first, {json, /*escaped=*/false}, in, request);
}

void AddResult(const ItemMembers& item, std::size_t first, JsonReader& in, ChatRequest& request) {
  if (item.call_id.empty()) return in.Refuse("has no call_id");
  Part& part = request.parts[first];
  part.kind = PartKind::kToolResult;
  part.id = item.call_id;
  part.nested = request.parts.size() - first - 1;
  request.AddTurn(Role::kUser, first);
}

// Tools that the conversation brings along (Codex does so for some models): read already. They may
// be called from the beginning, since nobody else knows of tools that come later.
void AddTools(const ItemMembers&, std::size_t first, JsonReader&, ChatRequest& request) {
  request.parts.resize(first);
}

// What OpenAI's own tools did; what they found is in the answer that followed.
void Drop(const ItemMembers&, std::size_t first, JsonReader& in, ChatRequest& request) {
  request.parts.resize(first);
  request.dropped.push_back(in.Place());
}

void RefuseStored(const ItemMembers&, std::size_t, JsonReader& in, ChatRequest&) {
  in.Refuse("stands for something that is stored at its provider; send the item itself");
}

struct ItemKind {
  std::string_view type;
  void (*add)(const ItemMembers& item, std::size_t first, JsonReader& in, ChatRequest& request);
};

constexpr ItemKind kItemKinds[] = {
    {"message", AddMessage},           {"reasoning", AddReasoning},
    {"function_call", AddCall},        {"function_call_output", AddResult},
    {"custom_tool_call", AddTextCall}, {"custom_tool_call_output", AddResult},
    {"web_search_call", Drop},         {"tool_search_call", Drop},
    {"tool_search_output", Drop},      {"item_reference", RefuseStored},
    {"additional_tools", AddTools},
};

void ReadItem(Value value, JsonReader& in, ChatRequest& request) {
  static constexpr std::array<TextMember<ItemMembers>, 6> kTexts = {{
      {"call_id", &ItemMembers::call_id},
      {"name", &ItemMembers::name},
      {"namespace", &ItemMembers::name_space},
      {"arguments", &ItemMembers::arguments},
      {"input", &ItemMembers::input},
      {"encrypted_content", &ItemMembers::encrypted},
  }};
  const std::size_t first = request.parts.size();
  const std::size_t tools = request.tools.size();
  const std::size_t client_tools = request.client_tools.size();
  request.AddPart(PartKind::kText);
  ItemMembers item;
  in.Members(value, [&](std::string_view name, Value member) {
    if (name == "type") item.type = in.Word(member);
    if (name == "role") item.role = in.Word(member);
    if (JsonReader::IsText(member)) {
      ReadText(kTexts, name, member, in, item);
    } else if (name == "arguments" || name == "input") {
      item.no_text = name == "input" ? "input" : "arguments";
    }
    const bool content = name == "content" || name == "summary" || name == "output";
    if (content) ReadContent(member, in, request);
    if (name == "tools") ReadTools(member, in, request);
  });
  if (!in.ok()) return;
  if (item.type != "additional_tools") {
    request.tools.resize(tools);
    request.client_tools.resize(client_tools);
  }
  for (const ItemKind& kind : kItemKinds) {
    if (kind.type == item.type) return kind.add(item, first, in, request);
  }
  in.Refuse("is of a type that only OpenAI's own models read");
}

}  // namespace

void ReadInput(Value value, JsonReader& in, ChatRequest& request) {
  if (JsonReader::IsText(value)) {
    const std::size_t first = request.parts.size();
    request.AddPart(PartKind::kText).text = in.Text(value);
    request.AddTurn(Role::kUser, first);
    return;
  }
  in.Items(value, [&](Value item) { ReadItem(item, in, request); });
}

}  // namespace weir::relay::openai_responses
