#include "services/relay/translate/openai_chat/whole_writer.h"

#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/openai_chat/answer_words.h"
#include "services/relay/translate/openai_chat/error_writer.h"

namespace weir::relay::openai_chat {

void WholeWriter::On(const AnswerEvent& event) {
  if (gaps_.Resumes(event.kind)) text_ += TextGaps::kBetween;
  switch (event.kind) {
    case AnswerEventKind::kBegin:
      model_ = std::string(event.model);
      return;
    case AnswerEventKind::kText:
      text_ += event.text;
      has_text_ = true;
      return;
    case AnswerEventKind::kRefusalText:
      refusal_ += event.text;
      return;
    case AnswerEventKind::kThinking:
      thinking_ += event.text;
      return;
    case AnswerEventKind::kSignature:
    case AnswerEventKind::kOwn:
    case AnswerEventKind::kOwnPiece:
    case AnswerEventKind::kOwnMember:
      return;  // there is no place for it
    case AnswerEventKind::kToolCall:
      calls_.push_back({std::string(event.id), std::string(event.name), {}});
      return;
    case AnswerEventKind::kToolArguments:
      if (event.call < calls_.size()) calls_[event.call].arguments += event.text;
      return;
    case AnswerEventKind::kStop:
      finish_ = std::string(FinishWord(event));
      return;
    case AnswerEventKind::kEnd:
      return End();
    case AnswerEventKind::kError:
      WriteError({0, TopicOf(event.code), std::string(event.text), {}}, context_.id, out_);
  }
}

void WholeWriter::WriteMessage() {
  JsonOut json(out_);
  json.Begin("message", '{');
  json.Text("role", "assistant");
  if (has_text_ || (calls_.empty() && refusal_.empty())) {
    json.Text("content", text_);
  } else {
    json.Raw("content", "null");
  }
  if (refusal_.empty()) {
    json.Raw("refusal", "null");
  } else {
    json.Text("refusal", refusal_);
  }
  if (!thinking_.empty()) json.Text("reasoning_content", thinking_);
  if (!calls_.empty()) WriteCalls();
  json.End('}');
}

void WholeWriter::WriteCalls() {
  JsonOut json(out_);
  json.Begin("tool_calls", '[');
  for (const Call& call : calls_) {
    json.Begin('{');
    json.Text("id", call.id);
    json.Text("type", "function");
    json.Begin("function", '{');
    json.Text("name", context_.tool_names.Original(call.name));
    json.Text("arguments", call.arguments);
    json.End('}');
    json.End('}');
  }
  json.End(']');
}

void WholeWriter::End() {
  JsonOut json(out_);
  json.Begin('{');
  WriteHead(context_, "chat.completion", model_, json);
  json.Begin("choices", '[');
  json.Begin('{');
  json.Raw("index", "0");
  WriteMessage();
  json.Raw("logprobs", "null");
  json.Text("finish_reason", finish_);
  json.End('}');
  json.End(']');
  WriteUsage(context_.tokens, json);
  json.End('}');
}

}  // namespace weir::relay::openai_chat
