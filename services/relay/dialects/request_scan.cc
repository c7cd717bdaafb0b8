#include "services/relay/dialects/request_scan.h"

#include <simdjson.h>

#include <optional>

#include "libs/common/text.h"
#include "services/relay/dialects/json_read.h"
#include "services/relay/dialects/request_fields.h"

namespace weir::relay {

namespace ondemand = simdjson::ondemand;

absl::StatusOr<RequestFacts> ScanRequest(Dialect dialect, std::string_view body,
                                         std::string_view default_model) {
  if (StripSpace(body).empty()) return absl::InvalidArgumentError("the request body is empty");
  thread_local ondemand::parser thread_parser;
  std::optional<ondemand::parser> own_parser;
  ondemand::parser& parser = ParserFor(body.size(), thread_parser, own_parser);
  ondemand::document document;
  const auto opened =
      parser.iterate(body.data(), body.size(), body.size() + kBodyPaddingBytes).get(document);
  if (opened != simdjson::SUCCESS) return NotJson(opened);
  ondemand::object object;
  if (const auto error = document.get_object().get(object); error != simdjson::SUCCESS) {
    return error == simdjson::INCORRECT_TYPE
               ? absl::InvalidArgumentError("the request body must be a JSON object")
               : NotJson(error);
  }
  RequestFacts facts;
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (const auto error = field.unescaped_key().get(key); error != simdjson::SUCCESS) {
      return NotJson(error);
    }
    if (const auto error = field.value().get(value); error != simdjson::SUCCESS) {
      return NotJson(error);
    }
    if (absl::Status status = ScanField(dialect, key, value, body, facts); !status.ok()) {
      return status;
    }
  }
  const char* behind = nullptr;
  if (document.current_location().get(behind) == simdjson::SUCCESS) {
    return absl::InvalidArgumentError("the request body goes on after its JSON object");
  }
  if (facts.model.empty()) facts.model = std::string(default_model);
  if (facts.model.empty()) {
    return absl::InvalidArgumentError("'model' is missing: name the model that should answer");
  }
  facts.object.begin = body.find('{');
  facts.object.size = body.size() - facts.object.begin;
  return facts;
}

}  // namespace weir::relay
