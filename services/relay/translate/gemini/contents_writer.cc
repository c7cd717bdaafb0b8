#include "services/relay/translate/gemini/contents_writer.h"

#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/relay/translate/gemini/call_signature.h"
#include "services/relay/translate/neutral/inserted_words.h"
#include "services/relay/translate/neutral/result_text.h"
#include "services/relay/translate/neutral/signature_envelope.h"
#include "services/relay/translate/neutral/tool_arguments.h"
#include "services/relay/translate/neutral/turn_writer.h"

namespace weir::relay::gemini {
namespace {

constexpr TurnWords kWords = {"model", "parts", R"({"role":"user","parts":[{"text":")", "\"}]}"};
// What Google documents for calls that its model did not make, or that lost their signature.
constexpr std::string_view kUnsigned = "skip_thought_signature_validator";
// Only what is stored at Google can be named by its address.
constexpr std::string_view kOwnFiles[] = {"gs://", "https://generativelanguage.googleapis.com/"};

bool IsOwnFile(std::string_view url) {
  for (const std::string_view head : kOwnFiles) {
    if (url.starts_with(head)) return true;
  }
  return false;
}

class ContentsWriter : public TurnWriter {
 public:
  ContentsWriter(const ChatRequest& request, const Target& target, ToolNames& names, JsonOut& json)
      : TurnWriter(request, kWords, json), target_(target), names_(names) {}

  // What cannot be said.
  const absl::Status& status() const { return status_; }

 private:
  using TurnWriter::WriteText;

  void WriteText(std::string_view head, std::string_view text, std::string_view end) override {
    json_.Begin('{');
    json_.Key("text");
    StrAppend(json_.out(), '"', head, text, end, "\"}");
  }

  // Pictures stand behind the results, as the user's.
  void WriteResult(const Part& result, Parts inside, std::vector<const Part*>& said) override {
    BeginResponse(result.id);
    json_.Key(result.is_error ? "error" : "output");
    json_.out() += '"';
    AppendResultText(inside, json_.out(), said);
    json_.out() += "\"}}}";
  }

  // {"functionResponse":{"id":…,"name":…,"response":{
  void BeginResponse(std::string_view id) {
    json_.Begin('{');
    json_.Begin("functionResponse", '{');
    json_.Text("id", id);
    json_.Text("name", names_.Shorten(called_[id], target_.tool_name_bytes_max));
    json_.Begin("response", '{');
  }

  void WriteSaid(const Part& part) override {
    if (IsMedia(part)) return WriteMedia(part);
    if (part.kind == PartKind::kDocument) WriteText(part.name);
    WriteText(part.text);
  }

  void WriteMedia(const Part& part) {
    const bool by_address = part.base64.empty();
    if (by_address && !IsOwnFile(part.url)) {
      status_ = absl::InvalidArgumentError(
          StrCat("'", part.place,
                 "' holds a picture or document by its address, which this model's provider does "
                 "not read; send it as base64"));
      return;
    }
    json_.Begin('{');
    json_.Begin(by_address ? "fileData" : "inlineData", '{');
    if (!part.media_type.empty()) json_.Text("mimeType", part.media_type);
    json_.Text(by_address ? "fileUri" : "data", by_address ? part.url : part.base64);
    json_.End('}');
    json_.End('}');
  }

  // What was said, then the calls. Earlier thinking is not wanted back, but its signatures are.
  void WriteAnswer(Parts parts) override {
    for (const Part& part : parts) {
      const bool spoken = part.kind == PartKind::kText || part.kind == PartKind::kRefusal;
      if (spoken) WriteText(part.text);
    }
    const Signatures signatures = SignaturesOf(parts);
    std::size_t call = 0;
    for (const Part& part : parts) {
      if (part.kind == PartKind::kToolCall) WriteCall(part, call++, signatures);
    }
  }

  // By the place of the call in its answer.
  using Signatures = std::unordered_map<std::size_t, std::string_view>;

  Signatures SignaturesOf(Parts parts) const {
    Signatures signatures;
    for (const Part& part : parts) {
      if (part.kind != PartKind::kThinking) continue;
      const auto payload = OpenSignature(Dialect::kGemini, target_.family, part.signature);
      if (!payload.has_value()) continue;
      const auto signed_call = ReadCallSignature(*payload);
      if (signed_call.has_value()) signatures[signed_call->call] = signed_call->signature;
    }
    return signatures;
  }

  void WriteCall(const Part& part, std::size_t call, const Signatures& signatures) {
    called_[part.id] = part.name;
    json_.Begin('{');
    json_.Begin("functionCall", '{');
    json_.Text("id", part.id);
    json_.Text("name", names_.Shorten(part.name, target_.tool_name_bytes_max));
    json_.Key("args");
    AppendAsObject(part.arguments, json_.out());
    json_.End('}');
    const auto known = signatures.find(call);
    std::string_view signature = known == signatures.end() ? std::string_view() : known->second;
    // Of parallel calls the first alone is signed.
    const bool wanted = target_.wants_signed_calls && call == 0;
    if (signature.empty() && wanted) signature = kUnsigned;
    if (!signature.empty()) json_.Text("thoughtSignature", signature);
    json_.End('}');
  }

  void WriteNoResult(std::string_view id) override {
    BeginResponse(id);
    json_.Text("output", kNoResult);
    json_.out() += "}}}";
  }

  const Target& target_;
  ToolNames& names_;
  std::unordered_map<std::string_view, std::string_view> called_;  // tools, by the calls' ids
  absl::Status status_;
};

}  // namespace

absl::Status WriteContents(const ChatRequest& request, const Target& target, ToolNames& names,
                           JsonOut& json) {
  json.Begin("contents", '[');
  ContentsWriter writer(request, target, names, json);
  absl::Status written = writer.Write();
  if (!writer.status().ok()) return writer.status();
  if (written.ok()) json.End(']');
  return written;
}

}  // namespace weir::relay::gemini
