#include "services/relay/translate/neutral/request_fields.h"

#include <algorithm>
#include <string>

#include "services/relay/translate/neutral/efforts.h"

namespace weir::relay {

absl::Status ReadFields(std::string_view body, std::span<const RequestField> fields,
                        std::string_view only_system, ChatRequest& request) {
  JsonDocument document;
  JsonReader in = JsonReader::OfRequest();
  ondemand::value root;
  if (!document.Open(body, root)) {
    return absl::InvalidArgumentError("the request body is not valid JSON");
  }
  in.Members(root, [&](std::string_view name, ondemand::value member) {
    const auto field =
        std::find_if(fields.begin(), fields.end(),
                     [name](const RequestField& candidate) { return candidate.name == name; });
    if (field != fields.end()) return field->read(member, in, request);
    request.dropped.push_back(in.Place());
  });
  if (!in.ok()) return in.status();
  if (LeadingSystemTurns(request) < request.turns.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(std::string(only_system));
}

void ReadEffort(std::string_view word, JsonReader& in, ChatRequest& request) {
  request.thinking.effort = EffortOf(word);
  if (request.thinking.effort == Effort::kUnset) request.dropped.push_back(in.Place());
}

OutputFormat::Kind OutputKindOf(std::string_view word, JsonReader& in) {
  if (word == "json_schema") return OutputFormat::Kind::kJsonSchema;
  if (word == "json_object") return OutputFormat::Kind::kJsonObject;
  if (word != "text") in.Wrong("text, json_object or json_schema for this model");
  return OutputFormat::Kind::kText;
}

}  // namespace weir::relay
