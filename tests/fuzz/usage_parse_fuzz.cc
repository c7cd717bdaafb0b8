// A provider's usage object: counts that can be billed, and never doubled by being told twice.
#include <string_view>

#include "services/relay/metering/usage_parse.h"
#include "tests/fuzz/dialect_choice.h"
#include "tests/fuzz/fuzz.h"

namespace weir::relay {
namespace {

constexpr std::size_t kBytesMax = 4'096;
constexpr std::int64_t kTokensMax = 200'000'000;  // two figures of a hundred million

void CheckCount(std::int64_t count) { FUZZ_CHECK(count >= 0 && count <= kTokensMax); }

void CheckCounts(const TokenCounts& tokens) {
  CheckCount(tokens.input);
  CheckCount(tokens.cache_read);
  CheckCount(tokens.cache_write_5m);
  CheckCount(tokens.cache_write_1h);
  CheckCount(tokens.output);
  CheckCount(tokens.reasoning);
  FUZZ_CHECK(tokens.reasoning <= tokens.output);
}

}  // namespace
}  // namespace weir::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  if (size > kBytesMax) return weir::fuzz::kRefused;
  std::string_view data = weir::fuzz::Text(bytes, size);
  const Dialect dialect = weir::fuzz::DialectOf(weir::fuzz::TakeByte(data));
  UsageFigures figures;
  const UsageTold told = ParseUsage(dialect, data, figures);
  const weir::TokenCounts once = TokensOf(dialect, figures);
  CheckCounts(once);
  if (!told.input) FUZZ_CHECK(once.input == 0);
  if (!told.output) FUZZ_CHECK(once.output == 0);
  ParseUsage(dialect, data, figures);
  FUZZ_CHECK(TokensOf(dialect, figures) == once);
  return weir::fuzz::kTaken;
}
