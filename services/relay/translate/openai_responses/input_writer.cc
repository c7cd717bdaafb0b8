#include "services/relay/translate/openai_responses/input_writer.h"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/translate/neutral/hashed_id.h"
#include "services/relay/translate/neutral/inserted_words.h"
#include "services/relay/translate/neutral/result_text.h"
#include "services/relay/translate/neutral/signature_envelope.h"
#include "services/relay/translate/neutral/tool_arguments.h"
#include "services/relay/translate/openai_responses/reasoning_id.h"

namespace weir::relay::openai_responses {
namespace {

constexpr std::size_t kCallIdBytesMax = 64;       // longer ones are refused
constexpr std::string_view kBetween = R"(\n\n)";  // texts that were apart; escaped

class InputWriter {
 public:
  InputWriter(const ChatRequest& request, const Target& target, ToolNames& names, JsonOut& json)
      : request_(request), target_(target), names_(names), json_(json) {}

  void WriteTurn(const Turn& turn) {
    const Parts parts = Parts(request_.parts).subspan(turn.first, turn.count);
    switch (turn.role) {
      case Role::kSystem:
        for (const Part& part : parts) WritePiece("developer", part);
        return CloseMessage();
      case Role::kUser:
        return WriteUser(parts);
      case Role::kAssistant:
        return WriteAssistant(turn, parts);
    }
  }

 private:
  // A message is opened by its first piece, so one that says nothing is never there.
  void OpenMessage(std::string_view role) {
    if (open_) return;
    open_ = true;
    json_.Begin('{');
    json_.Text("type", "message");
    json_.Text("role", role);
    json_.Begin("content", '[');
  }
  void CloseMessage() {
    if (!open_) return;
    open_ = false;
    json_.End(']');
    json_.End('}');
  }

  void WriteUser(Parts parts) {
    std::vector<const Part*> said;
    VisitUserParts(
        parts, [this](const Part& result, Parts inside) { WriteResult(result, inside); },
        [&said](const Part& part) { said.push_back(&part); });
    for (const Part* part : said) WritePiece("user", *part);
    CloseMessage();
  }

  void WritePiece(std::string_view role, const Part& part) {
    if (!IsMedia(part) && part.text.empty() && part.name.empty()) return;
    OpenMessage(role);
    WriteContent(part);
  }

  void WriteContent(const Part& part) {
    json_.Begin('{');
    if (part.kind == PartKind::kImage) {
      json_.Text("type", "input_image");
      json_.Text("detail", "auto");
      WriteSource("image_url", "image_url", part);
    } else if (IsMedia(part)) {
      json_.Text("type", "input_file");
      if (!part.base64.empty()) {
        json_.Text("filename", part.name.empty() ? "document.pdf" : part.name);
      }
      WriteSource("file_data", "file_url", part);
    } else {
      json_.Text("type", "input_text");
      json_.Key("text");
      const bool both = !part.name.empty() && !part.text.empty();
      StrAppend(json_.out(), '"', part.name, both ? kBetween : "", part.text, '"');
    }
    json_.End('}');
  }

  void WriteSource(std::string_view data_name, std::string_view url_name, const Part& part) {
    if (part.base64.empty()) return json_.Text(url_name, part.url);
    json_.Key(data_name);
    StrAppend(json_.out(), "\"data:", part.media_type, ";base64,", part.base64, '"');
  }

  // Text alone as a text, as most servers expect it.
  void WriteResult(const Part& result, Parts inside) {
    json_.Begin('{');
    json_.Text("type", "function_call_output");
    json_.Text("call_id", IdFor(result.id));
    const std::string_view head = result.is_error ? "Error: " : "";
    if (std::any_of(inside.begin(), inside.end(), IsMedia)) {
      json_.Begin("output", '[');
      if (!head.empty()) json_.out() += R"({"type":"input_text","text":"Error:"})";
      for (const Part& part : inside) {
        if (IsMedia(part) || !part.text.empty() || !part.name.empty()) WriteContent(part);
      }
      json_.End(']');
    } else {
      json_.Key("output");
      StrAppend(json_.out(), '"', head);
      std::vector<const Part*> none;  // of media
      AppendResultText(inside, json_.out(), none);
      json_.out() += '"';
    }
    json_.End('}');
  }

