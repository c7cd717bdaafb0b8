// What the fake provider is asked to do, read from a model's name or from a credential.
#ifndef WEIR_TESTS_FAKES_SCENARIO_H_
#define WEIR_TESTS_FAKES_SCENARIO_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::fakes {

// The tokens of README.md as values. Times are milliseconds; -1 stands for "not asked for".
struct Scenario {
  // The answer.
  bool text = false;
  bool tool = false;
  bool parallel = false;
  bool thinking = false;
  bool redacted = false;
  bool cache = false;
  bool refusal = false;
  bool max_tokens = false;
  bool empty = false;
  bool unicode = false;
  bool usage_twice = false;
  bool no_usage = false;
  std::int64_t huge_kib = 0;
  std::int64_t events = -1;
  // Anthropic: thinking is signed as this family's, and another family's is refused.
  std::int64_t family = -1;
  // The figures to report.
  std::int64_t input_tokens = -1;
  std::int64_t output_tokens = -1;
  std::int64_t reasoning_tokens = -1;
  std::int64_t cache_read_tokens = -1;
  std::int64_t cache_write_5m_tokens = -1;
  std::int64_t cache_write_1h_tokens = -1;
  // Refusals.
  std::int64_t status = 200;
  std::int64_t retry_after_seconds = 1;
  bool no_retry_after = false;
  bool html = false;
  bool no_body = false;
  bool quota = false;
  bool unified = false;
  // What the rate-limit headers of a good answer say is left, of requests and of tokens.
  std::int64_t requests_left = -1;
  std::int64_t tokens_left = -1;
  std::int64_t reset_in_seconds = 60;
  std::int64_t first = -1;  // the refusals above hold for that many requests only
  // Damage to the answer.
  bool stream_error = false;
  bool overload_first = false;
  bool error_behind_start = false;
  bool error_200 = false;
  bool malformed = false;
  bool no_done = false;
  bool cut = false;
  bool rst = false;
  bool nothing = false;
  bool garbage = false;
  bool cl_lie = false;
  bool huge_headers = false;
  // Time.
  std::int64_t stall_ms = -1;
  std::int64_t slow_ms = -1;
  std::int64_t slow_headers_ms = -1;
  std::int64_t pace_ms = 0;
  // Framing.
  bool crlf = false;
  bool split_utf8 = false;
  bool tiny = false;
  bool one_chunk = false;
  bool comments = false;
  bool gzip = false;
  bool close_delimited = false;
};

// Adds the tokens of `text` ("thinking+tool+pace=20") to `scenario`; later tokens win.
// Returns false and the first token that means nothing in `unknown` (the ones before it are
// applied).
bool ApplyTokens(std::string_view text, Scenario& scenario, std::string& unknown);

// The token part of a model's name: what follows the last '@', or what follows "fake-" when its
// first token is a known one; empty for a plain model.
std::string_view TokensOfModel(std::string_view model);

// The token part of a credential "fake-key-TOKENS"; empty for any other.
std::string_view TokensOfCredential(std::string_view credential);

}  // namespace weir::fakes

#endif  // WEIR_TESTS_FAKES_SCENARIO_H_
