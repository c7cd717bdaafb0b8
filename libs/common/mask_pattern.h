// A regular expression (RE2's syntax, linear time) whose matches are masked in recorded bodies.
// Admin stores only what compiles here, and relays compile the same.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace re2 {
class RE2;
}

namespace weir {

inline constexpr std::size_t kMaskPatternsMax = 32;
inline constexpr std::size_t kMaskPatternBytesMax = 512;

// Thread-safe.
class MaskPattern {
 public:
  // InvalidArgument with the end of a sentence ("is no regular expression: …").
  static absl::StatusOr<MaskPattern> Compile(std::string_view pattern);
  MaskPattern(MaskPattern&&) noexcept;
  MaskPattern& operator=(MaskPattern&&) noexcept;
  ~MaskPattern();

  // What one match takes: `begin` and `end` of the pattern's first group when there is one that
  // matched, else of the whole; the next search begins at `next`. Never empty.
  struct Found {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t next = 0;
  };
  // The first match at `from` or later; false: none.
  bool Find(std::string_view text, std::size_t from, Found& found) const;

 private:
  explicit MaskPattern(std::unique_ptr<re2::RE2> expression);

  std::unique_ptr<re2::RE2> expression_;
};

// As MaskPattern::Compile, and at most kMaskPatternBytesMax bytes, for what administrators write.
absl::Status CheckMaskPattern(std::string_view pattern);

}  // namespace weir
