// How the body of a 200 begins, and what an error in it says, cut at every byte.
#include <string>
#include <string_view>

#include "services/relay/accounts/error_words.h"
#include "tests/fuzz/fuzz.h"

namespace weir::relay {
namespace {

constexpr std::size_t kBytesMax = 1'024;

void CheckInside(std::string_view view, std::string_view text) {
  if (view.empty()) return;
  FUZZ_CHECK(view.data() >= text.data());
  FUZZ_CHECK(view.data() + view.size() <= text.data() + text.size());
}

void CheckError(std::string_view text) {
  const ErrorObject error = ReadErrorObject(text);
  for (const std::string_view view : {error.type, error.code, error.detail_code, error.message}) {
    CheckInside(view, text);
  }
  if (SentenceOf(error) != ErrorWord::kNone) FUZZ_CHECK(WordOf(error) == SentenceOf(error));
  NamesModel(error);
  RefusesThinking(error);
}

// An error that was seen stays one, whatever comes behind it.
void CheckReader(std::string_view data, OpeningRead (*read)(std::string_view)) {
  const OpeningRead whole = read(data);
  CheckInside(whole.error, data);
  for (std::size_t cut = 0; cut < data.size(); ++cut) {
    const std::string part(data.substr(0, cut));  // of its own size: overruns are seen
    const OpeningRead before = read(part);
    CheckInside(before.error, part);
    if (before.opening == Opening::kError) FUZZ_CHECK(whole.opening == Opening::kError);
    CheckError(part);
  }
}

}  // namespace
}  // namespace weir::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  if (size > kBytesMax) return weir::fuzz::kRefused;
  std::string_view data = weir::fuzz::Text(bytes, size);
  const bool stream = (weir::fuzz::TakeByte(data) & 1) != 0;
  CheckReader(data, stream ? ReadStreamOpening : ReadJsonOpening);
  CheckError(data);
  return weir::fuzz::kTaken;
}
