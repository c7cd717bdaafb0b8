// The head of an upstream's answer: whole, cut anywhere, and read leniently.
#include <memory>
#include <string_view>

#include "libs/common/text.h"
#include "services/relay/http1/head_parser.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/lenient_head.h"

namespace weir::relay {
namespace {

constexpr std::size_t kBytesMax = 2'048;

void CheckLenientReader(std::string_view data, const ResponseHead& head) {
  const fuzz::LenientHead other = fuzz::ReadLeniently(data);
  FUZZ_CHECK(other.first_line.starts_with(StrCat("HTTP/1.", head.minor_version, " ", head.status)));
  FUZZ_CHECK(other.fields.size() == head.count);
  int framings = 0;
  for (std::size_t i = 0; i < head.count; ++i) {
    const auto& [name, value] = other.fields[i];
    FUZZ_CHECK(name == head.storage[i].name && value == head.storage[i].value);
    framings += EqualsIgnoreCase(name, "content-length") ? 1 : 0;
    framings += EqualsIgnoreCase(name, "transfer-encoding") ? 1 : 0;
  }
  FUZZ_CHECK(framings <= 1);
  FUZZ_CHECK(framings == (head.chunked || head.content_length != kNoContentLength ? 1 : 0));
}

}  // namespace
}  // namespace weir::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  if (size > kBytesMax) return weir::fuzz::kRefused;
  const std::string_view data = weir::fuzz::Text(bytes, size);
  const auto head = std::make_unique<ResponseHead>();
  const HeadResult result = ParseResponseHead(data, *head);
  if (result.status != HeadStatus::kComplete) return weir::fuzz::kTaken;
  FUZZ_CHECK(result.bytes <= size && data.substr(0, result.bytes).ends_with("\r\n\r\n"));
  FUZZ_CHECK(head->status >= 100 && head->status <= 599);
  CheckLenientReader(data.substr(0, result.bytes), *head);
  const auto other = std::make_unique<ResponseHead>();
  for (std::size_t cut = 0; cut < result.bytes; ++cut) {
    FUZZ_CHECK(ParseResponseHead(data.substr(0, cut), *other).status == HeadStatus::kIncomplete);
  }
  return weir::fuzz::kTaken;
}
