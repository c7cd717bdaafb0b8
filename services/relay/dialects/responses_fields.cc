// What is read of a request in OpenAI's Responses.
#include "services/relay/dialects/field_scan.h"
#include "services/relay/dialects/json_read.h"

namespace weir::relay {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kResponseIdBytesMax = 256;

absl::Status ScanMaxOutputTokens(ondemand::value value, std::string_view body,
                                 RequestFacts& facts) {
  return ScanCount("max_output_tokens", value, body, facts.max_tokens);
}

// {"effort": …}
absl::Status ScanReasoning(ondemand::value value, std::string_view body, RequestFacts& facts) {
  Span place;
  absl::Status status = ScanPlace("reasoning", value, body, place);
  if (!status.ok() || body[place.begin] != '{') return status;
  return ForEachMember(body, place, {"effort"}, [&](std::string_view name, ondemand::value member) {
    return name == "effort" ? ScanReasoningEffort(member, body, facts) : absl::OkStatus();
  });
}

absl::Status ScanPreviousResponse(ondemand::value value, std::string_view, RequestFacts& facts) {
  if (!facts.previous_response.empty()) return StandsTwice("previous_response_id");
  bool is_null = false;
  if (value.is_null().get(is_null) == simdjson::SUCCESS && is_null) return absl::OkStatus();
  std::string_view id;
  if (value.get_string().get(id) != simdjson::SUCCESS || id.size() > kResponseIdBytesMax) {
    return WrongType("previous_response_id", "the id of an answer");
  }
  facts.previous_response = std::string(id);
  return absl::OkStatus();
}

// What it makes is fetched later, when nobody can count it any more.
absl::Status ScanBackground(ondemand::value value, std::string_view, RequestFacts&) {
  bool background = false;
  if (value.get_bool().get(background) == simdjson::SUCCESS && background) {
    return absl::InvalidArgumentError(
        "'background' must be false: this gateway serves no answers that are fetched later");
  }
  return absl::OkStatus();
}

absl::Status ScanInstructions(ondemand::value value, std::string_view body, RequestFacts& facts) {
  return ScanPlace("instructions", value, body, facts.system);
}

absl::Status ScanInputItems(ondemand::value value, std::string_view body, RequestFacts& facts) {
  return ScanPlace("input", value, body, facts.messages);
}

constexpr ScannedField kResponsesFields[] = {
    {"model", ScanModel},
    {"stream", ScanStream},
    {"stream_options", ScanStreamOptions},
    {"max_output_tokens", ScanMaxOutputTokens},
    {"input", ScanInputItems},
    {"instructions", ScanInstructions},
    {"tools", ScanTools},
    {"reasoning", ScanReasoning},
    {"temperature", ScanTemperature},
    {"prompt_cache_key", ScanPromptCacheKey},
    {"previous_response_id", ScanPreviousResponse},
    {"background", ScanBackground},
};

}  // namespace

std::span<const ScannedField> ResponsesFields() { return kResponsesFields; }

}  // namespace weir::relay
