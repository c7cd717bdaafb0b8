#include "services/relay/dialects/request_fields.h"

#include <span>

#include "libs/common/text.h"
#include "services/relay/dialects/field_scan.h"
#include "services/relay/dialects/json_read.h"

namespace weir::relay {
namespace {

namespace ondemand = simdjson::ondemand;

// metadata.user_id, if it is there and text; whatever else stands in metadata is not our business.
simdjson::error_code ScanMetadata(ondemand::value value, RequestFacts& facts) {
  ondemand::json_type type{};
  if (const auto error = value.type().get(type); error != simdjson::SUCCESS) return error;
  if (type != ondemand::json_type::object) return simdjson::SUCCESS;
  ondemand::object metadata;
  if (const auto error = value.get_object().get(metadata); error != simdjson::SUCCESS) return error;
  for (auto field : metadata) {
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key); error != simdjson::SUCCESS) return error;
    std::string_view text;
    if (key == "user_id" && field.value().get_string().get(text) == simdjson::SUCCESS) {
      facts.affinity = std::string(text.substr(0, kAffinityBytesMax));
    }
  }
  return simdjson::SUCCESS;
}

absl::Status ScanMaxTokens(ondemand::value value, std::string_view body, RequestFacts& facts) {
  return ScanCount("max_tokens", value, body, facts.max_tokens);
}

absl::Status ScanMaxCompletionTokens(ondemand::value value, std::string_view body,
                                     RequestFacts& facts) {
  return ScanCount("max_completion_tokens", value, body, facts.max_completion_tokens);
}

absl::Status ScanChoices(ondemand::value value, std::string_view body, RequestFacts& facts) {
  return ScanCount("n", value, body, facts.choices);
}

absl::Status ScanThinking(ondemand::value value, std::string_view body, RequestFacts& facts) {
  absl::Status status = ScanPlace("thinking", value, body, facts.thinking);
  if (!status.ok() || body[facts.thinking.begin] != '{') return status;
  return ForEachMember(body, facts.thinking, {"type", "budget_tokens"},
                       [&](std::string_view name, ondemand::value member) {
                         std::string_view type;
                         if (name == "type" && member.get_string().get(type) == simdjson::SUCCESS) {
                           facts.thinks = type != "disabled";
                         }
                         if (name != "budget_tokens") return absl::OkStatus();
                         return ScanNumber("thinking.budget_tokens", member, body,
                                           facts.thinking_budget);
                       });
}

absl::Status ScanSystem(ondemand::value value, std::string_view body, RequestFacts& facts) {
  return ScanPlace("system", value, body, facts.system);
}

absl::Status ScanContextManagement(ondemand::value value, std::string_view body,
                                   RequestFacts& facts) {
  return ScanPlace("context_management", value, body, facts.context_management);
}

absl::Status ScanMessages(ondemand::value value, std::string_view body, RequestFacts& facts) {
  return ScanPlace("messages", value, body, facts.messages);
}

absl::Status ScanAnthropicMetadata(ondemand::value value, std::string_view, RequestFacts& facts) {
  const auto error = ScanMetadata(value, facts);
  return error == simdjson::SUCCESS ? absl::OkStatus() : NotJson(error);
}

absl::Status ScanInput(ondemand::value value, std::string_view body, RequestFacts& facts) {
  const Span token = PlaceOf(body, value.raw_json_token());
  if (body[token.begin] == '"') facts.input_text_bytes = token.size - 2;
  return absl::OkStatus();
}

constexpr ScannedField kAnthropicFields[] = {
    {"model", ScanModel},
    {"stream", ScanStream},
    {"max_tokens", ScanMaxTokens},
    {"messages", ScanMessages},
    {"system", ScanSystem},
    {"tools", ScanTools},
    {"metadata", ScanAnthropicMetadata},
    {"thinking", ScanThinking},
    {"temperature", ScanTemperature},
    {"context_management", ScanContextManagement},
};

constexpr ScannedField kOpenAiFields[] = {
    {"model", ScanModel},
    {"stream", ScanStream},
    {"stream_options", ScanStreamOptions},
    {"max_tokens", ScanMaxTokens},
    {"max_completion_tokens", ScanMaxCompletionTokens},
    {"n", ScanChoices},
    {"messages", ScanMessages},
    {"tools", ScanTools},
    {"functions", ScanTools},
    {"reasoning_effort", ScanReasoningEffort},
    {"temperature", ScanTemperature},
    {"prompt_cache_key", ScanPromptCacheKey},
    {"input", ScanInput},
};

std::span<const ScannedField> FieldsOf(Dialect dialect) {
  switch (dialect) {
    case Dialect::kAnthropicMessages:
      return kAnthropicFields;
    case Dialect::kOpenAiChat:
      return kOpenAiFields;
    case Dialect::kOpenAiResponses:
      return ResponsesFields();
    case Dialect::kGemini:
      return GeminiFields();
  }
  return {};
}

}  // namespace

absl::Status ScanField(Dialect dialect, std::string_view name, ondemand::value value,
                       std::string_view body, RequestFacts& facts) {
  const std::span<const ScannedField> fields = FieldsOf(dialect);
  for (const ScannedField& field : fields) {
    if (field.name == name) return field.scan(value, body, facts);
  }
  const FoldedName folded(name);
  if (folded.view().empty()) return absl::OkStatus();
  for (const ScannedField& field : fields) {
    if (EqualsIgnoreCase(field.name, folded.view())) return WrittenOtherwise(name, field.name);
  }
  return absl::OkStatus();
}

}  // namespace weir::relay
