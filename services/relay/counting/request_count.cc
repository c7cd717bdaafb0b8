#include "services/relay/counting/request_count.h"

#include <algorithm>
#include <utility>

#include "services/relay/translate/neutral/tool_arguments.h"

namespace weir::relay {
namespace {

constexpr std::size_t kCountedBytes = 4 * 1024;
constexpr std::size_t kDecodedBytes = 256 * 1024;
constexpr std::size_t kKeptBytesMax = 64 * 1024;

// A \uXXXX stands at `at`, the digits being of one half of a pair: 'D', then one of `second`.
bool IsHalf(std::string_view text, std::size_t at, std::string_view second) {
  const std::string_view escape = text.substr(std::min(at, text.size()), 4);
  return escape.size() == 4 && escape.starts_with("\\u") &&
         (escape[2] == 'd' || escape[2] == 'D') && second.find(escape[3]) != std::string_view::npos;
}

std::size_t EscapeBytes(std::string_view text, std::size_t at) {
  constexpr std::size_t kCodePoint = 6;  // \uXXXX
  return at + 1 < text.size() && text[at + 1] == 'u' ? kCodePoint : 2;
}

// Where a text may be cut at or behind `least`: in no escape, and not between the halves of a pair.
std::size_t CutBehind(std::string_view text, std::size_t at, std::size_t least) {
  bool first_half = false;
  while (at < text.size() && (at < least || (first_half && IsHalf(text, at, "cdefCDEF")))) {
    if (text[at] != '\\') {
      first_half = false;
      at = std::min({text.find('\\', at), text.size(), least});
      continue;
    }
    first_half = IsHalf(text, at, "89abAB");
    at += EscapeBytes(text, at);
  }
  at = std::min(at, text.size());
  // Not within a character either.
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
  return at;
}

}  // namespace

RequestCount::RequestCount(ChatRequest request, std::string_view model)
    : request_(std::move(request)),
      rules_(CountRulesFor(model)),
      plan_(PlanCount(request_, rules_)) {}

void RequestCount::Decode(const CountedText& text) {
  if (!text.escaped) {
    plain_ = text.text;
    decoded_ = text.text.size();
    return;
  }
  const std::size_t cut = CutBehind(text.text, decoded_, decoded_ + kDecodedBytes);
  AppendUnescaped(text.text.substr(decoded_, cut - decoded_), plain_);
  decoded_ = cut;
}

void RequestCount::Step(TokenCounter& counter) {
  if (done()) return;
  const CountedText& text = plan_.texts[next_];
  if (decoded_ < text.text.size()) {
    Decode(text);
    // A text of many steps is counted when it is whole: its tokens know no cuts.
    if (decoded_ < text.text.size() || decoded_ > kCountedBytes) return;
  }
  tokens_ += counter.CountSome(plain_, counted_, kCountedBytes);
  if (counted_ < plain_.size()) return;
  ++next_;
  decoded_ = counted_ = 0;
  if (plain_.capacity() > kKeptBytesMax) std::string().swap(plain_);
  plain_.clear();
}

std::int64_t RequestCount::tokens() const {
  constexpr std::int64_t kPercent = 100;
  return ((tokens_ + plan_.framing_tokens) * rules_.percent + kPercent - 1) / kPercent;
}

}  // namespace weir::relay
