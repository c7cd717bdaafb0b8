// A request's body: its facts, and the body as it goes upstream. What was JSON stays JSON, and what
// the relay reads out of the edited body is what it meant to write.
#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/dialects/body_edits.h"
#include "services/relay/dialects/request_media.h"
#include "services/relay/dialects/request_scan.h"
#include "services/relay/dialects/signed_blocks.h"
#include "tests/fuzz/dialect_choice.h"
#include "tests/fuzz/edited.h"
#include "tests/fuzz/fuzz.h"

namespace weir::relay {
namespace {

using fuzz::Edited;

constexpr std::size_t kBytesMax = 4'096;
constexpr std::string_view kPathModel = "fuzz";
constexpr std::string_view kUpstreamModel = "other \"model\"";

// A body with exactly the padding that the relay gives it: a byte read beyond it is seen.
class Padded {
 public:
  explicit Padded(std::string_view text)
      : size_(text.size()), bytes_(new char[text.size() + kBodyPaddingBytes]) {
    if (!text.empty()) std::memcpy(bytes_.get(), text.data(), text.size());
    std::memset(bytes_.get() + size_, 0, kBodyPaddingBytes);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

// Gemini's model stands in the path.
absl::StatusOr<RequestFacts> ScanFor(Dialect dialect, std::string_view body,
                                     std::string_view path_model) {
  return ScanRequest(dialect, body, dialect == Dialect::kGemini ? path_model : std::string_view());
}

bool IsJson(std::string_view text) {
  simdjson::dom::parser parser;
  return parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
}

void CheckEdits(Dialect dialect, const RequestFacts& facts, std::string_view body,
                std::string_view model) {
  const std::vector<BodyEdit> edits = PlanBodyEdits(dialect, facts, body, {model, true});
  const Padded edited(Edited(body, edits));
  // The scan does not read all of a body; what is wrong elsewhere is the provider's to refuse.
  if (!IsJson(body)) return;
  FUZZ_CHECK(IsJson(edited.view()));
  const auto again = ScanFor(dialect, edited.view(), model);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(again->model == model);
  if (!again->named_models.empty() && facts.named_model == facts.model) {
    FUZZ_CHECK(again->named_model == model);
  }
  FUZZ_CHECK(again->stream == facts.stream && again->affinity == facts.affinity);
  const bool asks = dialect == Dialect::kOpenAiChat && facts.stream;
  FUZZ_CHECK(again->include_usage == (asks || facts.include_usage));
  FUZZ_CHECK(PlanBodyEdits(dialect, *again, edited.view(), {model, true}).empty());
}

// Everything that a route may ask for, at once.
void CheckRouted(Dialect dialect, const RequestFacts& facts, std::string_view body) {
  if (!IsJson(body) || facts.messages.size == 0) return;
  constexpr std::int64_t kMin = 10;
  constexpr std::int64_t kMax = 2'000;
  BodyChanges changes;
  changes.upstream_model = facts.model;
  changes.ask_for_usage = true;
  changes.max_tokens.min = kMin;
  changes.max_tokens.max = kMax;
  changes.max_tokens.standard = 50;
  changes.temperature_milli = 700;
  changes.stream = true;
  changes.system_prompt = "be \"brief\"\n\xC3\xBC";
  const Padded edited(Edited(body, PlanBodyEdits(dialect, facts, body, changes)));
  FUZZ_CHECK(IsJson(edited.view()));
  const auto again = ScanFor(dialect, edited.view(), facts.model);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(again->stream || dialect == Dialect::kGemini);
  const std::int64_t tokens = again->max_output_tokens();
  FUZZ_CHECK(tokens == 0 || (tokens >= kMin && tokens <= kMax));
  FUZZ_CHECK(again->has_temperature || again->thinks);
}

// Without the blocks that only their maker can read.
void CheckSignedBlocks(Dialect dialect, const RequestFacts& facts, std::string_view body) {
  const SignedBlocks blocks = SignedBlocks::Find(dialect, facts, body);
  if (blocks.hashes().empty()) return;
  const std::vector<bool> all(blocks.hashes().size(), true);
  const Padded edited(Edited(body, blocks.Without(all, facts, body).edits));
  if (!IsJson(body)) return;
  FUZZ_CHECK(IsJson(edited.view()));
  const auto again = ScanFor(dialect, edited.view(), facts.model);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(SignedBlocks::Find(dialect, *again, edited.view()).hashes().empty());
}

// Each place that is named holds a value of the body.
void CheckPlaces(const RequestFacts& facts, std::string_view body) {
  for (const Span& place :
       {facts.model_token, facts.stream_token, facts.stream_options, facts.include_usage_token,
        facts.max_tokens.value, facts.max_completion_tokens.value, facts.temperature,
        facts.thinking, facts.thinking_budget.value, facts.system, facts.messages, facts.config,
        facts.object}) {
    FUZZ_CHECK(place.begin + place.size <= body.size());
    if (place.size == 0 || !IsJson(body)) continue;
    FUZZ_CHECK(IsJson(body.substr(place.begin, place.size)));
  }
}

}  // namespace
}  // namespace weir::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  if (size > kBytesMax) return weir::fuzz::kRefused;
  std::string_view data = weir::fuzz::Text(bytes, size);
  const Dialect dialect = weir::fuzz::DialectOf(weir::fuzz::TakeByte(data));
  const Padded body(data);
  const auto non_ascii =
      std::count_if(body.view().begin(), body.view().end(), [](char c) { return (c & 0x80) != 0; });
  for (const weir::relay::BodyMeasure& measure :
       {MeasureBody(body.view()), MeasureGeminiBody(body.view())}) {
    FUZZ_CHECK(measure.estimated_tokens >= 0);
    FUZZ_CHECK(measure.non_ascii_bytes == non_ascii);
  }
  const auto facts = ScanFor(dialect, body.view(), kPathModel);
  if (!facts.ok()) return weir::fuzz::kTaken;
  FUZZ_CHECK(!facts->model.empty());
  if (dialect != Dialect::kGemini) {
    const Span& token = facts->model_token;
    FUZZ_CHECK(token.begin + token.size <= data.size() && token.size >= 2);
    FUZZ_CHECK(data[token.begin] == '"' && data[token.begin + token.size - 1] == '"');
  }
  CheckPlaces(*facts, body.view());
  FUZZ_CHECK(!HasMedia(*facts, body.view()) || facts->messages.size != 0);
  CheckEdits(dialect, *facts, body.view(), facts->model);
  CheckEdits(dialect, *facts, body.view(), kUpstreamModel);
  CheckRouted(dialect, *facts, body.view());
  CheckSignedBlocks(dialect, *facts, body.view());
  return weir::fuzz::kTaken;
}
