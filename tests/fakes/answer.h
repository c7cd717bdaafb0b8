// What the model "says": the same for all protocols, and the same for the same request.
#ifndef WEIR_TESTS_FAKES_ANSWER_H_
#define WEIR_TESTS_FAKES_ANSWER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/fakes/model_request.h"
#include "tests/fakes/scenario.h"

namespace weir::fakes {

enum class StopReason { kEnd, kToolUse, kMaxTokens, kRefusal };

struct ToolCall {
  std::string id;  // without the protocol's prefix
  std::string name;
  std::string arguments;  // a JSON object as text
};

// Disjoint counts, except that `output` contains `reasoning`, as both protocols have it.
struct TokenUsage {
  std::int64_t input = 0;
  std::int64_t cache_read = 0;
  std::int64_t cache_write_5m = 0;
  std::int64_t cache_write_1h = 0;
  std::int64_t output = 0;
  std::int64_t reasoning = 0;
};

struct Answer {
  std::string id;         // 16 hex digits, a hash of the request
  std::string stored_id;  // the same, with the family that has stored it
  std::string model;
  std::string thinking;
  bool redacted = false;
  std::string signature;          // of the thinking
  std::string redacted_data;      // when it is redacted
  std::vector<std::string> text;  // one piece a stream event; joined they are the whole text
  std::vector<ToolCall> calls;
  StopReason stop = StopReason::kEnd;
  TokenUsage usage;
};

// Input defaults to a quarter of the body's bytes, output to the words of the answer.
Answer MakeAnswer(const ModelRequest& request, const Scenario& scenario, std::uint64_t body_hash);

std::string JoinText(const Answer& answer);

}  // namespace weir::fakes

#endif  // WEIR_TESTS_FAKES_ANSWER_H_
