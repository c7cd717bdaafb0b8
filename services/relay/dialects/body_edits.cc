#include "services/relay/dialects/body_edits.h"

#include <algorithm>
#include <utility>

#include "libs/common/json_text.h"
#include "libs/common/text.h"
#include "services/relay/dialects/prompt_edit.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kThinkingBudgetMin = 1'024;  // Anthropic refuses less
constexpr std::string_view kThinkingOff = R"({"type":"disabled"})";

// The edits in the making. New fields go to the front of the object, in one edit.
struct Plan {
  std::string_view body;
  std::vector<BodyEdit> edits;
  std::string new_fields;         // each with a comma behind it
  std::string new_config_fields;  // Gemini: of generationConfig, likewise

  std::string_view At(const Span& place) const { return body.substr(place.begin, place.size); }
  void Replace(const Span& place, std::string text) { edits.push_back({place, std::move(text)}); }
  // In place of the value that is there, be it null, or as a new field.
  void Set(const Span& place, std::string_view name, std::string_view value) {
    SetWithin(new_fields, place, name, value);
  }
  void SetWithin(std::string& fields, const Span& place, std::string_view name,
                 std::string_view value) {
    if (place.size == 0) {
      StrAppend(fields, '"', name, "\":", value, ',');
    } else if (At(place) != value) {
      Replace(place, std::string(value));
    }
  }
};

// Switches include_usage on: a second one behind the client's own "false" would be read by nobody,
// or by somebody only, so a value that is there is replaced where it stands.
void AskForUsage(const RequestFacts& facts, Plan& plan) {
  if (!facts.has_stream_options) {
    plan.new_fields += R"("stream_options":{"include_usage":true},)";
    return;
  }
  if (facts.include_usage_token.size != 0) {
    plan.Replace(facts.include_usage_token, "true");
    return;
  }
  const Span& place = facts.stream_options;
  const std::string_view options = plan.At(place);
  if (!options.starts_with('{')) {  // it was null
    plan.Replace(place, R"({"include_usage":true})");
    return;
  }
  const bool empty = StripSpace(options.substr(1)) == "}";
  plan.Replace({place.begin + 1, 0}, StrCat(R"("include_usage":true)", empty ? "" : ","));
}

void SetStream(Dialect dialect, const RequestFacts& facts, const BodyChanges& changes, Plan& plan) {
  if (dialect == Dialect::kGemini) return;  // its path says so
  const bool stream = changes.stream.value_or(facts.stream);
  if (changes.stream.has_value() && (stream || facts.stream_token.size != 0)) {
    plan.Set(facts.stream_token, "stream", stream ? "true" : "false");
  }
  if (dialect == Dialect::kAnthropicMessages) return;
  const bool chat = dialect == Dialect::kOpenAiChat;
  if (chat && stream && changes.ask_for_usage && !facts.include_usage) AskForUsage(facts, plan);
  // Without a stream its options are an error.
  if (changes.stream == false && facts.has_stream_options) {
    plan.Set(facts.stream_options, "stream_options", "null");
  }
}

bool IsNull(const NumberField& field, const Plan& plan) {
  return field.value.size == 0 || plan.At(field.value) == "null";
}

// Anthropic wants the budget for thinking to be smaller than all tokens, and to be at least so
// much. Returns whether the request thinks still.
bool FitThinking(const RequestFacts& facts, std::int64_t tokens, bool disable, Plan& plan) {
  const std::int64_t budget = facts.thinking_budget.number;
  const bool too_large = facts.thinks && tokens > 0 && budget >= tokens;
  if (disable || (too_large && tokens <= kThinkingBudgetMin)) {
    if (facts.thinking.size != 0) plan.Replace(facts.thinking, std::string(kThinkingOff));
    // Clearing of old thinking is refused while thinking is off.
    const std::string_view management = plan.At(facts.context_management);
    if (management.find("clear_thinking") != std::string_view::npos) {
      plan.Replace(facts.context_management, "null");
    }
    return false;
  }
  if (too_large) plan.Replace(facts.thinking_budget.value, StrCat(tokens - 1));
  return facts.thinks;
}

// Where fields go that bound the answer.
std::string& FieldsFor(Dialect dialect, Plan& plan) {
  return dialect == Dialect::kGemini ? plan.new_config_fields : plan.new_fields;
}

