// The head of a request: whole, cut anywhere, written out again, and read leniently.
#include <memory>
#include <string>
#include <string_view>

#include "libs/common/text.h"
#include "services/relay/http1/head_parser.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/lenient_head.h"

namespace weir::relay {
namespace {

constexpr std::size_t kBytesMax = 2'048;

void CheckSameFields(const HeadFields& a, const HeadFields& b) {
  FUZZ_CHECK(a.count == b.count && a.minor_version == b.minor_version);
  FUZZ_CHECK(a.content_length == b.content_length && a.chunked == b.chunked);
  FUZZ_CHECK(a.keep_alive == b.keep_alive);
  for (std::size_t i = 0; i < a.count; ++i) {
    FUZZ_CHECK(a.storage[i].name == b.storage[i].name);
    FUZZ_CHECK(a.storage[i].value == b.storage[i].value);
  }
}

// A head that has not all come is waited for, never half understood.
void CheckPrefixes(std::string_view data, std::size_t bytes) {
  const auto head = std::make_unique<RequestHead>();
  for (std::size_t cut = 0; cut < bytes; ++cut) {
    FUZZ_CHECK(ParseRequestHead(data.substr(0, cut), *head).status == HeadStatus::kIncomplete);
  }
}

void CheckLenientReader(std::string_view data, const RequestHead& head) {
  const fuzz::LenientHead other = fuzz::ReadLeniently(data);
  FUZZ_CHECK(other.first_line ==
             StrCat(head.method, " ", head.target, " HTTP/1.", head.minor_version));
  FUZZ_CHECK(other.fields.size() == head.count);
  int framings = 0;
  int hosts = 0;
  for (std::size_t i = 0; i < head.count; ++i) {
    const auto& [name, value] = other.fields[i];
    FUZZ_CHECK(name == head.storage[i].name && value == head.storage[i].value);
    framings += EqualsIgnoreCase(name, "content-length") ? 1 : 0;
    framings += EqualsIgnoreCase(name, "transfer-encoding") ? 1 : 0;
    hosts += EqualsIgnoreCase(name, "host") ? 1 : 0;
  }
  FUZZ_CHECK(framings <= 1);
  FUZZ_CHECK(framings == (head.chunked || head.content_length != kNoContentLength ? 1 : 0));
  FUZZ_CHECK(hosts == 1 || (hosts == 0 && head.minor_version == 0));
}

void CheckWrittenAgain(const RequestHead& head) {
  std::string text = StrCat(head.method, " ", head.target, " HTTP/1.", head.minor_version, "\r\n");
  for (const HeaderField& field : head.all()) StrAppend(text, field.name, ":", field.value, "\r\n");
  text += "\r\n";
  const auto again = std::make_unique<RequestHead>();
  const HeadResult result = ParseRequestHead(text, *again);
  FUZZ_CHECK(result.status == HeadStatus::kComplete && result.bytes == text.size());
  CheckSameFields(head, *again);
  FUZZ_CHECK(again->method == head.method && again->target == head.target);
}

}  // namespace
}  // namespace weir::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  if (size > kBytesMax) return weir::fuzz::kRefused;
  const std::string_view data = weir::fuzz::Text(bytes, size);
  const auto head = std::make_unique<RequestHead>();
  const HeadResult result = ParseRequestHead(data, *head);
  if (result.status != HeadStatus::kComplete) return weir::fuzz::kTaken;
  FUZZ_CHECK(result.bytes <= size && data.substr(0, result.bytes).ends_with("\r\n\r\n"));
  CheckPrefixes(data, result.bytes);
  CheckLenientReader(data.substr(0, result.bytes), *head);
  CheckWrittenAgain(*head);
  return weir::fuzz::kTaken;
}
