#include "services/relay/metering/usage_parse.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>

namespace weir::relay {
namespace {

namespace dom = simdjson::dom;

// No request is near it; the ledger refuses what is far above, and such an event would be lost.
constexpr std::int64_t kTokensMax = 100'000'000;
// simdjson reads behind the end, so the text is copied into room of its own; usage is small.
constexpr std::size_t kUsageBytesMax = 32 * 1024;

std::optional<std::int64_t> Count(const dom::object& object, std::string_view name) {
  // Some write whole numbers as 5.0; a double holds all that are not absurd.
  double value = 0;
  const bool sound = object[name].get(value) == simdjson::SUCCESS;
  if (!sound || value < 0 || value > static_cast<double>(kTokensMax)) return std::nullopt;
  if (std::trunc(value) != value) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

// There is a number, and it is none that can be true.
bool IsAbsurd(const dom::object& object, std::string_view name) {
  dom::element value;
  return object[name].get(value) == simdjson::SUCCESS && value.is_number() && !Count(object, name);
}

std::optional<std::int64_t> Count(const dom::object& object, std::string_view member,
                                  std::string_view name) {
  dom::object inner;
  if (object[member].get(inner) != simdjson::SUCCESS) return std::nullopt;
  return Count(inner, name);
}

void Take(const std::optional<std::int64_t>& told, std::int64_t& figure) {
  if (told) figure = *told;
}

// Anthropic: input_tokens is fresh input alone; output_tokens includes thinking.
UsageTold ReadAnthropic(const dom::object& usage, UsageFigures& figures) {
  const auto input = Count(usage, "input_tokens");
  const auto output = Count(usage, "output_tokens");
  const auto read = Count(usage, "cache_read_input_tokens");
  const auto written = Count(usage, "cache_creation_input_tokens");
  const auto written_5m = Count(usage, "cache_creation", "ephemeral_5m_input_tokens");
  Take(input, figures.input);
  Take(output, figures.output);
  Take(read, figures.cached);
  // A new sum without its split makes the split of before a part of another sum.
  if (written) figures.written_5m = UsageFigures::kNotTold;
  Take(written, figures.written);
  Take(written_5m, figures.written_5m);
  Take(Count(usage, "cache_creation", "ephemeral_1h_input_tokens"), figures.written_1h);
  Take(Count(usage, "output_tokens_details", "thinking_tokens"), figures.reasoning);
  if (written_5m && !written) figures.written = UsageFigures::kNotTold;
  const bool cached = read.has_value() || written.has_value();
  return {input.has_value() || (cached && !IsAbsurd(usage, "input_tokens")), output.has_value()};
}

// The first of two names that a figure goes by.
std::optional<std::int64_t> Either(const dom::object& object, std::string_view name,
                                   std::string_view other_name) {
  const auto value = Count(object, name);
  return value ? value : Count(object, other_name);
}

std::optional<std::int64_t> Either(const dom::object& object, std::string_view member,
                                   std::string_view other_member, std::string_view name) {
  const auto value = Count(object, member, name);
  return value ? value : Count(object, other_member, name);
}

// Transcripts that are priced by the second; each counts as one input token.
std::optional<std::int64_t> Seconds(const dom::object& usage) {
  std::string_view type;
  double seconds = 0;
  if (usage["type"].get(type) != simdjson::SUCCESS || type != "duration") return std::nullopt;
  if (usage["seconds"].get(seconds) != simdjson::SUCCESS) return std::nullopt;
  if (!(seconds >= 0 && seconds <= static_cast<double>(kTokensMax))) return std::nullopt;
  return static_cast<std::int64_t>(std::ceil(seconds));
}

// What was read from a cache, by the names that it goes by: OpenAI, DeepSeek, Moonshot, gateways.
std::optional<std::int64_t> CachedOf(const dom::object& usage) {
  auto cached = Either(usage, "prompt_tokens_details", "input_tokens_details", "cached_tokens");
  if (!cached) cached = Either(usage, "prompt_cache_hit_tokens", "cached_tokens");
  return cached ? cached : Count(usage, "cache_read_input_tokens");
}

std::optional<std::int64_t> WrittenOf(const dom::object& usage) {
  const auto written =
      Either(usage, "prompt_tokens_details", "input_tokens_details", "cache_write_tokens");
  return written ? written : Count(usage, "cache_creation_input_tokens");
}

// DeepSeek's two parts tell the whole also where it is left out.
std::optional<std::int64_t> HitAndMiss(const dom::object& usage) {
  const auto hit = Count(usage, "prompt_cache_hit_tokens");
  const auto miss = Count(usage, "prompt_cache_miss_tokens");
  if (!hit || !miss) return std::nullopt;
  return *hit + *miss;
}

// OpenAI says prompt_tokens and completion_tokens; Responses and the endpoints of pictures and
// sound say input_tokens and output_tokens. Rerankers tell a sum alone.
UsageTold ReadOpenAi(const dom::object& usage, bool total_is_input, UsageFigures& figures) {
  if (const auto seconds = Seconds(usage)) {
    figures = {.input = *seconds, .output = 0};
    return {true, true};
  }
  auto prompt = Either(usage, "prompt_tokens", "input_tokens");
  const auto completion = Either(usage, "completion_tokens", "output_tokens");
  const auto total = Count(usage, "total_tokens");
  if (!prompt) prompt = HitAndMiss(usage);
  if (total_is_input && !prompt && !completion) prompt = total;
  Take(prompt, figures.input);
  Take(completion, figures.output);
  Take(CachedOf(usage), figures.cached);
  Take(WrittenOf(usage), figures.written);
  Take(Either(usage, "completion_tokens_details", "output_tokens_details", "reasoning_tokens"),
       figures.reasoning);
  if (prompt || completion) figures.total = total.value_or(UsageFigures::kNotTold);
  return {prompt.has_value(), completion.has_value()};
}

// Gemini leaves zeros out, so one of the two parts of the output that stands alone tells it;
// without both it is not told yet, since every chunk of a stream has such an object.
UsageTold ReadGemini(const dom::object& usage, UsageFigures& figures) {
  const auto prompt = Count(usage, "promptTokenCount");
  const auto candidates = Count(usage, "candidatesTokenCount");
  const auto thoughts = Count(usage, "thoughtsTokenCount");
  Take(prompt, figures.input);
  Take(Count(usage, "cachedContentTokenCount"), figures.cached);
  Take(Count(usage, "toolUsePromptTokenCount"), figures.tools);
  Take(candidates, figures.output);
  Take(thoughts, figures.reasoning);
  if (prompt) figures.total = Count(usage, "totalTokenCount").value_or(UsageFigures::kNotTold);
  return {prompt.has_value(), candidates.has_value() || thoughts.has_value()};
}

std::int64_t OrZero(std::int64_t figure) { return std::max<std::int64_t>(figure, 0); }

TokenCounts OfAnthropic(const UsageFigures& figures) {
  TokenCounts tokens{.input = OrZero(figures.input),
                     .cache_read = OrZero(figures.cached),
                     .cache_write_5m = OrZero(figures.written_5m),
                     .cache_write_1h = OrZero(figures.written_1h),
                     .output = OrZero(figures.output)};
  // Without the split, all of it is of the default lifetime; with it, a rest would be too.
  if (figures.written >= 0) {
    tokens.cache_write_5m =
        std::max(figures.written - tokens.cache_write_1h, tokens.cache_write_5m);
  }
  tokens.reasoning = std::min(OrZero(figures.reasoning), tokens.output);
  return tokens;
}

// The total is nothing but the input, the output and this.
bool IsBeside(const UsageFigures& figures, std::int64_t input_and_output, std::int64_t part) {
  return part > 0 && figures.total == input_and_output + part;
}

// OpenAI's input includes what was cached and written, its output the reasoning. Some providers
// (xAI) count the reasoning beside the output, some gateways the caches beside the input.
TokenCounts OfOpenAi(const UsageFigures& figures) {
  TokenCounts tokens{.cache_read = OrZero(figures.cached),
                     .cache_write_5m = OrZero(figures.written),
                     .output = OrZero(figures.output)};
  const std::int64_t input = OrZero(figures.input);
  const std::int64_t caches = tokens.cache_read + tokens.cache_write_5m;
  // Reasoning alone, without the output that it would be beside, tells no output.
  const std::int64_t reasoning = figures.output < 0 ? 0 : OrZero(figures.reasoning);
  const std::int64_t plain = input + tokens.output;
  const bool both_beside = caches > 0 && IsBeside(figures, plain + caches, reasoning);
  const bool reasoning_beside = both_beside || IsBeside(figures, plain, reasoning);
  const bool caches_beside = both_beside || (!reasoning_beside && IsBeside(figures, plain, caches));
  if (reasoning_beside) tokens.output += reasoning;
  tokens.reasoning = std::min(reasoning, tokens.output);
  if (figures.input < 0 || caches_beside) {
    tokens.input = input;
    return tokens;
  }
  tokens.cache_read = std::min(tokens.cache_read, input);
  tokens.cache_write_5m = std::min(tokens.cache_write_5m, input - tokens.cache_read);
  tokens.input = input - tokens.cache_read - tokens.cache_write_5m;
  return tokens;
}

// promptTokenCount includes cached ones, and not what tools brought; candidatesTokenCount has no
// thoughts, unless the total says that it has.
TokenCounts OfGemini(const UsageFigures& figures) {
  const std::int64_t input = OrZero(figures.input);
  const std::int64_t said = OrZero(figures.output);
  const std::int64_t thoughts = OrZero(figures.reasoning);
  const bool within =
      thoughts > 0 && said >= thoughts && figures.total == input + OrZero(figures.tools) + said;
  TokenCounts tokens{.cache_read = OrZero(figures.cached),
                     .output = within ? said : said + thoughts,
                     .reasoning = thoughts};
  if (figures.input < 0) return tokens;
  tokens.cache_read = std::min(tokens.cache_read, input);
  tokens.input = input - tokens.cache_read + OrZero(figures.tools);
  return tokens;
}

}  // namespace

TokenCounts TokensOf(Dialect dialect, const UsageFigures& figures) {
  switch (dialect) {
    case Dialect::kAnthropicMessages:
      return OfAnthropic(figures);
    case Dialect::kGemini:
      return OfGemini(figures);
    case Dialect::kOpenAiChat:
    case Dialect::kOpenAiResponses:
      break;
  }
  return OfOpenAi(figures);
}

UsageTold ParseUsage(Dialect dialect, std::string_view usage_json, UsageFigures& figures,
                     bool total_is_input) {
  if (usage_json.empty() || usage_json.size() > kUsageBytesMax) return {};
  thread_local dom::parser parser;
  dom::object usage;
  if (parser.parse(usage_json.data(), usage_json.size(), /*realloc_if_needed=*/true).get(usage) !=
      simdjson::SUCCESS) {
    return {};
  }
  switch (dialect) {
    case Dialect::kAnthropicMessages:
      return ReadAnthropic(usage, figures);
    case Dialect::kGemini:
      return ReadGemini(usage, figures);
    case Dialect::kOpenAiChat:
    case Dialect::kOpenAiResponses:
      break;
  }
  return ReadOpenAi(usage, total_is_input, figures);
}

}  // namespace weir::relay
