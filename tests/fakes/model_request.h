// The parts of a client's JSON that decide the fake's answer.
#ifndef WEIR_TESTS_FAKES_MODEL_REQUEST_H_
#define WEIR_TESTS_FAKES_MODEL_REQUEST_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::fakes {

enum class Protocol { kAnthropic, kOpenAi, kResponses, kGemini };

struct ModelRequest {
  std::string model;
  bool stream = false;
  bool json_array = false;      // Gemini: the stream is one JSON array
  bool include_usage = false;   // OpenAI: stream_options.include_usage
  bool has_max_tokens = false;  // Anthropic refuses a request without it
  bool has_messages = false;    // Responses: input, or an answer to go on
  bool wants_thinking = false;
  bool wants_encrypted = false;  // Responses: include reasoning.encrypted_content
  bool answers_tool = false;     // the last message brings a tool's result
  bool base64_embedding = false;
  std::size_t embedding_inputs = 1;
  std::size_t pictures = 1;     // `n` of an images request
  std::string response_format;  // of a transcription: json, text, srt, vtt; empty = json
  std::size_t body_bytes = 0;
  std::string tool_name;       // the forced, else a shell, else the first, else get_weather
  std::string tool_arguments;  // a JSON object with a value for every required property
};

// Reads `body`; a model that stands in `request` already holds when the body names none. Returns
// false with a sentence for the client in `problem` when it is not an object or a field has the
// wrong type.
bool ParseModelRequest(Protocol protocol, std::string_view body, ModelRequest& request,
                       std::string& problem);

}  // namespace weir::fakes

#endif  // WEIR_TESTS_FAKES_MODEL_REQUEST_H_
