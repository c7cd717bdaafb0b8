#include "services/relay/translate/anthropic/stream_writer.h"

#include <algorithm>
#include <utility>

#include "services/relay/translate/anthropic/answer_words.h"
#include "services/relay/translate/anthropic/error_writer.h"
#include "services/relay/translate/neutral/json_out.h"
#include "services/relay/translate/neutral/signature_envelope.h"

namespace weir::relay::anthropic {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

}  // namespace

void StreamWriter::On(const AnswerEvent& event) {
  if (over_ || failed_) return;
  switch (event.kind) {
    case AnswerEventKind::kBegin:
      return Begin(event);
    case AnswerEventKind::kText:
    case AnswerEventKind::kRefusalText:
    case AnswerEventKind::kThinking:
    case AnswerEventKind::kSignature:
    case AnswerEventKind::kOwn:
      return CallIsOpen() ? HoldBack(event.kind, event.text) : Tell(event.kind, event.text);
    case AnswerEventKind::kOwnPiece:
      failed_ = true;  // of a block that came whole there is no more
      return;
    case AnswerEventKind::kOwnMember:
      return own_members_.Add(event.name, event.text);
    case AnswerEventKind::kToolCall:
      return OnCall(event);
    case AnswerEventKind::kToolArguments:
      return OnArguments(event);
    case AnswerEventKind::kStop:
      stop_word_ = std::string(StopWord(event));
      stop_sequence_ = std::string(event.text);
      return;
    case AnswerEventKind::kEnd:
      return End();
    case AnswerEventKind::kError:
      over_ = true;
      WriteErrorEvent({0, TopicOf(event.code), std::string(event.text), {}}, context_.id, out_);
  }
}

void StreamWriter::Begin(const AnswerEvent& event) {
  JsonOut json(out_);
  out_ += "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{";
  WriteMessageHead(context_, event.id, event.model, json);
  out_ += R"(,"content":[],"stop_reason":null,"stop_sequence":null)";
  own_members_.Write(OwnMembers::Place::kMessage, json);
  TokenCounts begun = context_.tokens;
  begun.output = 0;
  own_members_.WriteUsage(begun, json);
  out_ += "}}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\n";
}

// What comes between two pieces of a call stands behind it: a block that was closed cannot go on.
void StreamWriter::HoldBack(AnswerEventKind kind, std::string_view text) {
  if (held_.empty() || held_.back().kind != kind || kind == AnswerEventKind::kOwn) {
    held_.push_back({kind, {}});
    Hold(sizeof(HeldPiece));
  }
  held_.back().text += text;
  Hold(text.size());
}

void StreamWriter::Hold(std::size_t bytes) {
  waiting_bytes_ += bytes;
  failed_ = failed_ || waiting_bytes_ > kHeldBytesMax;
}

void StreamWriter::Tell(AnswerEventKind kind, std::string_view text) {
  if (kind == AnswerEventKind::kSignature) return OnSignature(text);
  if (kind == AnswerEventKind::kOwn) return WriteOwn(text);
  Say(kind == AnswerEventKind::kThinking ? Block::kThinking : Block::kText, text);
}

void StreamWriter::Say(Block kind, std::string_view text) {
  if (open_ != kind) {
    CloseBlock();
    OpenText(kind);
  }
  if (kind == Block::kText) {
    Delta("text_delta", "text", text);
  } else {
    Delta("thinking_delta", "thinking", text);
  }
}

// Whole with it, and a block of its own: it is what goes back, even of thinking that is not shown.
void StreamWriter::OnSignature(std::string_view payload) {
  if (open_ != Block::kThinking) {
    CloseBlock();
    OpenText(Block::kThinking);
  }
  Delta("signature_delta", "signature", SealSignature(context_, payload));
  has_signature_ = true;
  CloseBlock();
}

// Whole, as it begins.
void StreamWriter::WriteOwn(std::string_view block) {
  CloseBlock();
  OpenBlock();
  AppendOneLine(block, out_);
  out_ += "}\n\n";
  open_ = Block::kOwn;
  CloseBlock();
}

