#include "services/relay/translate/openai_responses/whole_writer.h"

#include <utility>

#include "services/relay/translate/neutral/signature_envelope.h"
#include "services/relay/translate/openai_responses/error_words.h"
#include "services/relay/translate/openai_responses/text_input.h"

namespace weir::relay::openai_responses {

using Kind = OutputItem::Kind;

void WholeWriter::On(const AnswerEvent& event) {
  switch (event.kind) {
    case AnswerEventKind::kBegin:
      name_ = NameOf(event);
      return;
    case AnswerEventKind::kText:
      return Say(Kind::kText, event.text);
    case AnswerEventKind::kRefusalText:
      return Say(Kind::kRefusal, event.text);
    case AnswerEventKind::kThinking:
      return Say(Kind::kReasoning, event.text);
    case AnswerEventKind::kSignature:
      ItemOf(Kind::kReasoning).signature = SealSignature(context_, event.text);
      return;
    case AnswerEventKind::kToolCall:
      calls_.push_back(items_.size());
      items_.push_back(MakeCall(context_, event));
      return;
    case AnswerEventKind::kToolArguments:
      if (event.call < calls_.size()) items_[calls_[event.call]].text += event.text;
      return;
    case AnswerEventKind::kOwn: {
      OutputItem& item = items_.emplace_back();
      item.kind = Kind::kOwn;
      item.text = std::string(event.text);
      return;
    }
    case AnswerEventKind::kOwnPiece:
    case AnswerEventKind::kOwnMember:
      return;  // of others alone
    case AnswerEventKind::kStop:
      stop_ = event.stop;
      return;
    case AnswerEventKind::kEnd:
      return End();
    case AnswerEventKind::kError: {
      JsonOut json(out_);
      WriteResponse(context_, name_, items_,
                    {ResponseStatus::kFailed, {}, ErrorCode(TopicOf(event.code)), event.text},
                    json);
    }
  }
}

OutputItem& WholeWriter::ItemOf(Kind kind) {
  // A signature ends its item.
  const bool goes_on =
      !items_.empty() && items_.back().kind == kind && items_.back().signature.empty();
  if (!goes_on) items_.emplace_back().kind = kind;
  return items_.back();
}

void WholeWriter::Say(Kind kind, std::string_view text) { ItemOf(kind).text += text; }

void WholeWriter::End() {
  for (OutputItem& item : items_) {
    if (item.kind == Kind::kReasoning && item.signature.empty()) {
      item.signature = SealSignature(context_, {});
    }
    if (item.kind != Kind::kTextCall) continue;
    TextInput input;
    std::string text;
    input.Feed(item.text, text);
    if (input.found()) item.text = std::move(text);
  }
  const ResponseEnd end = EndOf(stop_, items_);
  if (end.status == ResponseStatus::kIncomplete && !items_.empty()) items_.back().cut_off = true;
  JsonOut json(out_);
  WriteResponse(context_, name_, items_, end, json);
}

}  // namespace weir::relay::openai_responses