// Returns how many tokens the answer may now have; 0 = as the request said.
std::int64_t ClampTokens(Dialect dialect, const RequestFacts& facts, const BodyChanges& changes,
                         Plan& plan) {
  const DialectWords& row = WordsOf(dialect);
  std::int64_t changed_to = 0;
  const auto clamp = [&](const NumberField& field) {
    if (IsNull(field, plan)) return;
    std::int64_t tokens = changes.max_tokens.Applied(field.number);
    if (tokens == field.number) return;
    tokens = std::max(tokens, row.max_tokens_min);
    plan.Replace(field.value, StrCat(tokens));
    changed_to = tokens;
  };
  clamp(facts.max_tokens);
  clamp(facts.max_completion_tokens);
  const std::int64_t standard = changes.max_tokens.Applied(-1);
  if (standard > 0 && IsNull(facts.max_tokens, plan) && IsNull(facts.max_completion_tokens, plan)) {
    const bool completion = dialect == Dialect::kOpenAiChat && changes.names_completion_tokens;
    const NumberField& field = completion ? facts.max_completion_tokens : facts.max_tokens;
    changed_to = std::max(standard, row.max_tokens_min);
    plan.SetWithin(FieldsFor(dialect, plan), field.value,
                   completion ? "max_completion_tokens" : row.max_tokens_field, StrCat(changed_to));
  }
  return changed_to;
}

void SetTemperature(Dialect dialect, const RequestFacts& facts, const BodyChanges& changes,
                    Plan& plan) {
  if (!changes.temperature_milli.has_value() || facts.has_temperature) return;
  const std::int32_t milli = *changes.temperature_milli;
  std::string digits = StrCat(milli % 1'000);
  digits.insert(0, 3 - digits.size(), '0');
  plan.SetWithin(FieldsFor(dialect, plan), facts.temperature, "temperature",
                 StrCat(milli / 1'000, ".", digits));
}

// The body may name the model once more; all of its places say the same.
void SetModel(Dialect dialect, const RequestFacts& facts, const BodyChanges& changes, Plan& plan) {
  const std::string_view model = changes.upstream_model;
  const bool missing = changes.adds_model && facts.model_token.size == 0;
  if (model == facts.model && !missing) return;
  std::string name;
  AppendJsonString(name, dialect == Dialect::kGemini ? StrCat("models/", model) : model);
  if (dialect != Dialect::kGemini) return plan.Set(facts.model_token, "model", name);
  for (const Span& place : facts.named_models) plan.Replace(place, name);
}

// What goes into generationConfig, which may not be there yet.
void AddConfig(const RequestFacts& facts, Plan& plan) {
  std::string& fields = plan.new_config_fields;
  if (fields.empty()) return;
  const std::string_view config = plan.At(facts.config);
  const bool is_object = config.starts_with('{');
  if (!is_object || StripSpace(config.substr(1)) == "}") fields.pop_back();  // nothing behind them
  if (is_object) {
    plan.Replace({facts.config.begin + 1, 0}, std::move(fields));
  } else {
    plan.Set(facts.config, "generationConfig", StrCat("{", fields, "}"));
  }
}

}  // namespace

void SortEdits(std::vector<BodyEdit>& edits) {
  if (edits.size() < 2) return;
  std::stable_sort(edits.begin(), edits.end(), [](const BodyEdit& a, const BodyEdit& b) {
    if (a.erased.begin != b.erased.begin) return a.erased.begin < b.erased.begin;
    return a.erased.size == 0 && b.erased.size > 0;
  });
}

std::vector<BodyEdit> PlanBodyEdits(Dialect dialect, const RequestFacts& facts,
                                    std::string_view body, const BodyChanges& changes) {
  Plan plan{body, {}, {}, {}};
  SetModel(dialect, facts, changes, plan);
  SetStream(dialect, facts, changes, plan);
  if (facts.messages.size != 0) {
    const std::int64_t tokens = ClampTokens(dialect, facts, changes, plan);
    // Whoever thinks may not set a temperature, but at Gemini.
    const bool thinks = FitThinking(facts, tokens, changes.disable_thinking, plan);
    if (!thinks || dialect == Dialect::kGemini) SetTemperature(dialect, facts, changes, plan);
    AddConfig(facts, plan);
    if (!changes.system_prompt.empty()) {
      AddPrompt(dialect, facts, body, changes.system_prompt, plan.new_fields, plan.edits);
    }
  }
  if (!plan.new_fields.empty()) {
    const std::size_t inside = facts.object.begin + 1;
    if (StripSpace(body.substr(inside)) == "}") plan.new_fields.pop_back();  // nothing behind them
    plan.Replace({inside, 0}, std::move(plan.new_fields));
  }
  SortEdits(plan.edits);
  return std::move(plan.edits);
}

}  // namespace weir::relay
