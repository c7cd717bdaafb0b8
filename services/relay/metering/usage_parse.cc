#include "services/relay/metering/usage_parse.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
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
  std::int64_t value = 0;
  if (object[name].get(value) != simdjson::SUCCESS || value > kTokensMax) return std::nullopt;
  return std::max<std::int64_t>(value, 0);
}

std::optional<std::int64_t> Count(const dom::object& object, std::string_view member,
                                  std::string_view name) {
  dom::object inner;
  if (object[member].get(inner) != simdjson::SUCCESS) return std::nullopt;
  return Count(inner, name);
}

// Anthropic: input_tokens is fresh input alone; output_tokens includes thinking.
UsageTold ParseAnthropic(const dom::object& usage, TokenCounts& tokens) {
  const auto input = Count(usage, "input_tokens");
  const auto output = Count(usage, "output_tokens");
  const auto read = Count(usage, "cache_read_input_tokens");
  const auto written = Count(usage, "cache_creation_input_tokens");
  const auto written_5m = Count(usage, "cache_creation", "ephemeral_5m_input_tokens");
  const auto written_1h = Count(usage, "cache_creation", "ephemeral_1h_input_tokens");
  const auto thinking = Count(usage, "output_tokens_details", "thinking_tokens");
  if (input) tokens.input = *input;
  if (output) tokens.output = *output;
  if (read) tokens.cache_read = *read;
  if (written_1h) tokens.cache_write_1h = *written_1h;
  if (written_5m) tokens.cache_write_5m = *written_5m;
  // Without the split, all of it is of the default lifetime; with it, a rest would be too.
  if (written) {
    tokens.cache_write_5m = std::max(*written - tokens.cache_write_1h, written_5m.value_or(0));
  }
  if (thinking) tokens.reasoning = *thinking;
  tokens.reasoning = std::min(tokens.reasoning, tokens.output);
  return {input.has_value() || read.has_value() || written.has_value(), output.has_value()};
}

// OpenAI Chat: prompt_tokens includes cached and written, completion_tokens includes reasoning.
UsageTold ParseOpenAi(const dom::object& usage, TokenCounts& tokens) {
  const auto prompt = Count(usage, "prompt_tokens");
  const auto completion = Count(usage, "completion_tokens");
  auto cached = Count(usage, "prompt_tokens_details", "cached_tokens");
  if (!cached) cached = Count(usage, "prompt_cache_hit_tokens");  // DeepSeek
  const auto written = Count(usage, "prompt_tokens_details", "cache_write_tokens");
  const auto reasoning = Count(usage, "completion_tokens_details", "reasoning_tokens");
  if (cached) tokens.cache_read = *cached;
  if (written) tokens.cache_write_5m = *written;
  if (prompt) {
    tokens.cache_read = std::min(tokens.cache_read, *prompt);
    tokens.cache_write_5m = std::min(tokens.cache_write_5m, *prompt - tokens.cache_read);
    tokens.input = *prompt - tokens.cache_read - tokens.cache_write_5m;
  }
  if (completion) tokens.output = *completion;
  if (reasoning) tokens.reasoning = *reasoning;
  tokens.reasoning = std::min(tokens.reasoning, tokens.output);
  return {prompt.has_value(), completion.has_value()};
}

}  // namespace

UsageTold ParseUsage(Dialect dialect, std::string_view usage_json, TokenCounts& tokens) {
  if (usage_json.empty() || usage_json.size() > kUsageBytesMax) return {};
  thread_local dom::parser parser;
  dom::object usage;
  if (parser.parse(usage_json.data(), usage_json.size(), /*realloc_if_needed=*/true).get(usage) !=
      simdjson::SUCCESS) {
    return {};
  }
  return dialect == Dialect::kAnthropicMessages ? ParseAnthropic(usage, tokens)
                                                : ParseOpenAi(usage, tokens);
}

}  // namespace weir::relay
