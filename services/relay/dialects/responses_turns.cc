#include "services/relay/dialects/responses_turns.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/status/status.h"

#include "libs/common/ids.h"
#include "libs/common/json_text.h"
#include "libs/common/text.h"
#include "services/relay/dialects/json_read.h"

namespace weir::relay {
namespace {

namespace ondemand = simdjson::ondemand;

// What the message says about the turn, and the members that go into the body as they are.
struct Message {
  std::string_view type;
  std::string_view previous;  // previous_response_id
  std::string_view input;     // as JSON
  bool generates = true;
  std::string members;  // each with a comma behind it
};

// Set anew by the gateway, or of no meaning over HTTP.
bool IsOurs(std::string_view key) {
  constexpr std::array<std::string_view, 6> kOurs = {
      "type", "stream", "background", "input", "previous_response_id", "generate"};
  return std::find(kOurs.begin(), kOurs.end(), key) != kOurs.end();
}

absl::Status Wrong(std::string_view what) { return absl::InvalidArgumentError(std::string(what)); }

absl::Status ReadMember(ondemand::field field, Message& message) {
  std::string_view key;
  if (field.unescaped_key().get(key) != simdjson::SUCCESS) return Wrong("the message is no JSON");
  ondemand::value value = field.value();
  if (key == "type" && value.get_string().get(message.type) != simdjson::SUCCESS) {
    return Wrong("'type' must be a string");
  }
  if (key == "previous_response_id" && !value.is_null() &&
      value.get_string().get(message.previous) != simdjson::SUCCESS) {
    return Wrong("'previous_response_id' must be a string");
  }
  if (key == "generate" && value.get_bool().get(message.generates) != simdjson::SUCCESS) {
    return Wrong("'generate' must be true or false");
  }
  if (key == "input" && TextOf(value, message.input) != simdjson::SUCCESS) {
    return Wrong("the message is no JSON");
  }
  if (IsOurs(key)) return absl::OkStatus();
  std::string_view raw;
  if (TextOf(value, raw) != simdjson::SUCCESS) return Wrong("the message is no JSON");
  AppendJsonString(message.members, key);
  StrAppend(message.members, ":", raw, ",");
  return absl::OkStatus();
}

// The items of `input`: of a list those between its brackets, of a text the message it stands for.
absl::StatusOr<std::string> ItemsOf(std::string_view input) {
  const std::string_view text = StripSpace(input);
  if (text.empty()) return std::string();
  if (text.front() == '"') {
    return StrCat(R"({"type":"message","role":"user","content":)", text, "}");
  }
  if (text.front() != '[') return Wrong("'input' must be a string or a list");
  return std::string(StripSpace(text.substr(1, text.size() - 2)));
}

std::string Joined(std::string_view first, std::string_view second) {
  return StrCat(first, first.empty() || second.empty() ? "" : ",", second);
}

}  // namespace

absl::StatusOr<ResponsesTurn> ResponsesTurns::Next(std::string_view text) {
  const simdjson::padded_string padded(text);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return Wrong("the message is no JSON object");
  }
  Message message;
  for (auto field : object) {
    ondemand::field member;
    if (std::move(field).get(member) != simdjson::SUCCESS) return Wrong("the message is no JSON");
    if (absl::Status status = ReadMember(member, message); !status.ok()) return status;
  }
  const char* behind = nullptr;
  if (document.current_location().get(behind) == simdjson::SUCCESS) {
    return Wrong("something follows the message's object");
  }
  if (message.type == "response.processed") return ResponsesTurn{};
  if (message.type != "response.create") return Wrong("'type' must be \"response.create\"");
  absl::StatusOr<std::string> items = ItemsOf(message.input);
  if (!items.ok()) return items.status();
  const bool goes_on = !message.previous.empty() && message.previous == response_id_;
  asked_input_ = goes_on ? Joined(input_, *items) : *std::move(items);
  ResponsesTurn turn;
  if (!message.generates) {
    turn.kind = ResponsesTurn::Kind::kWarmUp;
    turn.response_id = response_id_ = StrCat("resp_warm_", RandomHex(12));
    input_ = std::exchange(asked_input_, {});
    return turn;
  }
  turn.kind = ResponsesTurn::Kind::kRequest;
  if (!goes_on && !message.previous.empty()) {
    StrAppend(message.members, R"("previous_response_id":")", message.previous, "\",");
  }
  turn.body = StrCat("{", message.members, R"("stream":true,"input":[)", asked_input_, "]}");
  return turn;
}

void ResponsesTurns::NoteEvent(std::string_view data) {
  // Only the last event of an answer holds the whole response; most need no look inside.
  if (data.find("\"response.completed\"") == std::string_view::npos &&
      data.find("\"response.incomplete\"") == std::string_view::npos) {
    return;
  }
  const simdjson::padded_string padded(data);
  ondemand::parser parser;
  ondemand::document document;
  std::string_view type;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document["type"].get_string().get(type) != simdjson::SUCCESS ||
      (type != "response.completed" && type != "response.incomplete")) {
    return;
  }
  std::string_view id;
  std::string_view output;
  ondemand::object response;
  ondemand::value said_value;
  const bool whole = document["response"].get_object().get(response) == simdjson::SUCCESS &&
                     response["id"].get_string().get(id) == simdjson::SUCCESS &&
                     response["output"].get(said_value) == simdjson::SUCCESS &&
                     TextOf(said_value, output) == simdjson::SUCCESS;
  const absl::StatusOr<std::string> said = ItemsOf(output);
  const bool fits = said.ok() && asked_input_.size() + said->size() <= bytes_max_;
  response_id_ = whole && fits ? std::string(id) : std::string();
  input_ = whole && fits ? Joined(asked_input_, *said) : std::string();
  asked_input_.clear();
}

}  // namespace weir::relay
