#include "services/relay/translate/openai_chat/messages_writer.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "services/relay/translate/neutral/inserted_words.h"
#include "services/relay/translate/neutral/result_text.h"
#include "services/relay/translate/neutral/signature_envelope.h"
#include "services/relay/translate/neutral/tool_arguments.h"

namespace weir::relay::openai_chat {
namespace {

// Between texts that were apart and become one; escaped.
constexpr std::string_view kBetween = R"(\n\n)";
// What an answer says that had to stand behind a tool's.
constexpr std::string_view kUnderstood = R"({"role":"assistant","content":"Understood."})";

class MessagesWriter {
 public:
  MessagesWriter(const ChatRequest& request, const Target& target, ToolNames& names, JsonOut& json)
      : request_(request), target_(target), names_(names), json_(json) {}

  void WriteTurn(const Turn& turn) {
    const Parts parts = PartsOf(turn);
    if (turn.role == Role::kSystem) WriteSystem(parts);
    if (turn.role == Role::kUser) WriteUserTurn(parts);
    if (turn.role == Role::kAssistant) WriteAssistant(turn, parts);
  }

  // The system's first words, as one message.
  void WriteLeadingSystem(std::span<const Turn> turns) {
    const bool silent = std::all_of(turns.begin(), turns.end(), [this](const Turn& turn) {
      return SaysNothing(PartsOf(turn));
    });
    if (silent) return;
    Begin(SystemRole());
    BeginText();
    for (const Turn& turn : turns) {
      for (const Part& part : PartsOf(turn)) AddText(part.text, kBetween);
    }
    EndText();
    json_.End('}');
  }

  const absl::Status& status() const { return status_; }

 private:
  Parts PartsOf(const Turn& turn) const {
    return Parts(request_.parts).subspan(turn.first, turn.count);
  }

  std::string_view SystemRole() const { return target_.developer_role ? "developer" : "system"; }

  void Begin(std::string_view role) {
    const bool tool = role == "tool";
    if (target_.assistant_after_tool && after_tool_ && role == "user") {
      json_.Comma();
      json_.out() += kUnderstood;
    }
    after_tool_ = tool;
    json_.Begin('{');
    json_.Text("role", role);
  }
  void BeginText() {
    json_.Key("content");
    json_.out() += '"';
    text_begins_ = json_.out().size();
  }
  void AddText(std::string_view text, std::string_view between) {
    if (text.empty()) return;
    if (json_.out().size() > text_begins_) json_.out() += between;
    json_.out() += text;
  }
  void EndText() { json_.out() += '"'; }

  static bool SaysNothing(Parts parts) {
    return std::all_of(parts.begin(), parts.end(),
                       [](const Part& part) { return part.text.empty(); });
  }

  void WriteSystem(Parts parts) {
    if (SaysNothing(parts)) return;
    Begin(SystemRole());
    BeginText();
    for (const Part& part : parts) AddText(part.text, kBetween);
    EndText();
    json_.End('}');
  }

  void WriteUserTurn(Parts parts) {
    std::vector<const Part*> said;  // what is no result; pictures of results too
    VisitUserParts(
        parts, [&](const Part& result, Parts inside) { WriteResult(result, inside, said); },
        [&said](const Part& part) { said.push_back(&part); });
    if (!said.empty()) WriteUser(said);
  }

  // Tools answer in text alone here; pictures follow as the user's.
  void WriteResult(const Part& result, Parts inside, std::vector<const Part*>& said) {
    Begin("tool");
    json_.Text("tool_call_id", result.id);
    json_.Key("content");
    json_.out() += result.is_error ? R"("Error: )" : "\"";
    AppendResultText(inside, json_.out(), said);
    json_.out() += "\"}";
  }

  void WriteUser(const std::vector<const Part*>& said) {
    Begin("user");
    const bool text_only =
        std::none_of(said.begin(), said.end(), [](const Part* part) { return IsMedia(*part); });
    // As one text, since many compatible upstreams read nothing else.
    if (text_only) {
      BeginText();
      for (const Part* part : said) {
        AddText(part->name, kBetween);
        AddText(part->text, kBetween);
      }
      EndText();
    } else {
      json_.Begin("content", '[');
      for (const Part* part : said) WritePart(*part);
      json_.End(']');
    }
    json_.End('}');
  }

  void WritePart(const Part& part) {
    if (!IsMedia(part)) {
      if (part.text.empty() && part.name.empty()) return;
      json_.Begin('{');
      json_.Raw("type", R"("text")");
      json_.Key("text");
      StrAppend(json_.out(), '"', part.name, part.name.empty() ? "" : kBetween, part.text, '"');
      json_.End('}');
      return;
    }
    if (part.kind == PartKind::kImage) return WriteImage(part);
    WriteDocument(part);
  }

