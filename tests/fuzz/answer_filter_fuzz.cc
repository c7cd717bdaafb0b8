// An answer on its way to the client: what goes on, and what is counted, is the same however the
// bytes come; only the chunk of usage that nobody asked for is taken out.
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/metering/answer_filter.h"
#include "services/relay/metering/answer_meter.h"
#include "tests/fuzz/dialect_choice.h"
#include "tests/fuzz/fuzz.h"

namespace weir::relay {
namespace {

constexpr std::size_t kBytesMax = 768;
constexpr std::int64_t kEstimate = 12;

struct Mode {
  Dialect dialect = Dialect::kAnthropicMessages;
  bool hide_usage = false;
  bool event_stream = true;
};

struct Passed {
  std::string output;
  std::size_t held_bytes = 0;
  TokenCounts tokens;
  bool terminal = false;
  bool failed = false;
  bool complete = false;
  UsageSource source = UsageSource::kEstimated;

  bool operator==(const Passed&) const = default;
};

Passed Pass(const Mode& mode, const std::vector<std::string_view>& parts) {
  AnswerMeter meter(mode.dialect, mode.hide_usage);
  AnswerFilter filter(mode.event_stream, &meter);
  Passed out;
  for (const std::string_view part : parts) {
    const std::vector<char> bytes(part.begin(), part.end());
    out.output += filter.Feed({bytes.data(), bytes.size()});
  }
  out.held_bytes = filter.held_bytes();
  if (!mode.event_stream) meter.OnBodyEnd();
  out.tokens = meter.Tokens(kEstimate);
  out.terminal = meter.terminal();
  out.failed = meter.failed();
  out.complete = meter.body_complete();
  out.source = meter.source();
  return out;
}

}  // namespace
}  // namespace weir::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  if (size > kBytesMax) return weir::fuzz::kRefused;
  std::string_view data = weir::fuzz::Text(bytes, size);
  const unsigned choice = weir::fuzz::TakeByte(data);
  const Mode mode{(choice & 64) != 0  ? Dialect::kGemini
                  : (choice & 8) != 0 ? Dialect::kOpenAiResponses
                                      : weir::fuzz::DialectOf(choice & 1),
                  (choice & 2) != 0, (choice & 4) == 0};
  const Passed whole = Pass(mode, {data});
  FUZZ_CHECK(whole.tokens.input >= 0 && whole.tokens.output >= 0);
  FUZZ_CHECK(whole.tokens.cache_read >= 0 && whole.tokens.cache_write_5m >= 0);
  FUZZ_CHECK(whole.tokens.reasoning >= 0 && whole.tokens.cache_write_1h >= 0);
  // Only OpenAI's chunk of usage is ever taken out, and what stands behind a stream's end.
  const bool hides = mode.dialect == Dialect::kOpenAiChat && mode.hide_usage;
  const bool drops = mode.event_stream && (hides || whole.terminal);
  if (drops) {
    FUZZ_CHECK(whole.output.size() + whole.held_bytes <= data.size());
  } else {
    FUZZ_CHECK(data.starts_with(whole.output));
    FUZZ_CHECK(whole.output.size() + whole.held_bytes == data.size());
  }
  for (const auto& parts : weir::fuzz::EveryCut(data)) FUZZ_CHECK(Pass(mode, parts) == whole);
  return weir::fuzz::kTaken;
}
