// What the targets of the translations share.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/translate/translation.h"
#include "tests/fuzz/fuzz.h"

namespace weir::relay::fuzzing {

inline constexpr std::size_t kBytesMax = 2'048;

// With exactly the padding that the relay gives it: a byte read beyond it is seen.
class Padded {
 public:
  explicit Padded(std::string_view text) : size_(text.size()), bytes_(new char[text.size() + 64]) {
    if (!text.empty()) std::memcpy(bytes_.get(), text.data(), text.size());
    std::memset(bytes_.get() + size_, 0, 64);
  }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

inline bool IsJson(std::string_view text) {
  simdjson::dom::parser parser;
  return parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
}

// A request is refused by name, or becomes JSON where it was JSON.
inline int Request(Dialect client, Dialect upstream, std::string_view bytes) {
  if (bytes.size() > kBytesMax) return weir::fuzz::kRefused;
  const Padded body(bytes);
  Translation translation(client, upstream);
  BodyChanges changes;
  changes.upstream_model = "m";
  changes.system_prompt = "Be \"brief\"";
  const absl::Status status =
      translation.TranslateRequest(body.view(), changes, /*stream=*/true, {});
  if (!status.ok()) {
    FUZZ_CHECK(!status.message().empty());
    return weir::fuzz::kTaken;
  }
  FUZZ_CHECK(translation.dropped().find_first_of("\r\n") == std::string::npos);
  if (IsJson(body.view())) FUZZ_CHECK(IsJson(translation.request()));
  return weir::fuzz::kTaken;
}

inline std::string Stream(Dialect client, Dialect upstream,
                          const std::vector<std::string_view>& parts, bool wants_stream = true) {
  Translation translation(client, upstream);
  translation.context().id = "1";
  translation.BeginAnswer(Translation::AnswerForm::kStream, wants_stream, 200);
  std::string held;
  std::string out;
  for (const std::string_view part : parts) {
    held += part;
    std::string_view rest(held);
    SseEvent event;
    std::string joined;
    while (NextSseEvent(rest, event, joined)) {
      out += translation.Feed(event.raw, /*last=*/false);
    }
    held = std::string(rest);
  }
  if (!wants_stream) out += translation.Feed({}, /*last=*/true);
  if (translation.failed()) out += "failed";
  return out;
}

// The same answer at every cut, as a stream and collected, from another dialect and from the
// client's own; a whole one is JSON or a failure.
inline int Answer(Dialect client, Dialect upstream, std::string_view bytes) {
  if (bytes.size() > kBytesMax) return weir::fuzz::kRefused;
  const std::string stream = Stream(client, upstream, {bytes});
  const std::string_view head = bytes.substr(0, 256);
  for (const auto& parts : weir::fuzz::EveryCut(head)) {
    FUZZ_CHECK(Stream(client, upstream, parts) == Stream(client, upstream, {head}));
  }
  for (const Dialect reader : {client, upstream}) {
    const std::string collected = Stream(reader, upstream, {bytes}, /*wants_stream=*/false);
    FUZZ_CHECK(collected.empty() || collected.ends_with("failed") || IsJson(collected));
    Translation as_stream(reader, upstream);
    as_stream.BeginAnswer(Translation::AnswerForm::kWhole, /*wants_stream=*/true, 200);
    as_stream.Feed(bytes, /*last=*/true);
  }
  for (const int status : {200, 400}) {
    Translation translation(client, upstream);
    translation.BeginAnswer(
        status == 200 ? Translation::AnswerForm::kWhole : Translation::AnswerForm::kError,
        /*wants_stream=*/false, status);
    const std::string made(translation.Feed(bytes, /*last=*/true));
    FUZZ_CHECK(translation.failed() || !IsJson(bytes) || IsJson(made));
  }
  return weir::fuzz::kTaken;
}

}  // namespace weir::relay::fuzzing
