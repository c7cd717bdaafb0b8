// What is read of a request in Gemini's protocol. Every name may be spelled in two ways, as in all
// protocols that are made from protobufs: Google's SDK for Python mixes them.
#include "services/relay/dialects/field_scan.h"
#include "services/relay/dialects/json_read.h"

namespace weir::relay {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::string_view kModels = "models/";

bool IsEither(std::string_view name, std::string_view camel, std::string_view snake) {
  return name == camel || name == snake;
}

// Includes what thinks by itself (-1) or as much as it likes; 0 is none.
absl::Status ScanThinkingMember(std::string_view name, ondemand::value value, RequestFacts& facts) {
  std::int64_t budget = 0;
  bool included = false;
  if (IsEither(name, "thinkingBudget", "thinking_budget")) {
    facts.thinks |= value.get_int64().get(budget) == simdjson::SUCCESS && budget != 0;
  } else if (IsEither(name, "includeThoughts", "include_thoughts")) {
    facts.thinks |= value.get_bool().get(included) == simdjson::SUCCESS && included;
  } else if (IsEither(name, "thinkingLevel", "thinking_level")) {
    std::string_view level;
    facts.thinks |= value.get_string().get(level) == simdjson::SUCCESS;
  }
  return absl::OkStatus();
}

absl::Status ScanThinkingConfig(ondemand::value value, std::string_view body, RequestFacts& facts) {
  Span place;
  absl::Status status = ScanPlace("thinkingConfig", value, body, place);
  if (!status.ok() || body[place.begin] != '{') return status;
  return ForEachMember(body, place, {"thinkingBudget", "thinkingLevel", "includeThoughts"},
                       [&](std::string_view name, ondemand::value member) {
                         return ScanThinkingMember(name, member, facts);
                       });
}

absl::Status ScanConfigMember(std::string_view name, ondemand::value value, std::string_view body,
                              RequestFacts& facts) {
  if (IsEither(name, "maxOutputTokens", "max_output_tokens")) {
    return ScanCount("generationConfig.maxOutputTokens", value, body, facts.max_tokens);
  }
  if (IsEither(name, "candidateCount", "candidate_count")) {
    return ScanCount("generationConfig.candidateCount", value, body, facts.choices);
  }
  if (name == "temperature") return ScanTemperature(value, body, facts);
  if (IsEither(name, "thinkingConfig", "thinking_config")) {
    return ScanThinkingConfig(value, body, facts);
  }
  return absl::OkStatus();
}

absl::Status ScanConfig(ondemand::value value, std::string_view body, RequestFacts& facts) {
  absl::Status status = ScanPlace("generationConfig", value, body, facts.config);
  if (!status.ok() || body.substr(facts.config.begin, facts.config.size) == "null") return status;
  if (body[facts.config.begin] != '{') return WrongType("generationConfig", "an object");
  return ForEachMember(body, facts.config,
                       {"maxOutputTokens", "max_output_tokens", "candidateCount", "candidate_count",
                        "temperature", "thinkingConfig", "thinking_config"},
                       [&](std::string_view name, ondemand::value member) {
                         return ScanConfigMember(name, member, body, facts);
                       });
}

absl::Status ScanContents(ondemand::value value, std::string_view body, RequestFacts& facts) {
  return ScanPlace("contents", value, body, facts.messages);
}

absl::Status ScanInstruction(ondemand::value value, std::string_view body, RequestFacts& facts) {
  absl::Status status = ScanPlace("systemInstruction", value, body, facts.system);
  if (!status.ok() || body[facts.system.begin] != '{') return status;
  // Of two, the provider might read those that the gateway's prompt is not among.
  int parts = 0;
  return ForEachMember(body, facts.system, {"parts"}, [&](std::string_view name, ondemand::value) {
    return name == "parts" && ++parts > 1 ? StandsTwice("systemInstruction.parts")
                                          : absl::OkStatus();
  });
}

// "models/M" once more, beside the path: it must be the same one.
absl::Status ScanNamedModel(ondemand::value value, std::string_view body, RequestFacts& facts) {
  const std::string_view token = value.raw_json_token();
  std::string_view name;
  if (value.get_string().get(name) != simdjson::SUCCESS) {
    return WrongType("model", "the name of a model");
  }
  if (name.starts_with(kModels)) name.remove_prefix(kModels.size());
  if (!facts.named_models.empty() && name != facts.named_model) {
    return absl::InvalidArgumentError("'model' names two models");
  }
  facts.named_model = std::string(name);
  facts.named_models.push_back(PlaceOf(body, token));
  return absl::OkStatus();
}

absl::Status ScanModelWithin(Span place, std::string_view body, RequestFacts& facts) {
  if (place.size == 0 || body[place.begin] != '{') return absl::OkStatus();
  return ForEachMember(body, place, {"model"}, [&](std::string_view name, ondemand::value member) {
    return name == "model" ? ScanNamedModel(member, body, facts) : absl::OkStatus();
  });
}

// countTokens may hold a whole request.
absl::Status ScanInnerRequest(ondemand::value value, std::string_view body, RequestFacts& facts) {
  Span place;
  absl::Status status = ScanPlace("generateContentRequest", value, body, place);
  return status.ok() ? ScanModelWithin(place, body, facts) : status;
}

// batchEmbedContents: each request names its model.
absl::Status ScanRequests(ondemand::value value, std::string_view body, RequestFacts& facts) {
  ondemand::array requests;
  if (value.get_array().get(requests) != simdjson::SUCCESS) {
    return WrongType("requests", "an array");
  }
  for (auto item : requests) {
    ondemand::value request;
    if (item.get(request) != simdjson::SUCCESS) return NotJson(simdjson::TAPE_ERROR);
    Span place;
    absl::Status status = ScanPlace("requests", request, body, place);
    if (status.ok()) status = ScanModelWithin(place, body, facts);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

constexpr ScannedField kGeminiFields[] = {
    {"contents", ScanContents},
    {"systemInstruction", ScanInstruction},
    {"system_instruction", ScanInstruction},
    {"tools", ScanTools},
    {"generationConfig", ScanConfig},
    {"generation_config", ScanConfig},
    {"model", ScanNamedModel},
    {"requests", ScanRequests},
    {"generateContentRequest", ScanInnerRequest},
    {"generate_content_request", ScanInnerRequest},
};

}  // namespace

std::span<const ScannedField> GeminiFields() { return kGeminiFields; }

}  // namespace weir::relay