  void WriteImage(const Part& part) {
    json_.Begin('{');
    json_.Raw("type", R"("image_url")");
    json_.Begin("image_url", '{');
    json_.Key("url");
    if (part.base64.empty()) {
      StrAppend(json_.out(), '"', part.url, '"');
    } else {
      StrAppend(json_.out(), "\"data:", part.media_type, ";base64,", part.base64, '"');
    }
    json_.End('}');
    json_.End('}');
  }

  void WriteDocument(const Part& part) {
    if (part.base64.empty()) {
      status_ = absl::InvalidArgumentError(
          StrCat("'", part.place,
                 "' holds a document by its address, which this model's provider does not read; "
                 "send it as base64"));
      return;
    }
    json_.Begin('{');
    json_.Raw("type", R"("file")");
    json_.Begin("file", '{');
    json_.Text("filename", part.name.empty() ? "document.pdf" : part.name);
    json_.Key("file_data");
    StrAppend(json_.out(), "\"data:", part.media_type, ";base64,", part.base64, '"');
    json_.End('}');
    json_.End('}');
  }

  void WriteAssistant(const Turn& turn, Parts parts) {
    bool says = false;
    bool calls = false;
    for (const Part& part : parts) {
      says = says || ((part.kind == PartKind::kText || part.kind == PartKind::kRefusal) &&
                      !part.text.empty());
      calls = calls || part.kind == PartKind::kToolCall;
    }
    Begin("assistant");
    if (says || !calls) {
      BeginText();
      // Blocks of one answer may part in the middle of a sentence.
      for (const Part& part : parts) {
        const bool spoken = part.kind == PartKind::kText || part.kind == PartKind::kRefusal;
        if (spoken) AddText(part.text, {});
      }
      EndText();
    } else {
      json_.Raw("content", "null");
    }
    WriteReasoning(parts);
    if (calls) WriteCalls(parts);
    json_.End('}');
    for (const std::string_view id : turn.unanswered) WriteNoResult(id);
  }

  // Only what came from such an upstream, and only to one that asks for it back.
  void WriteReasoning(Parts parts) {
    if (!target_.takes_reasoning_text) return;
    bool open = false;
    for (const Part& part : parts) {
      if (part.kind != PartKind::kThinking || part.text.empty()) continue;
      const bool own =
          OpenSignature(Dialect::kOpenAiChat, target_.family, part.signature).has_value();
      if (!own) continue;
      if (!open) {
        json_.Key("reasoning_content");
        json_.out() += '"';
      }
      open = true;
      json_.out() += part.text;
    }
    if (open) {
      json_.out() += '"';
    } else if (target_.wants_reasoning_text) {
      json_.Text("reasoning_content", "");
    }
  }

  void WriteCalls(Parts parts) {
    json_.Begin("tool_calls", '[');
    for (const Part& part : parts) {
      if (part.kind != PartKind::kToolCall) continue;
      json_.Begin('{');
      json_.Text("id", part.id);
      json_.Raw("type", R"("function")");
      json_.Begin("function", '{');
      json_.Text("name", names_.Shorten(part.name, target_.tool_name_bytes_max));
      json_.Key("arguments");
      AppendAsText(part.arguments, json_.out());
      json_.End('}');
      json_.End('}');
    }
    json_.End(']');
  }

  void WriteNoResult(std::string_view id) {
    Begin("tool");
    json_.Text("tool_call_id", id);
    json_.Text("content", kNoResult);
    json_.End('}');
  }

  const ChatRequest& request_;
  const Target& target_;
  ToolNames& names_;
  JsonOut& json_;
  std::size_t text_begins_ = 0;
  bool after_tool_ = false;  // the last message was a tool's
  absl::Status status_;
};

}  // namespace

absl::Status WriteMessages(const ChatRequest& request, const Target& target, ToolNames& names,
                           JsonOut& json) {
  json.Begin("messages", '[');
  MessagesWriter writer(request, target, names, json);
  const std::span<const Turn> turns(request.turns);
  const std::size_t leading = LeadingSystemTurns(request);
  writer.WriteLeadingSystem(turns.first(leading));
  const std::size_t before = json.out().size();
  for (const Turn& turn : turns.subspan(leading)) writer.WriteTurn(turn);
  if (writer.status().ok() && json.out().size() == before) return NothingToSay(request);
  json.End(']');
  return writer.status();
}

}  // namespace weir::relay::openai_chat
