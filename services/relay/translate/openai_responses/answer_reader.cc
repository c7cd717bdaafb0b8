#include "services/relay/translate/openai_responses/answer_reader.h"

#include <algorithm>

#include "services/relay/translate/neutral/tool_arguments.h"
#include "services/relay/translate/openai_responses/answer_fields.h"
#include "services/relay/translate/openai_responses/reasoning_id.h"

namespace weir::relay::openai_responses {
namespace {

using Value = ondemand::value;

constexpr std::string_view kBetween = R"(\n\n)";  // escaped
constexpr std::string_view kSummaryDelta = "response.reasoning_summary_text.delta";
constexpr std::string_view kReasoningDelta = "response.reasoning_text.delta";
constexpr std::string_view kCompleted = "response.completed";
constexpr std::string_view kIncomplete = "response.incomplete";

bool Fails(std::string_view type) {
  return type == "error" || type == "response.failed" || type == "response.cancelled";
}

// Reasoning is bound to its item's id and its encryption: between the same two it stays as it is.
bool IsCommon(std::string_view item) { return item == "message" || item == "function_call"; }

}  // namespace

bool ResponseReader::ReadEvent(const SseEvent& event, AnswerSink& sink) {
  if (event.data.empty() || event.data == "[DONE]" || over_) return true;
  thread_local JsonDocument document;
  JsonReader in;
  Value root;
  EventFields fields;
  if (!document.OpenCopy(event.data, root)) return false;
  ReadEventFields(root, in, {.output = !any_told_, .json = context_.native}, fields);
  if (!in.ok()) return false;
  if (Fails(fields.type) || (fields.type.empty() && fields.response.has_error)) {
    over_ = true;
    sink.Fail(fields.response.error.message, fields.response.error.word());
    return true;
  }
  Begin(fields.response, sink);
  Tell(fields, sink);
  return true;  // what is not known yet may be passed over: that is how this protocol grows
}

void ResponseReader::Tell(const EventFields& fields, AnswerSink& sink) {
  const std::string_view type = fields.type;
  if (type == "response.output_text.delta") {
    TellPiece(AnswerEventKind::kText, fields, fields.delta, sink);
  } else if (type == "response.function_call_arguments.delta") {
    TellArguments(fields.delta, ItemAt(fields.output_index), sink);
  } else if (type == kSummaryDelta || type == kReasoningDelta) {
    TellThinking(fields, ItemAt(fields.output_index), sink);
  } else if (type == "response.refusal.delta") {
    TellPiece(AnswerEventKind::kRefusalText, fields, fields.delta, sink);
  } else if (type == "response.output_text.done" || type == "response.refusal.done") {
    const bool refused = type == "response.refusal.done";
    const OpenItem& open = ItemAt(fields.output_index);
    if (open.told && open.part == fields.content_index) return;
    TellPiece(refused ? AnswerEventKind::kRefusalText : AnswerEventKind::kText, fields, fields.text,
              sink);
  } else if (type == "response.output_item.added") {
    OpenItem& open = ItemAt(fields.output_index);
    if (fields.item.type == "function_call") OpenCall(fields.item, open, sink);
  } else if (type == "response.function_call_arguments.done") {
    OpenItem& open = ItemAt(fields.output_index);
    if (!open.told) TellArguments(fields.arguments, open, sink);
  } else if (type == "response.output_item.done") {
    CloseItem(fields.item, fields.output_index, sink);
  } else if (type == kCompleted || type == kIncomplete) {
    End(fields.response, type == kIncomplete, sink);
  }
}

void ResponseReader::Begin(const ResponseFields& response, AnswerSink& sink) {
  if (begun_) return;
  begun_ = true;
  sink.Begin(response.model, context_.native ? response.id : std::string_view());
}

// A new one when it has not been heard of; the last one where items are not numbered.
ResponseReader::OpenItem& ResponseReader::ItemAt(std::int64_t index) {
  const auto known = std::find_if(items_.begin(), items_.end(),
                                  [index](const OpenItem& item) { return item.index == index; });
  if (known != items_.end()) return *known;
  OpenItem& item = items_.emplace_back();
  item.index = index;
  return item;
}

void ResponseReader::OpenCall(const ItemFields& item, OpenItem& open, AnswerSink& sink) {
  any_told_ = true;
  open.is_call = true;
  open.call = calls_++;
  speaks_ = false;
  sink.Call(open.call, item.call_id.empty() ? item.id : item.call_id, item.name);
}

void ResponseReader::TellPiece(AnswerEventKind kind, const EventFields& fields,
                               std::string_view text, AnswerSink& sink) {
  OpenItem& open = ItemAt(fields.output_index);
  TellText(kind, text, open, sink);
  open.part = fields.content_index;
}

// Messages that follow each other (what the model remarks, then its answer) would run together.
void ResponseReader::TellText(AnswerEventKind kind, std::string_view text, OpenItem& open,
                              AnswerSink& sink) {
  if (text.empty()) return;
  if (speaks_ && !open.told) sink.Say(AnswerEventKind::kText, kBetween);
  any_told_ = true;
  open.told = true;
  speaks_ = true;
  refused_ = refused_ || kind == AnswerEventKind::kRefusalText;
  sink.Say(kind, text);
}

// Where a server tells both, the kind that came first is told on.
void ResponseReader::TellThinking(const EventFields& fields, OpenItem& open, AnswerSink& sink) {
  if (context_.native) return;  // with its item
  const std::string_view by = fields.type == kSummaryDelta ? kSummaryDelta : kReasoningDelta;
  if (open.told_by.empty()) open.told_by = by;
  if (open.told_by != by || fields.delta.empty()) return;
  if (open.told && open.part != fields.summary_index) {
    sink.Say(AnswerEventKind::kThinking, kBetween);
  }
  open.part = fields.summary_index;
  any_told_ = true;
  open.told = true;
  speaks_ = false;
  sink.Say(AnswerEventKind::kThinking, fields.delta);
}

void ResponseReader::TellArguments(std::string_view escaped, OpenItem& open, AnswerSink& sink) {
  if (!open.is_call || escaped.empty()) return;
  open.told = true;
  sink.Arguments(open.call, escaped);
}

void ResponseReader::CloseItem(const ItemFields& item, std::int64_t index, AnswerSink& sink) {
  OpenItem& open = ItemAt(index);
  if (item.type == "function_call" && !open.is_call) OpenCall(item, open, sink);
  if (context_.native && !IsCommon(item.type)) {
    any_told_ = true;
    speaks_ = false;
    return sink.Say(AnswerEventKind::kOwn, item.json);
  }
  TellRest(item, open, sink);
  if (item.type == "reasoning" && !item.encrypted.empty()) {
    any_told_ = true;
    made_ = JoinReasoningId(item.id, item.encrypted);
    speaks_ = false;
    sink.Say(AnswerEventKind::kSignature, made_);
  }
  std::erase_if(items_, [index](const OpenItem& known) { return known.index == index; });
}

// Of an item that came without pieces.
void ResponseReader::TellRest(const ItemFields& item, OpenItem& open, AnswerSink& sink) {
  if (open.told) return;
  if (item.type == "function_call") {
    const std::string made = EscapedText(item.arguments_json.empty() ? "{}" : item.arguments_json);
    TellArguments(item.arguments.empty() ? made : item.arguments, open, sink);
  } else if (item.type == "message") {
    for (const ItemFields::Piece& piece : item.content) {
      TellText(piece.type == "refusal" ? AnswerEventKind::kRefusalText : AnswerEventKind::kText,
               piece.text, open, sink);
    }
  } else if (item.type == "reasoning") {
    const auto& pieces = item.summary.empty() ? item.content : item.summary;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (i > 0) sink.Say(AnswerEventKind::kThinking, kBetween);
      sink.Say(AnswerEventKind::kThinking, pieces[i].text);
      any_told_ = true;
      speaks_ = false;
    }
  }
}

