#include "services/relay/translate/openai_responses/stream_writer.h"

#include <utility>

#include "services/relay/translate/neutral/signature_envelope.h"
#include "services/relay/translate/openai_responses/error_words.h"
#include "services/relay/translate/openai_responses/item_events.h"

namespace weir::relay::openai_responses {

using Kind = OutputItem::Kind;

void StreamWriter::On(const AnswerEvent& event) {
  if (over_ || failed_) return;
  switch (event.kind) {
    case AnswerEventKind::kBegin:
      return Begin(event);
    case AnswerEventKind::kText:
      return Say(Kind::kText, event.text);
    case AnswerEventKind::kRefusalText:
      return Say(Kind::kRefusal, event.text);
    case AnswerEventKind::kThinking:
      return Say(Kind::kReasoning, event.text);
    case AnswerEventKind::kSignature:
      return OnSignature(event.text);
    case AnswerEventKind::kToolCall:
      return OnCall(event);
    case AnswerEventKind::kToolArguments:
      return OnArguments(event);
    case AnswerEventKind::kOwn:
      return AddOwn(event.text);
    case AnswerEventKind::kOwnPiece:
    case AnswerEventKind::kOwnMember:
      return;  // of others alone
    case AnswerEventKind::kStop:
      stop_ = event.stop;
      return;
    case AnswerEventKind::kEnd:
      return End();
    case AnswerEventKind::kError:
      return Fail(event);
  }
}

void StreamWriter::Open(std::string_view type) {
  StrAppend(out_, "event: ", type, "\ndata: {\"type\":\"", type, R"(","sequence_number":)",
            sequence_++);
}

void StreamWriter::OpenFor(std::string_view type, std::size_t item) {
  Open(type);
  out_ += R"(,"item_id":)";
  AppendItemId(context_, items_[item], item, out_);
  StrAppend(out_, R"(,"output_index":)", item);
}

void StreamWriter::OpenForPiece(std::string_view type, std::size_t item) {
  OpenFor(type, item);
  const Kind kind = items_[item].kind;
  if (kind == Kind::kText || kind == Kind::kRefusal) out_ += R"(,"content_index":0)";
  if (kind == Kind::kReasoning) out_ += R"(,"summary_index":0)";
}

void StreamWriter::Begin(const AnswerEvent& event) {
  name_ = NameOf(event);
  WriteWhole("response.created", {});
  WriteWhole("response.in_progress", {});
}

void StreamWriter::WriteWhole(std::string_view type, const ResponseEnd& end) {
  Open(type);
  out_ += R"(,"response":)";
  JsonOut json(out_);
  WriteResponse(context_, name_, items_, end, json);
  Close();
}

void StreamWriter::Say(Kind kind, std::string_view text) {
  if (!text_open_ || items_.back().kind != kind) OpenText(kind);
  const std::size_t item = items_.size() - 1;
  if (!piece_open_) OpenPiece(item);
  OpenForPiece(EventsOf(items_[item]).delta, item);
  StrAppend(out_, R"(,"delta":")", text, '"');
  if (kind == Kind::kText) out_ += R"(,"logprobs":[])";
  Close();
  Hold(items_[item].text, text);
}

void StreamWriter::OnSignature(std::string_view signature) {
  if (!text_open_ || items_.back().kind != Kind::kReasoning) OpenText(Kind::kReasoning);
  Hold(items_.back().signature, SealSignature(context_, signature));
  CloseText(/*cut_off=*/false);
}

void StreamWriter::AddOwn(std::string_view json) {
  CloseText(/*cut_off=*/false);
  CloseCalls(/*all=*/false, /*cut_off=*/false);
  OutputItem item;
  item.kind = Kind::kOwn;
  Hold(item.text, json);
  AddItem(std::move(item));
  FinishItem(items_.size() - 1, /*cut_off=*/false);
}

