// The wire protocols that clients and providers speak.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::relay {

enum class Dialect : std::uint8_t { kAnthropicMessages, kOpenAiChat, kOpenAiResponses, kGemini };

// What a dialect calls the things that all of them have.
struct DialectWords {
  Dialect dialect;
  std::string_view name;               // in logs, metrics and the REST contract
  std::string_view request_id_header;  // in which its SDKs look for the id of a request
  std::string_view max_tokens_field;
  std::int64_t max_tokens_min;   // fewer are refused
  std::string_view usage_field;  // of a whole answer
};

inline constexpr std::array kDialectWords = {
    DialectWords{Dialect::kAnthropicMessages, "anthropic_messages", "request-id", "max_tokens", 1,
                 "usage"},
    DialectWords{Dialect::kOpenAiChat, "openai_chat", "x-request-id", "max_tokens", 1, "usage"},
    DialectWords{Dialect::kOpenAiResponses, "openai_responses", "x-request-id", "max_output_tokens",
                 16, "usage"},
    DialectWords{Dialect::kGemini, "gemini", "x-request-id", "maxOutputTokens", 1, "usageMetadata"},
};

constexpr const DialectWords& WordsOf(Dialect dialect) {
  return kDialectWords[static_cast<std::size_t>(dialect)];
}

static_assert(
    [] {
      for (std::size_t i = 0; i < kDialectWords.size(); ++i) {
        if (static_cast<std::size_t>(kDialectWords[i].dialect) != i) return false;
      }
      return true;
    }(),
    "a row's place is its dialect's number");

constexpr std::string_view DialectName(Dialect dialect) { return WordsOf(dialect).name; }

// What stands in a request's body.
enum class BodyForm : std::uint8_t { kJson, kMultipart };

// How an answer tells what was used; what stands for it when it tells nothing: metering/usage_form.
enum class UsageForm : std::uint8_t {
  kText,        // tokens in and out: messages, chat and text completions
  kEmbeddings,  // tokens in, none out
  kImages,      // tokens in and out, pictures out
  kTranscript,  // tokens, or seconds of sound; text out
  kSpeech,      // text in, sound out
};

}  // namespace weir::relay
