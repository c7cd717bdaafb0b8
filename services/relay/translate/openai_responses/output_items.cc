#include "services/relay/translate/openai_responses/output_items.h"

#include <algorithm>
#include <array>

namespace weir::relay::openai_responses {
namespace {

using Kind = OutputItem::Kind;

struct KindRow {
  std::string_view id_head;
  std::string_view type;
  std::string_view piece_type;
  std::string_view piece_text;  // the member that holds its text
};

constexpr std::array kKinds = {
    KindRow{"msg_", "message", "output_text", "text"},
    KindRow{"msg_", "message", "refusal", "refusal"},
    KindRow{"rs_", "reasoning", "summary_text", "text"},
    KindRow{"fc_", "function_call", "", "arguments"},
    KindRow{"ctc_", "custom_tool_call", "", "input"},
    KindRow{"", "", "", ""},
};

constexpr std::array<std::string_view, 4> kStatuses = {"in_progress", "completed", "incomplete",
                                                       "failed"};

const KindRow& RowOf(const OutputItem& item) { return kKinds[static_cast<std::size_t>(item.kind)]; }

std::string_view StatusOf(const OutputItem& item, bool begins) {
  if (begins) return "in_progress";
  return item.cut_off ? "incomplete" : "completed";
}

void WriteUsage(const TokenCounts& tokens, JsonOut& json) {
  const std::int64_t input = TotalInputTokens(tokens);
  json.Begin("usage", '{');
  json.Number("input_tokens", input);
  json.Begin("input_tokens_details", '{');
  json.Number("cached_tokens", tokens.cache_read);
  json.Number("cache_write_tokens", tokens.cache_write_5m + tokens.cache_write_1h);
  json.End('}');
  json.Number("output_tokens", tokens.output);
  json.Begin("output_tokens_details", '{');
  json.Number("reasoning_tokens", tokens.reasoning);
  json.End('}');
  json.Number("total_tokens", input + tokens.output);
  json.End('}');
}

void WriteEnd(const ResponseEnd& end, JsonOut& json) {
  if (end.error_code.empty()) {
    json.Raw("error", "null");
  } else {
    json.Begin("error", '{');
    json.Text("code", end.error_code);
    json.Text("message", end.error_message);
    json.End('}');
  }
  if (end.incomplete_reason.empty()) {
    json.Raw("incomplete_details", "null");
  } else {
    json.Begin("incomplete_details", '{');
    json.Text("reason", end.incomplete_reason);
    json.End('}');
  }
}

}  // namespace

ResponseName NameOf(const AnswerEvent& begin) {
  return {std::string(begin.model), std::string(begin.id)};
}

OutputItem MakeCall(const AnswerContext& context, const AnswerEvent& event) {
  OutputItem item;
  item.kind = Kind::kCall;
  item.call_id = std::string(event.id);
  const std::string_view sent = context.tool_names.Original(event.name);
  const ClientTool* tool = FindClientTool(context.client_tools, sent);
  item.name = tool == nullptr ? std::string(sent) : tool->name;
  if (tool == nullptr) return item;
  item.name_space = tool->name_space;
  if (tool->takes_text) item.kind = Kind::kTextCall;
  return item;
}

void AppendItemId(const AnswerContext& context, const OutputItem& item, std::size_t index,
                  std::string& out) {
  StrAppend(out, '"', RowOf(item).id_head, context.id, '_', index, '"');
}

void WritePiece(const OutputItem& item, std::string_view text, JsonOut& json) {
  const KindRow& row = RowOf(item);
  json.Begin('{');
  json.Text("type", row.piece_type);
  if (item.kind == Kind::kText) json.out() += R"(,"annotations":[],"logprobs":[])";
  json.Text(row.piece_text, text);
  json.End('}');
}

void WriteItem(const AnswerContext& context, const OutputItem& item, std::size_t index, bool begins,
               JsonOut& json) {
  const KindRow& row = RowOf(item);
  if (item.kind == Kind::kOwn) {
    json.Comma();
    return AppendOneLine(item.text, json.out());
  }
  json.Begin('{');
  json.Key("id");
  AppendItemId(context, item, index, json.out());
  json.Text("type", row.type);
  const bool reasoning = item.kind == Kind::kReasoning;
  if (!reasoning) json.Text("status", StatusOf(item, begins));
  if (item.IsCall()) {
    json.Text("call_id", item.call_id);
    json.Text("name", item.name);
    if (!item.name_space.empty()) json.Text("namespace", item.name_space);
    json.Text(row.piece_text, begins ? std::string_view() : std::string_view(item.text));
  } else {
    json.Begin(reasoning ? "summary" : "content", '[');
    if (!begins && !(reasoning && item.text.empty())) WritePiece(item, item.text, json);
    json.End(']');
    if (!reasoning) json.Text("role", "assistant");
    if (reasoning) json.Text("encrypted_content", begins ? std::string_view() : item.signature);
  }
  json.End('}');
}

ResponseEnd EndOf(StopReason stop, const std::vector<OutputItem>& items) {
  if (stop == StopReason::kMaxTokens || stop == StopReason::kContextFull) {
    return {ResponseStatus::kIncomplete, "max_output_tokens"};
  }
  const bool explained = std::any_of(items.begin(), items.end(), [](const OutputItem& item) {
    return item.kind == Kind::kRefusal;
  });
  if (stop == StopReason::kRefusal && !explained) {
    return {ResponseStatus::kIncomplete, "content_filter"};
  }
  return {ResponseStatus::kCompleted};
}

void WriteResponse(const AnswerContext& context, const ResponseName& name,
                   const std::vector<OutputItem>& items, const ResponseEnd& end, JsonOut& json) {
  json.Begin('{');
  json.Key("id");
  if (name.id.empty()) {
    StrAppend(json.out(), "\"resp_", context.id, '"');
  } else {
    StrAppend(json.out(), '"', name.id, '"');
  }
  json.Text("object", "response");
  json.Number("created_at", context.created_unix_s);
  json.Text("status", kStatuses[static_cast<std::size_t>(end.status)]);
  json.Bool("background", false);
  WriteEnd(end, json);
  if (name.model.empty()) {
    json.Plain("model", context.model);
  } else {
    json.Text("model", name.model);
  }
  json.Begin("output", '[');
  const bool begins = end.status == ResponseStatus::kInProgress;
  for (std::size_t i = 0; i < items.size(); ++i) WriteItem(context, items[i], i, begins, json);
  json.End(']');
  json.out() += R"(,"parallel_tool_calls":true,"previous_response_id":null,)";
  if (!context.native) json.out() += R"("store":false,)";
  json.out() += R"("tool_choice":"auto","tools":[],"metadata":{})";
  if (begins) {
    json.Raw("usage", "null");
  } else {
    WriteUsage(context.tokens, json);
  }
  json.End('}');
}

}  // namespace weir::relay::openai_responses
