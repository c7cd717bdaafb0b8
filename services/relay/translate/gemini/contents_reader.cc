#include "services/relay/translate/gemini/contents_reader.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libs/common/json_text.h"
#include "libs/common/text.h"
#include "services/relay/dialects/json_cursor.h"
#include "services/relay/translate/gemini/part_reader.h"
#include "services/relay/translate/gemini/thought_envelope.h"
#include "services/relay/translate/neutral/plain_slashes.h"
#include "services/relay/translate/neutral/speaker.h"

namespace weir::relay::gemini {
namespace {

using Value = ondemand::value;

// By which SDKs hand over what a function returned.
constexpr std::array<std::string_view, 4> kResultNames = {"output", "result", "content", "error"};

// What only Google's own services can look up.
bool IsStored(std::string_view uri) {
  return !(uri.starts_with("https://") || uri.starts_with("http://")) ||
         uri.find("generativelanguage.googleapis.com") != std::string_view::npos;
}

// Google takes both alphabets of base64, and its SDK for Python writes the one of URLs; others take
// the usual one alone.
std::string_view UsualBase64(std::string_view data, ChatRequest& request) {
  if (data.find_first_of("-_") == std::string_view::npos) return data;
  std::string usual(data);
  std::replace(usual.begin(), usual.end(), '-', '+');
  std::replace(usual.begin(), usual.end(), '_', '/');
  return request.Keep(std::move(usual));
}

void AddMedia(Media media, JsonReader& in, ChatRequest& request) {
  media.type = PlainSlashes(media.type, request);
  media.uri = PlainSlashes(media.uri, request);
  const bool image = media.type.starts_with("image/");
  const bool document = media.type == "application/pdf" || media.type.starts_with("text/");
  if (!image && !document) {
    return in.Refuse("holds media of a type that this model's provider does not read");
  }
  if (media.data.empty() && IsStored(media.uri)) {
    return in.Refuse("holds a file that exists only at Google; send it as inlineData");
  }
  Part& part = request.AddPart(image ? PartKind::kImage : PartKind::kDocument);
  part.place = request.Keep(in.Place());
  part.media_type = media.type;
  part.base64 = UsualBase64(media.data, request);
  if (media.data.empty()) part.url = media.uri;
}

// The only member of an object, but for the function's own name that some SDKs put beside it;
// nothing when there are more, or none.
std::optional<std::pair<std::string_view, std::string_view>> OnlyMember(std::string_view object) {
  std::optional<std::pair<std::string_view, std::string_view>> only;
  JsonCursor cursor(object);
  if (!cursor.Skip('{')) return std::nullopt;
  while (cursor.Peek() == '"') {
    const std::string_view name = cursor.String();
    if (!cursor.Skip(':')) return std::nullopt;
    const std::string_view value = cursor.RawValue();
    cursor.Skip(',');
    if (name == "name") continue;
    if (only.has_value()) return std::nullopt;
    only = {name, value};
  }
  return only;
}

// Escaped: what stands in the text that a function returned, or its structure as text.
std::string_view ResultText(std::string_view response, ChatRequest& request, bool& is_error) {
  std::string_view value = response;
  if (const auto only = OnlyMember(response); only.has_value()) {
    const bool known =
        std::find(kResultNames.begin(), kResultNames.end(), only->first) != kResultNames.end();
    if (known) value = only->second;
    is_error = only->first == "error";
  }
  if (value.size() >= 2 && value.front() == '"') return value.substr(1, value.size() - 2);
  std::string escaped;
  AppendJsonString(escaped, value);
  const std::string_view kept = request.Keep(std::move(escaped));
  return kept.substr(1, kept.size() - 2);
}

// Which results answer which calls, of those that have no ids: by name, in their order.
class ContentsReader {
 public:
  ContentsReader(JsonReader& in, ChatRequest& request) : in_(in), request_(request) {}

  void Read(Value content) {
    const std::size_t first = request_.parts.size();
    std::string_view role = "user";
    in_.Members(content, [&](std::string_view name, Value member) {
      if (name == "role") role = in_.Word(member);
      if (name == "parts") in_.Items(member, [&](Value part) { AddPart(part); });
    });
    if (role == "model") {
      AddTurn(Role::kAssistant, first);
    } else if (role == "system") {
      AddTurn(Role::kSystem, first);
    } else if (role == "user" || role == "function" || role.empty()) {
      AddTurn(Role::kUser, first);
    } else {
      in_.Refuse("has a role that is neither user nor model");
    }
  }

