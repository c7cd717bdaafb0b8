// The parts of a client's JSON that decide the fake's answer.
#ifndef WEIR_TESTS_FAKES_MODEL_REQUEST_H_
#define WEIR_TESTS_FAKES_MODEL_REQUEST_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::fakes {

enum class Protocol { kAnthropic, kOpenAi };

struct ModelRequest {
  std::string model;
  bool stream = false;
  bool include_usage = false;   // OpenAI: stream_options.include_usage
  bool has_max_tokens = false;  // Anthropic refuses a request without it
  bool has_messages = false;
  bool wants_thinking = false;
  bool answers_tool = false;  // the last message brings a tool's result
  bool base64_embedding = false;
  std::size_t embedding_inputs = 1;
  std::size_t body_bytes = 0;
  std::string tool_name;       // the forced tool, else the first one, else get_weather
  std::string tool_arguments;  // a JSON object with a value for every required property
};

// Reads `body`. Returns false with a sentence for the client in `problem` when it is not an object
// or a field has the wrong type.
bool ParseModelRequest(Protocol protocol, std::string_view body, ModelRequest& request,
                       std::string& problem);

}  // namespace weir::fakes

#endif  // WEIR_TESTS_FAKES_MODEL_REQUEST_H_
