// The few fields of a request body that matter to the relay, and where they stand; the body itself
// is never parsed into a tree and printed again. No I/O.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "services/relay/dialects/dialect.h"

namespace weir::relay {

// Of the name of a model, in whichever kind of body it stands.
inline constexpr std::size_t kModelBytesMax = 256;

// How far behind its end a body must be readable (PaddedBuffer).
inline constexpr std::size_t kBodyPaddingBytes = 64;

// A range of bytes of the body.
struct Span {
  std::size_t begin = 0;
  std::size_t size = 0;
};

// A field that holds a number.
struct NumberField {
  Span value;                // size 0 = the field is not there
  std::int64_t number = -1;  // -1 = null, or not a whole number that is not negative
};

// Places are those of values, without their names; of size 0 when the field is not there.
struct RequestFacts {
  std::string model;
  Span model_token;  // with its quotes; of size 0: the endpoint's default model
  bool stream = false;
  Span stream_token;
  // What sessions are told apart by: metadata.user_id, prompt_cache_key; empty = not given.
  std::string affinity;
  // OpenAI: what the client said about usage in streams.
  bool has_stream_options = false;
  bool include_usage = false;
  Span stream_options;       // with its braces, when has_stream_options
  Span include_usage_token;  // its value, when it is there

  NumberField max_tokens;             // Responses: max_output_tokens; Gemini: maxOutputTokens
  NumberField max_completion_tokens;  // OpenAI
  NumberField choices;                // OpenAI: `n`; Gemini: candidateCount; answers to one request
  bool has_temperature = false;       // there, and not null
  Span temperature;
  bool has_tools = false;  // at least one
  // Anthropic: `thinking` of another type than disabled. Chat: `reasoning_effort` but none.
  // Responses: `reasoning` with an effort but none.
  bool thinks = false;
  Span thinking;                // Anthropic
  NumberField thinking_budget;  // thinking.budget_tokens
  Span system;                  // Anthropic; Responses: `instructions`; Gemini: `systemInstruction`
  Span context_management;      // Anthropic
  Span messages;                // Responses: `input`, which may be a text; Gemini: `contents`
  std::string previous_response;  // Responses: the id of the stored answer that this one goes on
  Span object;                    // the whole top-level object
  Span config;                    // Gemini: `generationConfig`
  // Gemini: where the body names the model once more, beside the path, and which.
  std::vector<Span> named_models;
  std::string named_model;
  std::size_t input_text_bytes = 0;  // OpenAI: of `input`, when it is one text

  // Tokens the answer may have as asked, reasoning included; -1 = not said.
  std::int64_t max_output_tokens() const {
    return std::max(max_completion_tokens.number, max_tokens.number);  // whichever it goes by
  }
};

// `body` must be readable for kBodyPaddingBytes behind its end. DataLoss: it is no JSON.
// InvalidArgument says what is wrong and where: not an object, no model or one too long, a field of
// the wrong type, one that we read twice or in other capitals (another reader might take that one).
// Values of which only the provider knows what they may be pass as they are. `default_model` stands
// for a model that is not named; empty = it must be.
absl::StatusOr<RequestFacts> ScanRequest(Dialect dialect, std::string_view body,
                                         std::string_view default_model = {});

}  // namespace weir::relay