 private:
  struct Open {
    std::string_view id;
    bool answered = false;
  };
  // Calls of one id or name, in their order.
  struct Waiting {
    std::vector<std::size_t> places;  // of open_
    std::size_t next = 0;
  };

  // SDKs leave signatures on parts of the user's too, where nobody looks for them.
  void AddTurn(Role role, std::size_t first) {
    if (role != Role::kAssistant) {
      const auto begin = request_.parts.begin() + static_cast<std::ptrdiff_t>(first);
      request_.parts.erase(
          std::remove_if(begin, request_.parts.end(),
                         [](const Part& part) { return part.kind == PartKind::kThinking; }),
          request_.parts.end());
    }
    CheckSpeaker(role, first, request_, in_);
    request_.AddTurn(role, first);
  }

  void AddPart(Value value) {
    const PartMembers part = ReadPart(value, in_);
    if (!in_.ok()) return;
    if (!part.signature.empty()) AddThinking(part.signature);
    if (part.call.has_value()) AddCall(*part.call);
    if (part.response.has_value()) AddResult(*part.response);
    if (part.media.has_value()) AddMedia(*part.media, in_, request_);
    if (!part.text.empty() && !part.thought) request_.AddPart(PartKind::kText).text = part.text;
  }

  // The thought itself is with the signature that came of it; without one nobody wants it back.
  void AddThinking(std::string_view signature) {
    for (Thought& thought : OpenThoughts(signature)) {
      Part& part = request_.AddPart(PartKind::kThinking);
      part.text = request_.Keep(std::move(thought.text));
      part.signature = request_.Keep(std::move(thought.signature));
    }
  }

  void AddCall(const Function& call) {
    Part& part = request_.AddPart(PartKind::kToolCall);
    part.id = call.id.empty() ? request_.Keep(StrCat("call_", ++made_ids_)) : call.id;
    part.name = call.name;
    part.arguments = {call.json.empty() ? "{}" : call.json, /*escaped=*/false};
    const std::size_t place = open_.size();
    open_.push_back({part.id, /*answered=*/false});
    by_id_[part.id].places.push_back(place);
    by_name_[part.name].places.push_back(place);
  }

  void AddResult(const Function& response) {
    const std::size_t at = request_.parts.size();
    request_.AddPart(PartKind::kToolResult);
    bool is_error = false;
    const std::string_view text = ResultText(response.json, request_, is_error);
    if (!text.empty()) request_.AddPart(PartKind::kText).text = text;
    for (const Media& media : response.media) AddMedia(media, in_, request_);
    Part& result = request_.parts[at];
    result.id = IdOf(response);
    result.nested = request_.parts.size() - at - 1;
    result.is_error = is_error;
  }

  std::string_view IdOf(const Function& response) {
    const bool by_name = response.id.empty();
    auto& waiting = by_name ? by_name_ : by_id_;
    const std::string_view key = by_name ? response.name : response.id;
    const auto calls = waiting.find(key);
    Open* const call = calls == waiting.end() ? nullptr : NextOf(calls->second);
    if (call == nullptr) return key;
    call->answered = true;
    return call->id;
  }

  // The first that is not answered; each is passed over once.
  Open* NextOf(Waiting& waiting) {
    std::size_t& next = waiting.next;
    while (next < waiting.places.size() && open_[waiting.places[next]].answered) ++next;
    return next < waiting.places.size() ? &open_[waiting.places[next]] : nullptr;
  }

  JsonReader& in_;
  ChatRequest& request_;
  std::vector<Open> open_;
  std::unordered_map<std::string_view, Waiting> by_id_;
  std::unordered_map<std::string_view, Waiting> by_name_;
  std::size_t made_ids_ = 0;
};

}  // namespace

void ReadContents(Value value, JsonReader& in, ChatRequest& request) {
  ContentsReader reader(in, request);
  in.Items(value, [&](Value content) { reader.Read(content); });
}

void ReadInstruction(Value value, JsonReader& in, ChatRequest& request) {
  const std::size_t first = request.parts.size();
  in.Members(value, [&](std::string_view name, Value member) {
    if (name != "parts") return;
    in.Items(member, [&](Value item) {
      const PartMembers part = ReadPart(item, in);
      const bool more =
          part.media.has_value() || part.call.has_value() || part.response.has_value();
      if (more) in.Refuse("holds something else than text");
      if (!part.text.empty()) request.AddPart(PartKind::kText).text = part.text;
    });
  });
  if (request.parts.size() > first) request.AddSystemTurnFirst(first);
}

}  // namespace weir::relay::gemini
