#include "libs/common/mask_pattern.h"

#include <array>
#include <utility>

#include <re2/re2.h>

#include "libs/common/text.h"
#include "libs/common/utf8.h"

namespace weir {
namespace {

// Of one compiled expression, its automata included; RE2 falls back to a slower, still linear
// search beyond it.
constexpr std::int64_t kMemoryBytesMax = 4 << 20;

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

MaskPattern::MaskPattern(std::unique_ptr<re2::RE2> expression)
    : expression_(std::move(expression)) {}
MaskPattern::MaskPattern(MaskPattern&&) noexcept = default;
MaskPattern& MaskPattern::operator=(MaskPattern&&) noexcept = default;
MaskPattern::~MaskPattern() = default;

absl::StatusOr<MaskPattern> MaskPattern::Compile(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMemoryBytesMax);
  auto expression = std::make_unique<re2::RE2>(Piece(pattern), options);
  if (!expression->ok()) {
    return absl::InvalidArgumentError(StrCat("is no regular expression: ", expression->error()));
  }
  if (re2::RE2::PartialMatch("", *expression)) {
    return absl::InvalidArgumentError("must not match the empty text");
  }
  return MaskPattern(std::move(expression));
}

bool MaskPattern::Find(std::string_view text, std::size_t from, Found& found) const {
  std::array<re2::StringPiece, 2> groups;
  const int wanted = expression_->NumberOfCapturingGroups() > 0 ? 2 : 1;
  while (from <= text.size()) {
    if (!expression_->Match(Piece(text), from, text.size(), re2::RE2::UNANCHORED, groups.data(),
                            wanted)) {
      return false;
    }
    const auto whole_begin = static_cast<std::size_t>(groups[0].data() - text.data());
    const std::size_t whole_end = whole_begin + groups[0].size();
    const bool by_group = wanted == 2 && groups[1].data() != nullptr && !groups[1].empty();
    const re2::StringPiece& told = by_group ? groups[1] : groups[0];
    found.begin = static_cast<std::size_t>(told.data() - text.data());
    found.end = found.begin + told.size();
    found.next = whole_end;
    if (found.end > found.begin) return true;
    from = whole_end + 1;  // an empty match (of a \b) masks nothing
  }
  return false;
}

absl::Status CheckMaskPattern(std::string_view pattern) {
  if (pattern.empty() || pattern.size() > kMaskPatternBytesMax) {
    return absl::InvalidArgumentError(StrCat("must be 1 to ", kMaskPatternBytesMax, " bytes long"));
  }
  if (!IsValidUtf8(pattern)) return absl::InvalidArgumentError("must be UTF-8");
  return MaskPattern::Compile(pattern).status();
}

}  // namespace weir
