// One member out of JSON in parts: the same however it is cut, and what a real parser finds.
#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "services/relay/dialects/json_member.h"
#include "tests/fuzz/fuzz.h"

namespace weir::relay {
namespace {

constexpr std::size_t kBytesMax = 768;
constexpr std::size_t kValueBytesMax = 4'096;

struct Found {
  std::string value;
  bool also = false;
  bool complete = false;

  bool operator==(const Found&) const = default;
};

Found Find(const std::vector<std::string_view>& parts) {
  JsonMemberFinder finder("usage", kValueBytesMax, "error");
  for (const std::string_view part : parts) {
    const std::vector<char> bytes(part.begin(), part.end());
    finder.Feed({bytes.data(), bytes.size()});
  }
  return {std::string(finder.value()), finder.also_found(), finder.complete()};
}

std::string Minified(std::string_view json) {
  std::string out(json.size(), '\0');
  std::size_t size = 0;
  const auto error = simdjson::minify(json.data(), json.size(), out.data(), size);
  FUZZ_CHECK(error == simdjson::SUCCESS);
  out.resize(size);
  return out;
}

// The text of the last member "usage" that is an object; escaped keys are no keys of ours.
void CheckAgainstParser(std::string_view data, const Found& found) {
  if (data.find('\\') != std::string_view::npos) return;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(data.data(), data.size()).get(object) != simdjson::SUCCESS) return;
  FUZZ_CHECK(found.complete);
  bool expected = false;
  bool also = false;
  simdjson::dom::element last;
  for (const auto [key, value] : object) {
    also = also || (key == "error" && value.is_object());
    if (key != "usage" || !value.is_object()) continue;
    expected = true;
    last = value;
  }
  FUZZ_CHECK(found.also == also);
  FUZZ_CHECK(found.value.empty() == !expected);
  if (!expected) return;
  simdjson::dom::parser again;
  simdjson::dom::element read;
  FUZZ_CHECK(again.parse(found.value).get(read) == simdjson::SUCCESS);
  FUZZ_CHECK(simdjson::minify(read) == simdjson::minify(last));
  FUZZ_CHECK(data.find(found.value) != std::string_view::npos);
  FUZZ_CHECK(!Minified(found.value).empty());
}

}  // namespace
}  // namespace weir::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  if (size > kBytesMax) return weir::fuzz::kRefused;
  const std::string_view data = weir::fuzz::Text(bytes, size);
  const Found whole = Find({data});
  for (const auto& parts : weir::fuzz::EveryCut(data)) FUZZ_CHECK(Find(parts) == whole);
  CheckAgainstParser(data, whole);
  return weir::fuzz::kTaken;
}