void StreamWriter::AddItem(OutputItem item) {
  const std::size_t names = item.call_id.size() + item.name.size() + item.name_space.size();
  items_.push_back(std::move(item));
  held_bytes_ += sizeof(OutputItem) + names;
  answer_bytes_ += sizeof(OutputItem) + names;
  const std::size_t index = items_.size() - 1;
  Open("response.output_item.added");
  StrAppend(out_, R"(,"output_index":)", index, R"(,"item":)");
  JsonOut json(out_);
  WriteItem(context_, items_[index], index, /*begins=*/true, json);
  Close();
}

void StreamWriter::OpenText(Kind kind) {
  CloseText(/*cut_off=*/false);
  CloseCalls(/*all=*/false, /*cut_off=*/false);
  OutputItem item;
  item.kind = kind;
  AddItem(std::move(item));
  text_open_ = true;
}

void StreamWriter::OpenPiece(std::size_t item) {
  OpenForPiece(EventsOf(items_[item]).piece_added, item);
  out_ += R"(,"part":)";
  JsonOut json(out_);
  WritePiece(items_[item], {}, json);
  Close();
  piece_open_ = true;
}

void StreamWriter::CloseText(bool cut_off) {
  if (!text_open_) return;
  const std::size_t index = items_.size() - 1;
  OutputItem& item = items_[index];
  const ItemEvents& events = EventsOf(item);
  if (piece_open_) {
    OpenForPiece(events.done, index);
    StrAppend(out_, ",\"", events.done_text, "\":\"", item.text, '"');
    if (item.kind == Kind::kText) out_ += R"(,"logprobs":[])";
    Close();
    OpenForPiece(events.piece_done, index);
    out_ += R"(,"part":)";
    JsonOut json(out_);
    WritePiece(item, item.text, json);
    Close();
  }
  if (item.kind == Kind::kReasoning && item.signature.empty()) {
    item.signature = SealSignature(context_, {});
  }
  text_open_ = false;
  piece_open_ = false;
  FinishItem(index, cut_off);
}

void StreamWriter::FinishItem(std::size_t item, bool cut_off) {
  items_[item].cut_off = cut_off;
  Open("response.output_item.done");
  StrAppend(out_, R"(,"output_index":)", item, R"(,"item":)");
  JsonOut json(out_);
  WriteItem(context_, items_[item], item, /*begins=*/false, json);
  Close();
}

void StreamWriter::Hold(std::string& held, std::string_view piece) {
  held_bytes_ -= held.capacity();
  held += piece;
  held_bytes_ += held.capacity();
  answer_bytes_ += piece.size();
  failed_ = failed_ || answer_bytes_ > kAnswerBytesMax;
}

void StreamWriter::Forget(std::string& held) {
  held_bytes_ -= held.capacity();
  answer_bytes_ -= held.size();
  std::string().swap(held);
  held_bytes_ += held.capacity();
}

void StreamWriter::End() {
  over_ = true;
  const ResponseEnd end = EndOf(stop_, items_);
  const bool cut_off = end.status == ResponseStatus::kIncomplete;
  CloseText(cut_off);
  CloseCalls(/*all=*/true, cut_off);
  WriteWhole(cut_off ? "response.incomplete" : "response.completed", end);
}

// OpenAI tells it twice, and clients look for one or the other.
void StreamWriter::Fail(const AnswerEvent& event) {
  over_ = true;
  const std::string_view code = ErrorCode(TopicOf(event.code));
  Open("error");
  StrAppend(out_, R"(,"code":")", code, R"(","message":")", event.text, R"(","param":null)");
  Close();
  WriteFailed(code, event.text);
}

void StreamWriter::BreakOff(std::string_view message) {
  if (over_) return;
  over_ = true;
  ++sequence_;
  WriteFailed(ErrorCode(ErrorTopic::kOther), message);
}

void StreamWriter::WriteFailed(std::string_view code, std::string_view message) {
  for (const OpenCall& call : calls_) items_[call.item].cut_off = true;
  if (text_open_) items_.back().cut_off = true;
  WriteWhole("response.failed", {ResponseStatus::kFailed, {}, code, message});
}

}  // namespace weir::relay::openai_responses