void StreamWriter::OpenBlock() {
  StrAppend(out_, "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":",
            index_, ",\"content_block\":");
}

void StreamWriter::OpenText(Block kind) {
  OpenBlock();
  StrAppend(out_,
            kind == Block::kText ? R"({"type":"text","text":""})"
                                 : R"({"type":"thinking","thinking":"","signature":""})",
            "}\n\n");
  open_ = kind;
  has_signature_ = false;
}

void StreamWriter::OpenCall(std::size_t call, std::string_view id, std::string_view name) {
  OpenBlock();
  StrAppend(out_, R"({"type":"tool_use","id":")", id, R"(","name":")",
            context_.tool_names.Original(name), "\",\"input\":{}}}\n\n");
  open_ = Block::kTool;
  open_call_ = call;
  balance_ = {};
}

void StreamWriter::CloseBlock() {
  if (open_ == Block::kNone) return;
  if (open_ == Block::kThinking && !has_signature_) {
    Delta("signature_delta", "signature", SealSignature(context_, {}));
  }
  StrAppend(out_,
            "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":", index_,
            "}\n\n");
  open_ = Block::kNone;
  ++index_;
}

void StreamWriter::Delta(std::string_view type, std::string_view field, std::string_view text) {
  StrAppend(out_, "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":",
            index_, R"(,"delta":{"type":")", type, "\",\"", field, "\":\"", text, "\"}}\n\n");
}

// Its block begins with its arguments: while it has none, others may come first.
void StreamWriter::OnCall(const AnswerEvent& event) {
  waiting_.push_back({event.call, std::string(event.id), std::string(event.name), {}});
  Hold(waiting_.back().bytes());
}

void StreamWriter::OnArguments(const AnswerEvent& event) {
  if (open_ == Block::kTool && event.call == open_call_) {
    WriteArguments(event.text);
    return WriteWaiting(/*all=*/false);
  }
  const auto call = std::find_if(waiting_.begin(), waiting_.end(), [&event](const auto& waiting) {
    return waiting.call == event.call;
  });
  if (call == waiting_.end()) {
    // Behind the end of its arguments: there is no place for it any more.
    failed_ = failed_ || event.text.find_first_not_of(kSpace) != std::string_view::npos;
    return;
  }
  call->arguments += event.text;
  Hold(event.text.size());
  WriteWaiting(/*all=*/false);
}

void StreamWriter::WriteArguments(std::string_view piece) {
  Delta("input_json_delta", "partial_json", piece);
  balance_.Feed(piece);
}

void StreamWriter::WriteWaiting(bool all) {
  while (all || !CallIsOpen()) {
    for (const HeldPiece& piece : std::exchange(held_, {})) {
      waiting_bytes_ -= piece.bytes();
      Tell(piece.kind, piece.text);
    }
    const auto next = std::find_if(waiting_.begin(), waiting_.end(), [all](const auto& waiting) {
      return all || !waiting.arguments.empty();
    });
    if (next == waiting_.end()) return;
    const WaitingCall call = std::move(*next);
    waiting_.erase(next);
    waiting_bytes_ -= call.bytes();
    CloseBlock();
    OpenCall(call.call, call.id, call.name);
    if (!call.arguments.empty()) WriteArguments(call.arguments);
  }
}

void StreamWriter::End() {
  over_ = true;
  CloseBlock();
  WriteWaiting(/*all=*/true);
  CloseBlock();
  JsonOut json(out_);
  out_ += "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{";
  WriteStop(stop_word_, stop_sequence_, json);
  own_members_.Write(OwnMembers::Place::kDelta, json);
  out_ += '}';
  own_members_.Write(OwnMembers::Place::kEvent, json);
  own_members_.WriteUsage(context_.tokens, json);
  out_ += "}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
}

}  // namespace weir::relay::anthropic