void ResponseReader::End(const ResponseFields& response, bool incomplete, AnswerSink& sink) {
  over_ = true;
  if (!any_told_) {  // some servers tell all of it with the end alone
    std::int64_t index = 0;
    for (const ItemFields& item : response.output) CloseItem(item, index++, sink);
  }
  StopReason stop = refused_ ? StopReason::kRefusal : StopReason::kEnd;
  if (incomplete) {
    const bool filtered = response.incomplete_reason == "content_filter";
    stop = filtered ? StopReason::kRefusal : StopReason::kMaxTokens;
  } else if (calls_ > 0) {
    stop = StopReason::kToolUse;
  }
  sink.Stop(stop);
  sink.End();
}

bool ResponseReader::ReadWhole(std::string_view body, AnswerSink& sink) {
  JsonDocument document;
  JsonReader in;
  Value root;
  ResponseFields response;
  if (!document.Open(body, root)) return false;
  ReadResponseFields(root, in, {.output = true, .json = context_.native}, response);
  if (!in.ok()) return false;
  if (response.has_error || response.status == "failed" || response.status == "cancelled") {
    sink.Fail(response.error.message, response.error.word());
    return true;
  }
  if (!response.has_output) return false;
  Begin(response, sink);
  End(response, response.status == "incomplete", sink);
  return true;
}

}  // namespace weir::relay::openai_responses
