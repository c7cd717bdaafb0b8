#include "tests/fakes/scenario.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace weir::fakes {
namespace {

struct FlagToken {
  std::string_view name;
  bool Scenario::*member;
};

struct NumberToken {
  std::string_view name;
  std::int64_t Scenario::*member;
  std::int64_t scale;           // what one unit of the token is worth in the member's unit
  std::int64_t without_number;  // the member's value for the bare token; -1: the number is needed
  // Keeps a typing error from asking for a day of streaming or all of the memory; in token units.
  double largest = 1e9;
};

constexpr FlagToken kFlags[] = {
    {"text", &Scenario::text},
    {"tool", &Scenario::tool},
    {"parallel", &Scenario::parallel},
    {"thinking", &Scenario::thinking},
    {"redacted", &Scenario::redacted},
    {"cache", &Scenario::cache},
    {"refusal", &Scenario::refusal},
    {"max_tokens", &Scenario::max_tokens},
    {"empty", &Scenario::empty},
    {"unicode", &Scenario::unicode},
    {"usage_twice", &Scenario::usage_twice},
    {"no_usage", &Scenario::no_usage},
    {"no_retry_after", &Scenario::no_retry_after},
    {"html", &Scenario::html},
    {"no_body", &Scenario::no_body},
    {"quota", &Scenario::quota},
    {"unified", &Scenario::unified},
    {"stream_error", &Scenario::stream_error},
    {"overload_first", &Scenario::overload_first},
    {"error_behind_start", &Scenario::error_behind_start},
    {"error_200", &Scenario::error_200},
    {"malformed", &Scenario::malformed},
    {"no_done", &Scenario::no_done},
    {"cut", &Scenario::cut},
    {"rst", &Scenario::rst},
    {"nothing", &Scenario::nothing},
    {"garbage", &Scenario::garbage},
    {"cl_lie", &Scenario::cl_lie},
    {"huge_headers", &Scenario::huge_headers},
    {"crlf", &Scenario::crlf},
    {"split_utf8", &Scenario::split_utf8},
    {"tiny", &Scenario::tiny},
    {"one_chunk", &Scenario::one_chunk},
    {"comments", &Scenario::comments},
    {"gzip", &Scenario::gzip},
    {"close_delimited", &Scenario::close_delimited},
};

constexpr NumberToken kNumbers[] = {
    {"huge", &Scenario::huge_kib, 1, 1024, 512 * 1024},
    {"events", &Scenario::events, 1, -1, 1e6},
    {"family", &Scenario::family, 1, -1},
    {"in", &Scenario::input_tokens, 1, -1},
    {"out", &Scenario::output_tokens, 1, -1},
    {"reason", &Scenario::reasoning_tokens, 1, -1},
    {"cache_read", &Scenario::cache_read_tokens, 1, -1},
    {"cache_5m", &Scenario::cache_write_5m_tokens, 1, -1},
    {"cache_1h", &Scenario::cache_write_1h_tokens, 1, -1},
    {"retry_after", &Scenario::retry_after_seconds, 1, -1},
    {"requests_left", &Scenario::requests_left, 1, -1},
    {"tokens_left", &Scenario::tokens_left, 1, -1},
    {"reset_in", &Scenario::reset_in_seconds, 1, -1},
    {"first", &Scenario::first, 1, 1},
    {"stall", &Scenario::stall_ms, 1000, 60'000, 3600},
    {"slow", &Scenario::slow_ms, 1000, 2'000, 3600},
    {"slow_headers", &Scenario::slow_headers_ms, 1000, 2'000, 3600},
    {"pace", &Scenario::pace_ms, 1, 20, 3.6e6},
};

constexpr std::int64_t kStatuses[] = {400, 401, 402, 403, 404, 408, 409, 413,
                                      422, 429, 500, 502, 503, 504, 529};

bool ApplyStatus(std::string_view token, Scenario& scenario) {
  std::int64_t status = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), status);
  if (error != std::errc() || end != token.data() + token.size()) return false;
  if (std::find(std::begin(kStatuses), std::end(kStatuses), status) == std::end(kStatuses)) {
    return false;
  }
  scenario.status = status;
  return true;
}

bool ApplyNumber(std::string_view token, Scenario& scenario) {
  const std::size_t equals = token.find('=');
  const std::string_view name = token.substr(0, equals);
  for (const NumberToken& known : kNumbers) {
    if (known.name != name) continue;
    if (equals == std::string_view::npos) {
      if (known.without_number < 0) return false;
      scenario.*known.member = known.without_number;
      return true;
    }
    const std::string value(token.substr(equals + 1));
    char* end = nullptr;
    const double number = std::strtod(value.c_str(), &end);
    if (value.empty() || *end != '\0' || !(number >= 0) || number > known.largest) return false;
    scenario.*known.member = std::llround(number * static_cast<double>(known.scale));
    return true;
  }
  return false;
}

bool ApplyToken(std::string_view token, Scenario& scenario) {
  for (const FlagToken& known : kFlags) {
    if (known.name == token) {
      scenario.*known.member = true;
      return true;
    }
  }
  return ApplyNumber(token, scenario) || ApplyStatus(token, scenario);
}

}  // namespace

bool ApplyTokens(std::string_view text, Scenario& scenario, std::string& unknown) {
  while (!text.empty()) {
    const std::size_t plus = text.find('+');
    const std::string_view token = text.substr(0, plus);
    if (!token.empty() && !ApplyToken(token, scenario)) {
      unknown = token;
      return false;
    }
    if (plus == std::string_view::npos) break;
    text.remove_prefix(plus + 1);
  }
  return true;
}

std::string_view TokensOfModel(std::string_view model) {
  if (const std::size_t at = model.rfind('@'); at != std::string_view::npos) {
    return model.substr(at + 1);
  }
  constexpr std::string_view kPrefix = "fake-";
  if (!model.starts_with(kPrefix)) return {};
  const std::string_view tokens = model.substr(kPrefix.size());
  Scenario probe;
  // "fake-model" is a name and not a scenario: only a known first token makes it one.
  return ApplyToken(tokens.substr(0, tokens.find('+')), probe) ? tokens : std::string_view();
}

std::string_view TokensOfCredential(std::string_view credential) {
  constexpr std::string_view kPrefix = "fake-key-";
  if (!credential.starts_with(kPrefix)) return {};
  const std::string_view tokens = credential.substr(kPrefix.size());
  Scenario probe;
  return ApplyToken(tokens.substr(0, tokens.find('+')), probe) ? tokens : std::string_view();
}

}  // namespace weir::fakes
