#include "tests/fakes/responses_wire.h"

#include <utility>

#include <boost/json.hpp>

#include "tests/fakes/thinking_check.h"

namespace weir::fakes::responses {
namespace {

namespace json = boost::json;

constexpr std::int64_t kCreated = 1'767'225'600;  // 2026-01-01: equal requests get equal answers
constexpr const char* kOverloaded = "server_is_overloaded";

json::string_view Text(std::string_view text) { return {text.data(), text.size()}; }

json::value UsageJson(const TokenUsage& usage) {
  const std::int64_t written = usage.cache_write_5m + usage.cache_write_1h;
  const std::int64_t input = usage.input + usage.cache_read + written;
  const json::object details = {{"cached_tokens", usage.cache_read},
                                {"cache_write_tokens", written}};
  return {{"input_tokens", input},
          {"input_tokens_details", details},
          {"output_tokens", usage.output},
          {"output_tokens_details", {{"reasoning_tokens", usage.reasoning}}},
          {"total_tokens", input + usage.output}};
}

json::object Reasoning(const ModelRequest& request, const Answer& answer, bool whole) {
  json::object item = {{"id", "rs_fake_" + answer.id}, {"type", "reasoning"}};
  json::array summary;
  if (whole) summary.push_back({{"type", "summary_text"}, {"text", answer.thinking}});
  item["summary"] = summary;
  if (request.wants_encrypted) item["encrypted_content"] = whole ? answer.signature : "";
  return item;
}

bool IsRefusal(const Answer& answer) { return answer.stop == StopReason::kRefusal; }

json::object Part(const Answer& answer, const std::string& text) {
  if (IsRefusal(answer)) return {{"type", "refusal"}, {"refusal", text}};
  return {{"type", "output_text"},
          {"annotations", json::array()},
          {"logprobs", json::array()},
          {"text", text}};
}

json::object Message(const Answer& answer, bool whole) {
  json::array content;
  if (whole) content.push_back(Part(answer, JoinText(answer)));
  return {{"id", "msg_fake_" + answer.id},
          {"type", "message"},
          {"status", whole ? "completed" : "in_progress"},
          {"content", content},
          {"role", "assistant"}};
}

json::object Call(const ToolCall& call, bool whole) {
  return {{"id", "fc_fake_" + call.id},
          {"type", "function_call"},
          {"status", whole ? "completed" : "in_progress"},
          {"arguments", whole ? call.arguments : ""},
          {"call_id", "call_fake_" + call.id},
          {"name", call.name}};
}

bool HasMessage(const Answer& answer) { return !answer.text.empty() || answer.calls.empty(); }

json::array Output(const ModelRequest& request, const Answer& answer) {
  json::array output;
  if (!answer.thinking.empty()) output.push_back(Reasoning(request, answer, true));
  if (HasMessage(answer)) output.push_back(Message(answer, true));
  for (const ToolCall& call : answer.calls) output.push_back(Call(call, true));
  return output;
}

json::object Response(const Answer& answer, const char* status) {
  return {{"id", "resp_fake_" + answer.stored_id},
          {"object", "response"},
          {"created_at", kCreated},
          {"status", status},
          {"background", false},
          {"error", nullptr},
          {"incomplete_details", nullptr},
          {"instructions", nullptr},
          {"max_output_tokens", nullptr},
          {"model", answer.model},
          {"output", json::array()},
          {"parallel_tool_calls", true},
          {"previous_response_id", nullptr},
          {"reasoning", {{"effort", nullptr}, {"summary", nullptr}}},
          {"store", true},
          {"temperature", 1.0},
          {"text", {{"format", {{"type", "text"}}}}},
          {"tool_choice", "auto"},
          {"tools", json::array()},
          {"top_p", 1.0},
          {"truncation", "disabled"},
          {"usage", nullptr},
          {"user", nullptr},
          {"metadata", json::object()}};
}

json::object Whole(const ModelRequest& request, const Answer& answer, bool usage) {
  const bool cut = answer.stop == StopReason::kMaxTokens;
  json::object response = Response(answer, cut ? "incomplete" : "completed");
  if (cut) response["incomplete_details"] = {{"reason", "max_output_tokens"}};
  response["output"] = Output(request, answer);
  if (usage) response["usage"] = UsageJson(answer.usage);
  return response;
}

std::string Event(const std::string& type, json::object fields, std::size_t sequence) {
  json::object data = {{"type", type}, {"sequence_number", sequence}};
  for (auto& [name, value] : fields) data[name] = std::move(value);
  return "event: " + type + "\ndata: " + json::serialize(data) + "\n\n";
}

// Writes the events of one response; the numbers of events and items are its only state.
class EventWriter {
 public:
  explicit EventWriter(std::vector<std::string>& events) : events_(events) {}

  void Write(const std::string& type, json::object fields) {
    events_.push_back(Event(type, std::move(fields), events_.size()));
  }

  void WriteReasoning(const ModelRequest& request, const Answer& answer) {
    Open(Reasoning(request, answer, false));
    const json::object empty = {{"type", "summary_text"}, {"text", ""}};
    const json::object whole = {{"type", "summary_text"}, {"text", answer.thinking}};
    Write("response.reasoning_summary_part.added", Within("summary_index", {{"part", empty}}));
    const std::size_t half = answer.thinking.size() / 2;
    for (const std::string& piece :
         {answer.thinking.substr(0, half), answer.thinking.substr(half)}) {
      Write("response.reasoning_summary_text.delta", Within("summary_index", {{"delta", piece}}));
    }
    Write("response.reasoning_summary_text.done",
          Within("summary_index", {{"text", answer.thinking}}));
    Write("response.reasoning_summary_part.done", Within("summary_index", {{"part", whole}}));
    Close(Reasoning(request, answer, true));
  }

