#define PCRE2_CODE_UNIT_WIDTH 8
#include "services/relay/tokenizer/token_counter.h"

#include <pcre2.h>

#include <algorithm>
#include <limits>
#include <string>

#include "libs/common/text.h"
#include "services/relay/tokenizer/byte_pairs.h"

namespace weir::relay {
namespace {

// A run of one kind of letter can be as long as the request: cut, it takes at most a token more at
// each cut, and no step takes long.
constexpr std::size_t kPieceBytesMax = 4 * 1024;

// Where o200k_base cuts a text before it encodes the pieces (openai/tiktoken, openai_public.py).
// White space as Unicode has it: PCRE2's own \s differs in two characters.
std::string PiecesPattern() {
  constexpr std::string_view kSpace =
      R"(\x{9}-\x{d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
  constexpr std::string_view kUpper = R"([\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}])";
  constexpr std::string_view kLower = R"([\p{Ll}\p{Lm}\p{Lo}\p{M}])";
  constexpr std::string_view kBefore = R"([^\r\n\p{L}\p{N}]?)";
  constexpr std::string_view kEnding = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)?)";
  return StrCat(kBefore, kUpper, "*", kLower, "+", kEnding,       //
                "|", kBefore, kUpper, "+", kLower, "*", kEnding,  //
                R"(|\p{N}{1,3})",                                 //
                "| ?[^", kSpace, R"(\p{L}\p{N}]+[\r\n/]*)",       //
                "|[", kSpace, R"(]*[\r\n]+)",                     //
                "|[", kSpace, "]+(?![^", kSpace, "])",            //
                "|[", kSpace, "]+");
}

// Compiled once, used by all threads, never freed.
const pcre2_code* Pattern() {
  static const pcre2_code* const pattern = [] {
    int error = 0;
    std::size_t error_at = 0;
    const std::string text = PiecesPattern();
    pcre2_code* made = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                     PCRE2_UTF, &error, &error_at, nullptr);
    // Without just-in-time code (forbidden on some systems) it works as well, only slower.
    if (made != nullptr) (void)pcre2_jit_compile(made, PCRE2_JIT_COMPLETE);
    return made;
  }();
  return pattern;
}

// `at`, or where the character begins that it is in the middle of.
std::size_t CharacterStart(std::string_view text, std::size_t at) {
  if (at >= text.size()) return text.size();
  while ((static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) --at;
  return at;
}

}  // namespace

struct TokenCounter::Impl {
  Impl() : match(pcre2_match_data_create(1, nullptr)), pairs(O200kRanks()) {}
  ~Impl() { pcre2_match_data_free(match); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // The end of the piece that begins at `offset`, or of as much of it as is looked at in one step.
  std::size_t PieceEnd(std::string_view text, std::size_t offset) {
    text = text.substr(0, CharacterStart(text, offset + kPieceBytesMax));
    const int found = pcre2_match(Pattern(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                  offset, PCRE2_ANCHORED | PCRE2_NO_UTF_CHECK, match, nullptr);
    const std::size_t end = found > 0 ? pcre2_get_ovector_pointer(match)[1] : offset;
    // Every character begins a piece; only a match that was given up gets none.
    return end > offset ? end : text.size();
  }

  pcre2_match_data* match;
  BytePairs pairs;
  std::vector<std::int32_t> tokens;
};

TokenCounter::TokenCounter() : impl_(std::make_unique<Impl>()) {}
TokenCounter::~TokenCounter() = default;

void TokenCounter::EncodeSome(std::string_view text, std::size_t& offset, std::size_t bytes_max,
                              std::vector<std::int32_t>& tokens) {
  const std::size_t stop = offset + std::min(bytes_max, text.size() - offset);
  while (offset < stop) {
    const std::size_t end = impl_->PieceEnd(text, offset);
    impl_->pairs.Encode(text.substr(offset, end - offset), tokens);
    offset = end;
  }
}

std::int64_t TokenCounter::CountSome(std::string_view text, std::size_t& offset,
                                     std::size_t bytes_max) {
  impl_->tokens.clear();
  EncodeSome(text, offset, bytes_max, impl_->tokens);
  return static_cast<std::int64_t>(impl_->tokens.size());
}

std::int64_t TokenCounter::Count(std::string_view text) {
  std::size_t offset = 0;
  return CountSome(text, offset, std::numeric_limits<std::size_t>::max());
}

}  // namespace weir::relay
