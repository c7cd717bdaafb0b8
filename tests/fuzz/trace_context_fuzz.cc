// The headers of a trace: the first line of an input is traceparent, the rest tracestate. What is
// taken is written again as it was, and has nothing in it that ends a header.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/tracing/trace_context.h"
#include "tests/fuzz/fuzz.h"

namespace weir::relay {
namespace {

constexpr std::size_t kBytesMax = 2'048;

std::vector<char> OfItsOwnSize(std::string_view text) { return {text.begin(), text.end()}; }

void CheckParent(std::string_view text) {
  const std::vector<char> bytes = OfItsOwnSize(text);
  const auto parent = ParseTraceParent({bytes.data(), bytes.size()});
  if (!parent.has_value()) return;
  const std::string written = TraceParentText(*parent);
  FUZZ_CHECK(written.size() == kTraceParentBytes);
  FUZZ_CHECK(ParseTraceParent(written) == parent);
  FUZZ_CHECK(written.substr(3, 49) == text.substr(3, 49));
}

void CheckState(std::string_view text) {
  const std::vector<char> bytes = OfItsOwnSize(text);
  if (!IsTraceState({bytes.data(), bytes.size()})) return;
  FUZZ_CHECK(text.size() <= kTraceStateBytesMax);
  FUZZ_CHECK(std::all_of(text.begin(), text.end(),
                         [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); }));
}

}  // namespace
}  // namespace weir::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > weir::relay::kBytesMax) return weir::fuzz::kRefused;
  const std::string_view data = weir::fuzz::Text(bytes, size);
  const std::size_t end = std::min(data.find('\n'), data.size());
  weir::relay::CheckParent(data.substr(0, end));
  weir::relay::CheckState(data.substr(std::min(end + 1, data.size())));
  return weir::fuzz::kTaken;
}
