#include "services/relay/translate/gemini/parts_writer.h"

#include <optional>
#include <utility>

#include "services/relay/translate/gemini/answer_words.h"
#include "services/relay/translate/gemini/call_signature.h"
#include "services/relay/translate/neutral/signature_envelope.h"

namespace weir::relay::gemini {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
// What is longer does not go back: clients would send it again with each request.
constexpr std::size_t kThoughtBytesMax = 64 * 1024;

// What a candidate is made of.
bool IsSaid(AnswerEventKind kind) {
  return kind == AnswerEventKind::kText || kind == AnswerEventKind::kRefusalText ||
         kind == AnswerEventKind::kThinking || kind == AnswerEventKind::kToolCall ||
         kind == AnswerEventKind::kOwn;
}

}  // namespace

void PartsWriter::On(const AnswerEvent& event) {
  if (over_ || failed_) return;
  says_ = says_ || IsSaid(event.kind);
  switch (event.kind) {
    case AnswerEventKind::kBegin:
      model_ = std::string(event.model);
      return;
    case AnswerEventKind::kText:
    case AnswerEventKind::kRefusalText:
      return Say(/*thought=*/false, event.text);
    case AnswerEventKind::kThinking:
      return Think(event.text);
    case AnswerEventKind::kSignature:
      return EndThought(event.text);
    case AnswerEventKind::kToolCall:
      return BeginCall(event);
    case AnswerEventKind::kToolArguments:
      return AddArguments(event);
    case AnswerEventKind::kOwn:
      return AddOwn(event.text);
    case AnswerEventKind::kOwnPiece:
      return;  // Anthropic's alone
    case AnswerEventKind::kOwnMember:
      feedback_.clear();
      return AppendOneLine(event.text, feedback_);
    case AnswerEventKind::kStop:
      blocked_ = event.code.empty() && !feedback_.empty();
      finish_ = StrCat('"', FinishWord(event), '"');
      if (context_.native && !event.text.empty()) {
        StrAppend(finish_, R"(,"finishMessage":")", event.text, '"');
      }
      return;
    case AnswerEventKind::kEnd:
      over_ = true;
      WriteCalls(/*all=*/true);
      return End(blocked_ && !says_ ? std::string_view() : finish_);
    case AnswerEventKind::kError:
      over_ = true;
      return Fail(event);
  }
}

void PartsWriter::WriteRest(JsonOut& json) const {
  if (!feedback_.empty()) json.Raw("promptFeedback", feedback_);
  WriteUsage(context_.tokens, json);
  WriteIdentity(context_, model_, json);
}

void PartsWriter::AddOwn(std::string_view json) {
  std::string part;
  AppendOneLine(json, part);
  AddPart(part);
}

void PartsWriter::Think(std::string_view text) {
  if (context_.shows_thinking) Say(/*thought=*/true, text);
  thought_bytes_ += text.size();
  if (thought_bytes_ <= kThoughtBytesMax) thought_ += text;
}

void PartsWriter::EndThought(std::string_view payload) {
  if (context_.native) {
    const std::optional<CallSignature> own = ReadCallSignature(payload);
    if (own.has_value()) own_signature_ = std::string(own->signature);
    return;
  }
  const std::string signature = SealSignature(context_, payload);
  thoughts_.push_back({signature, std::exchange(thought_, {})});
}

void PartsWriter::BeginCall(const AnswerEvent& event) {
  Call& call = calls_.emplace_back();
  call.id = std::string(event.id);
  call.name = std::string(event.name);
  call.signature = TakeSignature();
}

void PartsWriter::AddArguments(const AnswerEvent& event) {
  if (event.call >= calls_.size()) return;
  Call& call = calls_[event.call];
  if (call.written) {
    // Behind the end of its arguments: there is no place for it any more.
    failed_ = failed_ || event.text.find_first_not_of(kSpace) != std::string_view::npos;
    return;
  }
  call.arguments += event.text;
  call.balance.Feed(event.text);
  held_bytes_ += event.text.size();
  failed_ = failed_ || held_bytes_ > kHeldBytesMax;
  WriteCalls(/*all=*/false);
}

void PartsWriter::WriteCalls(bool all) {
  while (written_ < calls_.size() && (all || calls_[written_].balance.closed())) {
    WriteCall(calls_[written_++]);
  }
}

void PartsWriter::WriteCall(Call& call) {
  std::string part;
  JsonOut json(part);
  json.Begin('{');
  json.Begin("functionCall", '{');
  json.Text("id", call.id);
  json.Text("name", context_.tool_names.Original(call.name));
  json.Key("args");
  std::string arguments;
  AppendAsObject({call.arguments, /*escaped=*/true}, arguments);
  AppendOneLine(arguments, part);
  json.End('}');
  if (!call.signature.empty()) json.Text("thoughtSignature", call.signature);
  json.End('}');
  AddPart(part);
  held_bytes_ -= call.arguments.size();
  call = {};
  call.written = true;
}

// Empty: nothing was thought, or too much of it.
std::string PartsWriter::TakeSignature() {
  if (context_.native) return std::exchange(own_signature_, {});
  if (!thought_.empty()) EndThought({});
  const bool whole = thought_bytes_ <= kThoughtBytesMax;
  thought_bytes_ = 0;
  const std::vector<Thought> thoughts = std::exchange(thoughts_, {});
  return whole && !thoughts.empty() ? SealThoughts(thoughts) : std::string();
}

}  // namespace weir::relay::gemini
