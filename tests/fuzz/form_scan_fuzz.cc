// Forms with files: the first line of an input is its Content-Type. A form that is taken and edited
// is taken again, and nothing but its model has changed.
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/dialects/multipart_scan.h"
#include "tests/fuzz/edited.h"
#include "tests/fuzz/fuzz.h"

namespace weir::relay {
namespace {

using fuzz::Edited;

constexpr std::size_t kBytesMax = 4'096;
constexpr std::string_view kUpstreamModel = "other-model";

void CheckForm(std::string_view type, std::string_view body) {
  const std::vector<char> bytes(body.begin(), body.end());  // of its own size: overruns are seen
  const std::string_view text(bytes.data(), bytes.size());
  const auto form = ScanForm(type, text, "default-model");
  if (!form.ok()) return;
  const Span& token = form->facts.model_token;
  FUZZ_CHECK(token.begin + token.size <= text.size());
  if (token.size != 0) FUZZ_CHECK(text.substr(token.begin, token.size) == form->facts.model);
  FUZZ_CHECK(form->file_bytes + form->text_bytes <= text.size());
  const std::string edited = Edited(text, PlanFormEdits(form->facts, type, kUpstreamModel));
  const auto again = ScanForm(type, edited, "default-model");
  FUZZ_CHECK(again.ok() && again->facts.model == kUpstreamModel);
  FUZZ_CHECK(again->files == form->files && again->file_bytes == form->file_bytes);
  FUZZ_CHECK(again->facts.stream == form->facts.stream);
}

}  // namespace
}  // namespace weir::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size > weir::relay::kBytesMax) return weir::fuzz::kRefused;
  const std::string_view data = weir::fuzz::Text(bytes, size);
  const std::size_t end = data.find('\n');
  if (end == std::string_view::npos) return weir::fuzz::kTaken;
  weir::relay::CheckForm(data.substr(0, end), data.substr(end + 1));
  return weir::fuzz::kTaken;
}
