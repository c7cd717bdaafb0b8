// A text as one of its readers sees it, with where each part stands in the bytes it came from: a
// body as it is, with its JSON escapes undone (once, twice for JSON within JSON), or pieced
// together from many events. What is found in a layer is masked in the raw bytes. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::relay {

// Positions in the raw bytes.
struct RawSpan {
  std::size_t begin = 0;
  std::size_t end = 0;

  bool operator==(const RawSpan&) const = default;
};

// Where the escape begins that `position` stands within, and where it ends; `position` itself when
// it is between characters.
std::size_t EscapeBegin(std::string_view text, std::size_t position);
std::size_t EscapeEnd(std::string_view text, std::size_t position);

class TextLayer {
 public:
  TextLayer() = default;
  // `raw` as it is; it must outlive the layer.
  static TextLayer Of(std::string_view raw);

  std::string_view text() const { return owned_.empty() ? view_ : std::string_view(owned_); }

  // Appends [begin, end) of `from` with the JSON escapes in it undone: \n, \", \/, \u0041. What is
  // no escape stays; half a surrogate pair becomes U+FFFD. For layers that were not made by Of.
  void AppendUnescaped(const TextLayer& from, std::size_t begin, std::size_t end);

  // The raw bytes that make up [begin, end) of the text: one span for each stretch that is in one
  // piece there. An escape counts whole.
  std::vector<RawSpan> RawSpansOf(std::size_t begin, std::size_t end) const;

 private:
  // A stretch of the text: byte by byte as in the raw bytes, or (escape) all of it out of all of
  // [raw, raw + raw_bytes).
  struct Run {
    std::size_t at = 0;  // in the text
    std::size_t raw = 0;
    std::size_t raw_bytes = 0;
    bool escape = false;
  };

  std::size_t FirstRunAt(std::size_t position) const;
  void AppendCopy(const TextLayer& from, std::size_t begin, std::size_t end);
  void AppendDecoded(const TextLayer& from, std::size_t begin, std::size_t end,
                     std::string_view decoded);
  void AddRun(Run run);

  std::string_view view_;
  std::string owned_;
  std::vector<Run> runs_;
};

}  // namespace weir::relay
