// Takes secrets out of a recorded body before anything of it leaves the relay: known shapes, the
// secrets of the request at hand, and what administrators' patterns match. Looks at the text with
// its JSON escapes undone, also twice and thrice (JSON in JSON), and at texts that a stream tells
// bit by bit; masks in the bytes as they were. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/common/mask_pattern.h"
#include "libs/common/secret.h"

namespace weir::relay {

inline constexpr std::string_view kMask = "[masked]";
// What a body is read beyond its limit, so that a secret across the limit is seen whole.
inline constexpr std::size_t kMaskMarginBytes = 16 * 1024;

enum class BodyShape : std::uint8_t {
  kText,    // a whole body, JSON or any other text
  kEvents,  // server-sent events
};

struct MaskedBody {
  std::string text;  // at most bytes_max, UTF-8
  std::int64_t masked = 0;
  bool cut = false;  // there was more
};

// For one thread.
class BodyMasker {
 public:
  // `patterns` must compile (CheckMaskPattern); one that does not is left out.
  BodyMasker(const std::vector<std::string>& patterns, bool emails);

  // `text` is the body's beginning, valid UTF-8: at least bytes_max + kMaskMarginBytes of it, or
  // all. `secrets` are the request's own. First masked, then cut.
  MaskedBody Mask(std::string_view text, BodyShape shape, const std::vector<Secret>& secrets,
                  std::size_t bytes_max) const;

 private:
  std::vector<MaskPattern> patterns_;
  bool emails_;
};

// `text` without what a cut has left of its last character or JSON escape.
std::string_view WithoutHalfCharacter(std::string_view text);

}  // namespace weir::relay
