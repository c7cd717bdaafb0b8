#include "services/relay/dialects/field_scan.h"

#include "libs/common/text.h"
#include "services/relay/dialects/json_read.h"

namespace weir::relay {

namespace ondemand = simdjson::ondemand;

absl::Status WrongType(std::string_view field, std::string_view expected) {
  return absl::InvalidArgumentError(StrCat("'", field, "' must be ", expected));
}

absl::Status StandsTwice(std::string_view field) {
  return absl::InvalidArgumentError(StrCat("'", field, "' stands there twice"));
}

absl::Status ScanModel(ondemand::value value, std::string_view body, RequestFacts& facts) {
  if (!facts.model.empty()) return StandsTwice("model");
  const std::string_view token = value.raw_json_token();
  std::string_view model;
  if (value.get_string().get(model) != simdjson::SUCCESS || model.empty()) {
    return WrongType("model", "the name of a model");
  }
  if (model.size() > kModelBytesMax) {
    return absl::InvalidArgumentError(StrCat("'model' is longer than ", kModelBytesMax, " bytes"));
  }
  facts.model = std::string(model);
  facts.model_token = PlaceOf(body, token);
  return absl::OkStatus();
}

absl::Status ScanStream(ondemand::value value, std::string_view body, RequestFacts& facts) {
  if (facts.stream_token.size != 0) return StandsTwice("stream");
  facts.stream_token = PlaceOf(body, value.raw_json_token());
  bool is_null = false;
  if (value.is_null().get(is_null) == simdjson::SUCCESS && is_null) return absl::OkStatus();
  if (value.get_bool().get(facts.stream) != 0) return WrongType("stream", "true or false");
  return absl::OkStatus();
}

absl::Status ScanPlace(std::string_view field, ondemand::value value, std::string_view body,
                       Span& place) {
  if (place.size != 0) return StandsTwice(field);
  std::string_view text;
  if (const auto error = TextOf(value, text); error != simdjson::SUCCESS) return NotJson(error);
  place = PlaceOf(body, text);
  return absl::OkStatus();
}

absl::Status ScanStreamOptions(ondemand::value value, std::string_view body, RequestFacts& facts) {
  Span place;
  absl::Status status = ScanPlace("stream_options", value, body, place);
  if (!status.ok()) return status;
  facts.has_stream_options = true;
  facts.include_usage = false;
  facts.include_usage_token = {};
  facts.stream_options = place;
  if (body.substr(place.begin, place.size) == "null") return absl::OkStatus();
  if (body[place.begin] != '{') return WrongType("stream_options", "an object");
  return ForEachMember(body, place, {"include_usage"},
                       [&](std::string_view name, ondemand::value flag) {
                         if (name != "include_usage") return absl::OkStatus();
                         facts.include_usage_token = PlaceOf(body, flag.raw_json_token());
                         if (flag.get_bool().get(facts.include_usage) == 0) return absl::OkStatus();
                         return WrongType("stream_options.include_usage", "true or false");
                       });
}

absl::Status ScanNumber(std::string_view field, ondemand::value value, std::string_view body,
                        NumberField& out) {
  if (out.value.size != 0) return StandsTwice(field);
  std::int64_t number = 0;
  if (value.get_int64().get(number) == simdjson::SUCCESS && number >= 0) out.number = number;
  return ScanPlace(field, value, body, out.value);
}

absl::Status ScanCount(std::string_view field, ondemand::value value, std::string_view body,
                       NumberField& out) {
  absl::Status status = ScanNumber(field, value, body, out);
  if (!status.ok() || out.number >= 0) return status;
  if (body.substr(out.value.begin, out.value.size) == "null") return status;
  return WrongType(field, "a whole number, not negative");
}

absl::Status ScanTemperature(ondemand::value value, std::string_view body, RequestFacts& facts) {
  absl::Status status = ScanPlace("temperature", value, body, facts.temperature);
  if (status.ok()) facts.has_temperature = body[facts.temperature.begin] != 'n';
  return status;
}

absl::Status ScanTools(ondemand::value value, std::string_view body, RequestFacts& facts) {
  Span place;
  if (absl::Status status = ScanPlace("tools", value, body, place); !status.ok()) return status;
  const std::string_view raw = body.substr(place.begin, place.size);
  facts.has_tools |= raw.starts_with('[') && StripSpace(raw.substr(1)) != "]";
  return absl::OkStatus();
}

absl::Status ScanReasoningEffort(ondemand::value value, std::string_view, RequestFacts& facts) {
  std::string_view effort;
  if (value.get_string().get(effort) == simdjson::SUCCESS) facts.thinks = effort != "none";
  return absl::OkStatus();
}

absl::Status ScanPromptCacheKey(ondemand::value value, std::string_view, RequestFacts& facts) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) {
    facts.affinity = std::string(text.substr(0, kAffinityBytesMax));
  }
  return absl::OkStatus();
}

}  // namespace weir::relay