  // In the order in which it came: reasoning stands before what followed from it, and is refused
  // where nothing did.
  void WriteAssistant(const Turn& turn, Parts parts) {
    const auto last = std::find_if(parts.rbegin(), parts.rend(), [](const Part& part) {
      return part.kind == PartKind::kToolCall || (IsSpoken(part) && !part.text.empty());
    });
    const auto outcome = static_cast<std::size_t>(parts.rend() - last);  // all up to it
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Part& part = parts[i];
      if (IsSpoken(part)) WriteSaid(part);
      if (part.kind == PartKind::kThinking && i < outcome) WriteReasoning(part);
      if (part.kind == PartKind::kToolCall) WriteCall(part);
    }
    CloseMessage();
    for (const std::string_view id : turn.unanswered) {
      json_.Begin('{');
      json_.Text("type", "function_call_output");
      json_.Text("call_id", IdFor(id));
      json_.Text("output", kNoResult);
      json_.End('}');
    }
  }

  static bool IsSpoken(const Part& part) {
    return part.kind == PartKind::kText || part.kind == PartKind::kRefusal;
  }

  void WriteSaid(const Part& part) {
    if (part.text.empty()) return;
    OpenMessage("assistant");
    const bool refusal = part.kind == PartKind::kRefusal;
    json_.Begin('{');
    json_.Text("type", refusal ? "refusal" : "output_text");
    json_.Text(refusal ? "refusal" : "text", part.text);
    json_.End('}');
  }

  void WriteReasoning(const Part& part) {
    const std::optional<std::string_view> payload =
        OpenSignature(Dialect::kOpenAiResponses, target_.family, part.signature);
    if (!payload.has_value()) return;
    const bool plain = payload->empty();
    if (plain && (part.text.empty() || !target_.takes_reasoning_text)) return;
    CloseMessage();
    const auto [id, encrypted] = SplitReasoningId(*payload);
    json_.Begin('{');
    json_.Text("type", "reasoning");
    json_.Text("id", id.empty() ? HashedId("rs_", plain ? part.text : encrypted) : id);
    WriteTexts("summary", "summary_text", plain ? std::string_view() : part.text);
    if (plain) {
      WriteTexts("content", "reasoning_text", part.text);
    } else {
      json_.Text("encrypted_content", encrypted);
    }
    json_.End('}');
  }

  void WriteTexts(std::string_view name, std::string_view type, std::string_view text) {
    json_.Begin(name, '[');
    if (!text.empty()) {
      json_.Begin('{');
      json_.Text("type", type);
      json_.Text("text", text);
      json_.End('}');
    }
    json_.End(']');
  }

  void WriteCall(const Part& part) {
    CloseMessage();
    json_.Begin('{');
    json_.Text("type", "function_call");
    json_.Text("call_id", IdFor(part.id));
    json_.Text("name", names_.Shorten(part.name, target_.tool_name_bytes_max));
    json_.Key("arguments");
    AppendAsText(part.arguments, json_.out());
    json_.End('}');
  }

  std::string_view IdFor(std::string_view id) {
    if (id.size() <= kCallIdBytesMax) return id;
    made_id_ = HashedId("call_", id);
    return made_id_;
  }

  const ChatRequest& request_;
  const Target& target_;
  ToolNames& names_;
  JsonOut& json_;
  bool open_ = false;  // a message
  std::string made_id_;
};

void WriteInstructions(const ChatRequest& request, std::size_t turns, JsonOut& json) {
  std::string text;
  for (const Turn& turn : std::span(request.turns).first(turns)) {
    for (const Part& part : Parts(request.parts).subspan(turn.first, turn.count)) {
      if (!part.text.empty()) StrAppend(text, text.empty() ? "" : kBetween, part.text);
    }
  }
  if (!text.empty()) json.Text("instructions", text);
}

}  // namespace

absl::Status WriteInput(const ChatRequest& request, const Target& target, ToolNames& names,
                        JsonOut& json) {
  const std::size_t leading = LeadingSystemTurns(request);
  WriteInstructions(request, leading, json);
  json.Begin("input", '[');
  InputWriter writer(request, target, names, json);
  for (const Turn& turn : std::span(request.turns).subspan(leading)) writer.WriteTurn(turn);
  if (json.out().back() == '[') return NothingToSay(request);
  json.End(']');
  return absl::OkStatus();
}

}  // namespace weir::relay::openai_responses
