#include "services/relay/translate/anthropic/answer_reader.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "services/relay/dialects/json_cursor.h"
#include "services/relay/translate/neutral/error_reader.h"
#include "services/relay/translate/neutral/tool_arguments.h"

namespace weir::relay::anthropic {

using Value = ondemand::value;

// What any of the events holds: of a block, of a delta, of the message.
struct EventFields {
  std::string_view type;   // of the event, decoded; so are the other types
  std::string_view block;  // type of the block
  // The event, and its message, block or delta, as they stand there, where that is told on.
  std::string_view event;
  std::string_view json;
  std::string_view delta;  // type of the delta
  std::string_view model;
  std::string_view text;
  std::string_view thinking;
  std::string_view signature;
  std::string_view id;
  std::string_view name;
  std::string_view input;  // JSON
  std::string_view arguments;
  std::string_view stop_reason;
  std::string_view stop_sequence;
  bool has_error = false;
  ErrorFields error;
};

namespace {

constexpr std::array kStops = {
    std::pair<std::string_view, StopReason>{"max_tokens", StopReason::kMaxTokens},
    std::pair<std::string_view, StopReason>{"tool_use", StopReason::kToolUse},
    std::pair<std::string_view, StopReason>{"stop_sequence", StopReason::kStopSequence},
    std::pair<std::string_view, StopReason>{"refusal", StopReason::kRefusal},
    std::pair<std::string_view, StopReason>{"pause_turn", StopReason::kPause},
    std::pair<std::string_view, StopReason>{"model_context_window_exceeded",
                                            StopReason::kContextFull},
};

StopReason StopOf(std::string_view word) {
  for (const auto& [known, stop] : kStops) {
    if (known == word) return stop;
  }
  return StopReason::kEnd;
}

constexpr std::array<std::string_view, 3> kCommonBlocks = {"text", "thinking", "tool_use"};

// What a delta tells of which member of its block.
struct DeltaRow {
  std::string_view type;
  std::string_view field;
  std::string_view member;
};
constexpr DeltaRow kDeltas[] = {
    {"text_delta", "text", "text"},
    {"thinking_delta", "thinking", "thinking"},
    {"signature_delta", "signature", "signature"},
    {"input_json_delta", "partial_json", "input"},
    {"citations_delta", "citation", "citations"},
    {"compaction_delta", "content", "content"},
    {"compaction_delta", "encrypted_content", "encrypted_content"},
};

bool IsCommon(std::string_view block) {
  return std::find(kCommonBlocks.begin(), kCommonBlocks.end(), block) != kCommonBlocks.end();
}

// A block and a delta hold the same members, but for their types.
void ReadPiece(Value value, JsonReader& in, std::string_view& type, EventFields& fields,
               std::string_view* json) {
  const auto read = [&](std::string_view name, Value member) {
    if (name == "type") type = in.Word(member);
    if (name == "input") fields.input = in.Raw(member);
    if (name == "stop_reason") fields.stop_reason = in.Word(member);
    struct TextMember {
      std::string_view name;
      std::string_view EventFields::*place;
    };
    static constexpr TextMember kTexts[] = {
        {"text", &EventFields::text},
        {"thinking", &EventFields::thinking},
        {"signature", &EventFields::signature},
        {"id", &EventFields::id},
        {"name", &EventFields::name},
        {"partial_json", &EventFields::arguments},
        {"stop_sequence", &EventFields::stop_sequence},
    };
    for (const TextMember& text : kTexts) {
      if (text.name == name) fields.*text.place = in.Text(member);
    }
  };
  in.Members(value, read, json);
}

void ReadHead(Value value, JsonReader& in, bool native, EventFields& fields) {
  const auto read = [&](std::string_view name, Value member) {
    if (name == "model") fields.model = in.Text(member);
    if (name == "id" && native) fields.id = in.Text(member);
  };
  in.Members(value, read, native ? &fields.json : nullptr);
}

void ReadBlock(Value value, JsonReader& in, bool native, EventFields& fields) {
  ReadPiece(value, in, fields.block, fields, native ? &fields.json : nullptr);
}

// A block's beginning, or a delta. Of one that is told on as it stands there, all that counts.
void ReadEventPart(Value value, JsonReader& in, bool native, std::string_view& type,
                   EventFields& fields) {
  if (!native) return ReadPiece(value, in, type, fields, nullptr);
  fields.json = in.RawObject(value);
  type = TextInside(MemberValue(fields.json, "type"));
  fields.stop_reason = TextInside(MemberValue(fields.json, "stop_reason"));
  fields.stop_sequence = TextInside(MemberValue(fields.json, "stop_sequence"));
}

void ReadFields(Value root, JsonReader& in, bool native, EventFields& fields) {
  const auto read = [&](std::string_view name, Value member) {
    if (name == "type") fields.type = in.Word(member);
    if (name == "message" && JsonReader::IsObject(member)) ReadHead(member, in, native, fields);
    if (name == "content_block") ReadEventPart(member, in, native, fields.block, fields);
    if (name == "delta") ReadEventPart(member, in, native, fields.delta, fields);
    if (name != "error") return;
    fields.has_error = true;
    ReadErrorFields(member, in, fields.error);
  };
  in.Members(root, read, native ? &fields.event : nullptr);
}

// What an object says of the message beside what the other events tell.
void TellOwnMembers(std::string_view json, AnswerSink& sink) {
  static constexpr std::string_view kTold[] = {"type",    "id",          "role",          "model",
                                               "content", "stop_reason", "stop_sequence", "delta"};
  JsonCursor cursor(json);
  cursor.Skip('{');
  while (cursor.Peek() == '"') {
    const std::string_view name = cursor.String();
    cursor.Skip(':');
    const std::string_view value = cursor.RawValue();
    cursor.Skip(',');
    if (std::find(std::begin(kTold), std::end(kTold), name) != std::end(kTold)) continue;
    sink.On({.kind = AnswerEventKind::kOwnMember, .text = value, .name = name});
  }
}

}  // namespace

bool MessageReader::ReadEvent(const SseEvent& event, AnswerSink& sink) {
  if (event.data.empty() || over_) return true;
  thread_local JsonDocument document;
  JsonReader in;
  Value root;
  EventFields fields;
  if (!document.OpenCopy(event.data, root)) return false;
  ReadFields(root, in, context_.native, fields);
  if (!in.ok()) return false;
  if (fields.type == "message_start") {
    if (context_.native) TellOwnMembers(fields.json, sink);
    sink.Begin(fields.model, fields.id);
  } else if (fields.type == "content_block_start") {
    context_.native ? OpenAsItIs(fields, sink) : OpenBlock(fields, sink);
  } else if (fields.type == "content_block_delta") {
    context_.native ? DeltaAsItIs(fields, sink) : Delta(fields, sink);
  } else if (fields.type == "content_block_stop") {
    CloseBlock(sink);
  } else if (fields.type == "message_delta") {
    CloseBlock(sink);
    if (context_.native) TellOwnMembers(fields.event, sink);
    if (context_.native) TellOwnMembers(fields.json, sink);
    Stop(fields, sink);
  } else if (fields.type == "message_stop") {
    CloseBlock(sink);
    over_ = true;
    sink.End();
  } else if (fields.has_error) {
    over_ = true;
    sink.Fail(fields.error.message, fields.error.word());
  }
  // What is not known yet may be passed over: that is how this protocol grows.
  return signature_.size() <= AnswerWriter::kHeldBytesMax;
}

void MessageReader::OpenBlock(const EventFields& fields, AnswerSink& sink) {
  CloseBlock(sink);
  const bool common = IsCommon(fields.block);
  open_ = common ? Block::kText : Block::kOwn;
  if (fields.block == "tool_use") open_ = Block::kTool;
  if (!common) return sink.Say(AnswerEventKind::kOwn, fields.json);
  if (fields.block == "text") sink.Say(AnswerEventKind::kText, fields.text);
  if (fields.block == "thinking") {
    sink.Say(AnswerEventKind::kThinking, fields.thinking);
    signature_ = fields.signature;
  }
  if (open_ != Block::kTool) return;
  sink.Call(calls_++, fields.id, fields.name);
  has_arguments_ = false;
  if (fields.input.empty() || fields.input == "{}") return;
  TellArguments(EscapedText(fields.input), sink);
}

// A stream whose client speaks this dialect, and gets it whole: nothing of a block is changed.
void MessageReader::OpenAsItIs(const EventFields& fields, AnswerSink& sink) {
  open_ = IsCommon(fields.block) ? Block::kText : Block::kOwn;
  if (fields.json.empty()) return sink.On({.kind = AnswerEventKind::kOwnPiece});
  sink.Say(AnswerEventKind::kOwn, fields.json);
}

void MessageReader::DeltaAsItIs(const EventFields& fields, AnswerSink& sink) {
  bool known = open_ != Block::kOwn;  // of the common ones what is new may be passed over
  for (const DeltaRow& row : kDeltas) {
    if (row.type != fields.delta) continue;
    known = true;
    const std::string_view piece = MemberValue(fields.json, row.field);
    if (piece.empty() || piece == "null") continue;
    sink.On({.kind = AnswerEventKind::kOwnPiece, .text = piece, .name = row.member});
  }
  if (!known) sink.On({.kind = AnswerEventKind::kOwnPiece});
}

void MessageReader::CloseBlock(AnswerSink& sink) {
  if (open_ == Block::kTool && !has_arguments_) TellArguments("{}", sink);
  sink.Say(AnswerEventKind::kSignature, signature_);
  signature_.clear();
  open_ = Block::kNone;
}

void MessageReader::Delta(const EventFields& fields, AnswerSink& sink) {
  if (open_ == Block::kOwn) return;
  if (fields.delta == "text_delta") sink.Say(AnswerEventKind::kText, fields.text);
  if (fields.delta == "thinking_delta") sink.Say(AnswerEventKind::kThinking, fields.thinking);
  if (fields.delta == "signature_delta") signature_ += fields.signature;
  const bool arguments = fields.delta == "input_json_delta" && open_ == Block::kTool;
  if (arguments && !fields.arguments.empty()) TellArguments(fields.arguments, sink);
}

void MessageReader::TellArguments(std::string_view escaped, AnswerSink& sink) {
  has_arguments_ = true;
  sink.Arguments(calls_ - 1, escaped);
}

// Where no call was made there is nothing to answer, whatever word it ended with.
void MessageReader::Stop(const EventFields& fields, AnswerSink& sink) {
  if (fields.stop_reason.empty()) return;
  StopReason stop = StopOf(fields.stop_reason);
  if (stop == StopReason::kToolUse && calls_ == 0 && !context_.native) stop = StopReason::kEnd;
  sink.Stop(stop, OwnWord(context_, fields.stop_reason), fields.stop_sequence);
}

bool MessageReader::ReadWhole(std::string_view body, AnswerSink& sink) {
  JsonDocument document;
  JsonReader in;
  Value root;
  return document.Open(body, root) && ReadMessage(root, in, sink);
}

bool MessageReader::ReadMessage(Value root, JsonReader& in, AnswerSink& sink) {
  std::vector<EventFields> blocks;
  EventFields message;
  bool has_content = false;
  const auto read = [&](std::string_view name, Value member) {
    if (name == "model") message.model = in.Text(member);
    if (name == "id" && context_.native) message.id = in.Text(member);
    if (name == "stop_reason") message.stop_reason = in.Word(member);
    if (name == "stop_sequence") message.stop_sequence = in.Text(member);
    if (name == "error") {
      message.has_error = true;
      ReadErrorFields(member, in, message.error);
    }
    if (name != "content") return;
    has_content = true;
    in.Items(member, [&](Value item) {
      EventFields& block = blocks.emplace_back();
      ReadBlock(item, in, context_.native, block);
    });
  };
  in.Members(root, read, context_.native ? &message.json : nullptr);
  if (!in.ok()) return false;
  if (message.has_error) {
    sink.Fail(message.error.message, message.error.word());
    return true;
  }
  if (!has_content) return false;
  TellOwnMembers(message.json, sink);
  sink.Begin(message.model, message.id);
  for (const EventFields& block : blocks) {
    OpenBlock(block, sink);
    CloseBlock(sink);
  }
  Stop(message, sink);
  sink.End();
  return true;
}

}  // namespace weir::relay::anthropic
