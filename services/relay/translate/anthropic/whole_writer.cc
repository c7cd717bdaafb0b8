#include "services/relay/translate/anthropic/whole_writer.h"

#include "services/relay/translate/anthropic/answer_words.h"
#include "services/relay/translate/anthropic/error_writer.h"
#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/neutral/signature_envelope.h"
#include "services/relay/translate/neutral/tool_arguments.h"

namespace weir::relay::anthropic {

void WholeWriter::On(const AnswerEvent& event) {
  switch (event.kind) {
    case AnswerEventKind::kBegin:
      id_ = std::string(event.id);
      model_ = std::string(event.model);
      return;
    case AnswerEventKind::kText:
    case AnswerEventKind::kRefusalText:
      return Say(Block::kText, event.text);
    case AnswerEventKind::kThinking:
      return Say(Block::kThinking, event.text);
    case AnswerEventKind::kSignature:
      Say(Block::kThinking, {});
      signature_ = SealSignature(context_, event.text);
      return CloseBlock();
    case AnswerEventKind::kToolCall:
      calls_.push_back({std::string(event.id), std::string(event.name), {}});
      return;
    case AnswerEventKind::kToolArguments:
      if (event.call < calls_.size()) calls_[event.call].arguments += event.text;
      return;
    case AnswerEventKind::kOwn:
      return OpenOwn(event.text);
    case AnswerEventKind::kOwnPiece:
      return AddToOwn(event);
    case AnswerEventKind::kOwnMember:
      return own_members_.Add(event.name, event.text);
    case AnswerEventKind::kStop:
      stop_word_ = std::string(StopWord(event));
      stop_sequence_ = std::string(event.text);
      return;
    case AnswerEventKind::kEnd:
      return End();
    case AnswerEventKind::kError:
      WriteError({0, TopicOf(event.code), std::string(event.text), {}}, context_.id, out_);
  }
}

void WholeWriter::Say(Block kind, std::string_view text) {
  if (open_ != kind) {
    CloseBlock();
    JsonOut json(content_);
    json.Begin('{');
    content_ +=
        kind == Block::kText ? R"("type":"text","text":")" : R"("type":"thinking","thinking":")";
    open_ = kind;
  }
  content_ += text;
}

void WholeWriter::CloseBlock() {
  if (own_.is_open()) own_.Close(content_);
  if (open_ == Block::kNone) return;
  content_ += '"';
  if (open_ == Block::kThinking) {
    JsonOut json(content_);
    if (signature_.empty()) signature_ = SealSignature(context_, {});
    json.Text("signature", signature_);
    signature_.clear();
  }
  content_ += '}';
  open_ = Block::kNone;
}

void WholeWriter::OpenOwn(std::string_view block) {
  CloseBlock();
  own_.Open(block);
}

void WholeWriter::AddToOwn(const AnswerEvent& event) {
  if (failed_ || own_.Add(event.name, event.text)) return;
  failed_ = true;
  unknown_type_ = own_.type();
}

void WholeWriter::WriteCalls() {
  JsonOut json(content_);
  for (const Call& call : calls_) {
    json.Begin('{');
    json.Text("type", "tool_use");
    json.Text("id", call.id);
    json.Text("name", context_.tool_names.Original(call.name));
    json.Key("input");
    AppendAsObject({call.arguments, /*escaped=*/true}, content_);
    json.End('}');
  }
}

void WholeWriter::End() {
  CloseBlock();
  WriteCalls();
  JsonOut json(out_);
  json.Begin('{');
  WriteMessageHead(context_, id_, model_, json);
  json.Key("content");
  StrAppend(out_, '[', content_, ']');
  WriteStop(stop_word_, stop_sequence_, json);
  using Place = OwnMembers::Place;
  for (const Place place : {Place::kMessage, Place::kDelta, Place::kEvent}) {
    own_members_.Write(place, json);
  }
  own_members_.WriteUsage(context_.tokens, json);
  json.End('}');
}

}  // namespace weir::relay::anthropic