  void WriteMessage(const Answer& answer) {
    const bool refusal = IsRefusal(answer);
    const std::string kind = refusal ? "response.refusal" : "response.output_text";
    Open(Message(answer, false));
    Write("response.content_part.added", Within("content_index", {{"part", Part(answer, "")}}));
    for (const std::string& piece : answer.text) {
      json::object delta = Within("content_index", {{"delta", piece}});
      if (!refusal) delta["logprobs"] = json::array();
      Write(kind + ".delta", std::move(delta));
    }
    json::object done = Within("content_index", {{refusal ? "refusal" : "text", JoinText(answer)}});
    if (!refusal) done["logprobs"] = json::array();
    Write(kind + ".done", std::move(done));
    Write("response.content_part.done",
          Within("content_index", {{"part", Part(answer, JoinText(answer))}}));
    Close(Message(answer, true));
  }

  void WriteCall(const ToolCall& call) {
    Open(Call(call, false));
    const std::size_t half = call.arguments.size() / 2;
    for (const std::string& piece : {call.arguments.substr(0, half), call.arguments.substr(half)}) {
      Write("response.function_call_arguments.delta", Within("", {{"delta", piece}}));
    }
    Write("response.function_call_arguments.done",
          Within("", {{"name", call.name}, {"arguments", call.arguments}}));
    Close(Call(call, true));
  }

 private:
  json::object Within(const char* index, json::object fields) {
    json::object all = {{"item_id", item_id_}, {"output_index", items_}};
    if (*index != '\0') all[index] = 0;
    for (auto& [name, value] : fields) all[name] = std::move(value);
    return all;
  }
  void Open(json::object item) {
    item_id_ = std::string(item["id"].as_string());
    Write("response.output_item.added", {{"output_index", items_}, {"item", std::move(item)}});
  }
  void Close(json::object item) {
    Write("response.output_item.done", {{"output_index", items_}, {"item", std::move(item)}});
    ++items_;
  }

  std::vector<std::string>& events_;
  std::string item_id_;
  std::size_t items_ = 0;
};

// The items of `input` that are reasoning another family encrypted.
bool HoldsForeignReasoning(const std::string& mark, const json::array& items) {
  for (const json::value& item : items) {
    const json::object* object = item.if_object();
    const json::value* content = object ? object->if_contains("encrypted_content") : nullptr;
    if (content == nullptr || !content->is_string()) continue;
    if (!content->get_string().starts_with(json::string_view(mark))) return true;
  }
  return false;
}

}  // namespace

std::string ResponseBody(const ModelRequest& request, const Answer& answer, bool usage) {
  return json::serialize(Whole(request, answer, usage));
}

std::vector<std::string> ResponseEvents(const ModelRequest& request, const Answer& answer,
                                        bool usage) {
  std::vector<std::string> events;
  EventWriter writer(events);
  writer.Write("response.created", {{"response", Response(answer, "in_progress")}});
  writer.Write("response.in_progress", {{"response", Response(answer, "in_progress")}});
  if (!answer.thinking.empty()) writer.WriteReasoning(request, answer);
  if (HasMessage(answer)) writer.WriteMessage(answer);
  for (const ToolCall& call : answer.calls) writer.WriteCall(call);
  const bool cut = answer.stop == StopReason::kMaxTokens;
  writer.Write(cut ? "response.incomplete" : "response.completed",
               {{"response", Whole(request, answer, usage)}});
  return events;
}

std::string ErrorEvent(std::string_view message, std::size_t sequence) {
  return Event("error", {{"code", kOverloaded}, {"message", Text(message)}, {"param", nullptr}},
               sequence);
}

std::string FailedEvent(const Answer& answer, std::string_view message, std::size_t sequence) {
  json::object response = Response(answer, "failed");
  response["error"] = {{"code", kOverloaded}, {"message", Text(message)}};
  return Event("response.failed", {{"response", std::move(response)}}, sequence);
}

std::string InputTokensBody(const TokenUsage& usage) {
  return json::serialize(
      json::object{{"object", "response.input_tokens"}, {"input_tokens", usage.input}});
}

std::string ForeignProblem(std::int64_t family, std::string_view body, std::string& code) {
  json::error_code error;
  const json::value root = json::parse(Text(body), error);
  if (error || !root.is_object()) return {};
  const json::object& request = root.get_object();
  const json::value* previous = request.if_contains("previous_response_id");
  if (previous != nullptr && previous->is_string()) {
    const std::string id(previous->get_string());
    if (!id.starts_with("resp_fake_" + FamilyPrefix(family))) {
      code = "previous_response_not_found";
      return "Previous response with id '" + id + "' not found.";
    }
  }
  const json::value* input = request.if_contains("input");
  if (input != nullptr && input->is_array() &&
      HoldsForeignReasoning(FamilyPrefix(family), input->get_array())) {
    code = "invalid_encrypted_content";
    return "The encrypted content for item rs_fake could not be verified.";
  }
  return {};
}

}  // namespace weir::fakes::responses
