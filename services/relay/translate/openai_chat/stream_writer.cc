#include "services/relay/translate/openai_chat/stream_writer.h"

#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/openai_chat/answer_words.h"
#include "services/relay/translate/openai_chat/error_writer.h"

namespace weir::relay::openai_chat {

void StreamWriter::On(const AnswerEvent& event) {
  if (over_) return;
  if (gaps_.Resumes(event.kind)) WriteText("content", TextGaps::kBetween);
  switch (event.kind) {
    case AnswerEventKind::kBegin:
      return Begin(event.model);
    case AnswerEventKind::kText:
      return WriteText("content", event.text);
    case AnswerEventKind::kRefusalText:
      return WriteText("refusal", event.text);
    case AnswerEventKind::kThinking:
      return WriteText("reasoning_content", event.text);
    case AnswerEventKind::kSignature:
    case AnswerEventKind::kOwn:
    case AnswerEventKind::kOwnPiece:
    case AnswerEventKind::kOwnMember:
      return;  // there is no place for it
    case AnswerEventKind::kToolCall:
      return WriteCall(event);
    case AnswerEventKind::kToolArguments:
      return WriteArguments(event);
    case AnswerEventKind::kStop:
      finish_ = std::string(FinishWord(event));
      return;
    case AnswerEventKind::kEnd:
      return End();
    case AnswerEventKind::kError:
      over_ = true;
      WriteErrorEvent({0, TopicOf(event.code), std::string(event.text), {}}, context_.id, out_);
  }
}

void StreamWriter::Begin(std::string_view model) {
  JsonOut json(head_);
  head_ = "data: {";
  WriteHead(context_, "chat.completion.chunk", model, json);
  Open();
  out_ += R"("role":"assistant","content":"","refusal":null)";
  Close("null");
}

void StreamWriter::Open() { StrAppend(out_, head_, R"(,"choices":[{"index":0,"delta":{)"); }

void StreamWriter::Close(std::string_view finish) {
  StrAppend(out_, R"(},"logprobs":null,"finish_reason":)", finish, "}]",
            context_.include_usage ? R"(,"usage":null)" : "", "}\n\n");
}

void StreamWriter::WriteText(std::string_view field, std::string_view text) {
  Open();
  StrAppend(out_, '"', field, "\":\"", text, '"');
  Close("null");
}

void StreamWriter::WriteCall(const AnswerEvent& event) {
  Open();
  StrAppend(out_, R"("tool_calls":[{"index":)", event.call, R"(,"id":")", event.id,
            R"(","type":"function","function":{"name":")", context_.tool_names.Original(event.name),
            R"(","arguments":""}}])");
  Close("null");
}

void StreamWriter::WriteArguments(const AnswerEvent& event) {
  Open();
  StrAppend(out_, R"("tool_calls":[{"index":)", event.call, R"(,"function":{"arguments":")",
            event.text, "\"}}]");
  Close("null");
}

void StreamWriter::End() {
  over_ = true;
  Open();
  Close(StrCat('"', finish_, '"'));
  if (context_.include_usage) {
    StrAppend(out_, head_, R"(,"choices":[])");
    JsonOut json(out_);
    WriteUsage(context_.tokens, json);
    out_ += "}\n\n";
  }
  out_ += "data: [DONE]\n\n";
}

}  // namespace weir::relay::openai_chat
