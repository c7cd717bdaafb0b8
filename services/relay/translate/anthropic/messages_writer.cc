#include "services/relay/translate/anthropic/messages_writer.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/translate/neutral/blank_text.h"
#include "services/relay/translate/neutral/hashed_id.h"
#include "services/relay/translate/neutral/inserted_words.h"
#include "services/relay/translate/neutral/signature_envelope.h"
#include "services/relay/translate/neutral/tool_arguments.h"
#include "services/relay/translate/neutral/turn_writer.h"

namespace weir::relay::anthropic {
namespace {

bool IsPlainId(std::string_view id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

constexpr TurnWords kWords = {"assistant", "content", R"({"role":"user","content":")", "\"}"};

bool IsSpoken(const Part& part) {
  return part.kind == PartKind::kText || part.kind == PartKind::kRefusal;
}

bool IsBlankText(const Part& part) { return part.kind == PartKind::kText && IsBlank(part.text); }

// The last words of all, if they are the model's: white space behind them is refused. Else null.
// What is left out of the turns behind them is none.
const Part* WordsToGoOnFrom(const ChatRequest& request) {
  const Parts all(request.parts);
  for (auto turn = request.turns.rbegin(); turn != request.turns.rend(); ++turn) {
    const Parts parts = all.subspan(turn->first, turn->count);
    if (turn->role != Role::kAssistant) {
      if (!std::all_of(parts.begin(), parts.end(), IsBlankText)) return nullptr;
      continue;
    }
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
      if (part->kind == PartKind::kToolCall) return nullptr;
    }
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
      if (IsSpoken(*part) && !IsBlank(part->text)) return &*part;
    }
  }
  return nullptr;
}

class MessagesWriter : public TurnWriter {
 public:
  MessagesWriter(const ChatRequest& request, const Target& target, ToolNames& names, JsonOut& json)
      : TurnWriter(request, kWords, json),
        target_(target),
        names_(names),
        last_words_(WordsToGoOnFrom(request)) {}

 private:
  using TurnWriter::WriteText;

  // Texts of white space alone are refused.
  void WriteText(std::string_view head, std::string_view text, std::string_view end) override {
    if (head.empty() && IsBlank(text)) return;
    json_.Begin('{');
    json_.Text("type", "text");
    json_.Key("text");
    StrAppend(json_.out(), '"', head, text, end, "\"}");
  }

  void WriteResult(const Part& result, Parts inside, std::vector<const Part*>&) override {
    json_.Begin('{');
    json_.Text("type", "tool_result");
    json_.Text("tool_use_id", IdFor(result.id));
    json_.Begin("content", '[');
    for (const Part& part : inside) WriteSaid(part);
    json_.End(']');
    if (result.is_error) json_.Bool("is_error", true);
    json_.End('}');
  }

  void WriteSaid(const Part& part) override {
    if (part.kind == PartKind::kImage) return WriteMedia("image", part);
    if (IsMedia(part)) return WriteMedia("document", part);
    if (part.kind == PartKind::kDocument) WriteText(part.name);
    WriteText(part.text);
  }

  void WriteMedia(std::string_view type, const Part& part) {
    json_.Begin('{');
    json_.Text("type", type);
    json_.Begin("source", '{');
    if (part.base64.empty()) {
      json_.Text("type", "url");
      json_.Text("url", part.url);
    } else {
      json_.Text("type", "base64");
      json_.Text("media_type", part.media_type);
      json_.Text("data", part.base64);
    }
    json_.End('}');
    if (type == "document" && !part.name.empty()) json_.Text("title", part.name);
    json_.End('}');
  }

  // Thinking first, then what was said, then the calls.
  void WriteAnswer(Parts parts) override {
    for (const Part& part : parts) {
      if (part.kind == PartKind::kThinking) WriteThinking(part);
    }
    for (const Part& part : parts) {
      if (!IsSpoken(part)) continue;
      WriteText(&part == last_words_ ? WithoutBlankEnd(part.text) : part.text);
    }
    for (const Part& part : parts) {
      if (part.kind == PartKind::kToolCall) WriteCall(part);
    }
  }

  // Only with the signature that Anthropic gave it; anything else is refused there.
  void WriteThinking(const Part& part) {
    const std::optional<std::string_view> signature = SignatureFor(part, target_);
    if (!signature.has_value()) return;
    json_.Begin('{');
    json_.Text("type", "thinking");
    json_.Text("thinking", part.text);
    json_.Text("signature", *signature);
    json_.End('}');
  }

  void WriteCall(const Part& part) {
    json_.Begin('{');
    json_.Text("type", "tool_use");
    json_.Text("id", IdFor(part.id));
    json_.Text("name", names_.Shorten(part.name, target_.tool_name_bytes_max));
    json_.Key("input");
    AppendAsObject(part.arguments, json_.out());
    json_.End('}');
  }

  void WriteNoResult(std::string_view id) override {
    json_.Begin('{');
    json_.Text("type", "tool_result");
    json_.Text("tool_use_id", IdFor(id));
    json_.Text("content", kNoResult);
    json_.End('}');
  }

  // As it is where Anthropic takes it, else one that is made of it.
  std::string_view IdFor(std::string_view id) {
    if (IsPlainId(id)) return id;
    made_id_ = HashedId("call_", id);
    return made_id_;
  }

  const Target& target_;
  ToolNames& names_;
  const Part* const last_words_;
  std::string made_id_;
};

}  // namespace

std::optional<std::string_view> SignatureFor(const Part& thinking, const Target& target) {
  const std::optional<std::string_view> signature =
      OpenSignature(Dialect::kAnthropicMessages, target.family, thinking.signature);
  return signature.has_value() && !signature->empty() ? signature : std::nullopt;
}

absl::Status WriteMessages(const ChatRequest& request, const Target& target, ToolNames& names,
                           JsonOut& json) {
  json.Begin("messages", '[');
  absl::Status status = MessagesWriter(request, target, names, json).Write();
  if (status.ok()) json.End(']');
  return status;
}

}  // namespace weir::relay::anthropic
