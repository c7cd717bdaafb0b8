// Looking for bytes in many places at once. No I/O.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace weir {

#ifdef __SSE2__
namespace byte_search_internal {

inline constexpr std::size_t kStep = sizeof(__m128i);

// A mark for each of the 16 bytes at `at` that is `byte`.
inline __m128i Marks(const char* at, char byte) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(byte));
}
inline __m128i EitherMarks(const char* at, char a, char b) {
  return _mm_or_si128(Marks(at, a), Marks(at, b));
}
inline __m128i PairMarks(const char* at, char first, std::size_t distance, char second) {
  return _mm_and_si128(Marks(at, first), Marks(at + distance, second));
}

inline __m128i StringStopMarks(const char* at) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(' ' - 1)), bytes);
  return _mm_or_si128(EitherMarks(at, '"', '\\'), control);
}

inline constexpr std::size_t kBlock = 4 * kStep;

// Whether `marks(place)` has one in the block at `at`.
template <typename MarksAt>
bool AnyInBlock(std::size_t at, const MarksAt& marks) {
  const __m128i front = _mm_or_si128(marks(at), marks(at + kStep));
  const __m128i back = _mm_or_si128(marks(at + 2 * kStep), marks(at + 3 * kStep));
  return _mm_movemask_epi8(_mm_or_si128(front, back)) != 0;
}

// Behind all whole blocks, from `at` on and within `size`, that have no marks.
template <typename MarksAt>
std::size_t SkipBlocks(std::size_t size, std::size_t at, const MarksAt& marks) {
  while (at + kBlock <= size && !AnyInBlock(at, marks)) at += kBlock;
  return at;
}

// The first byte that `marks(place)` marks, at or behind `at`; within the last few bytes of `size`
// when none is before them. Most strings are short: only those that are not are passed in large
// steps.
template <typename MarksAt>
std::size_t SkipUnmarked(std::size_t size, std::size_t at, const MarksAt& marks) {
  for (bool large = true; at + kStep <= size; at += kStep) {
    const auto hits = static_cast<unsigned>(_mm_movemask_epi8(marks(at)));
    if (hits != 0) return at + static_cast<std::size_t>(__builtin_ctz(hits));
    if (!large) continue;
    large = false;
    at = SkipBlocks(size, at + kStep, marks) - kStep;
  }
  return at;
}

// How many bytes of the block at `at` are not ASCII.
inline std::int64_t NonAsciiInBlock(const char* at) {
  const auto load = [at](std::size_t i) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at) + i);
  };
  const __m128i any = _mm_or_si128(_mm_or_si128(load(0), load(1)), _mm_or_si128(load(2), load(3)));
  if (_mm_movemask_epi8(any) == 0) return 0;  // most text is ASCII nearly throughout
  const __m128i zero = _mm_setzero_si128();
  __m128i minus = zero;  // one less in each place for each such byte
  for (std::size_t i = 0; i < 4; ++i) minus = _mm_add_epi8(minus, _mm_cmplt_epi8(load(i), zero));
  const __m128i sums = _mm_sad_epu8(_mm_sub_epi8(zero, minus), zero);
  return _mm_cvtsi128_si64(_mm_add_epi64(sums, _mm_unpackhi_epi64(sums, sums)));
}

}  // namespace byte_search_internal
#endif

// How many bytes of a text are not ASCII.
inline std::int64_t CountNonAscii(std::string_view text) {
  std::int64_t count = 0;
#ifdef __SSE2__
  using byte_search_internal::kBlock;
  for (; text.size() >= kBlock; text.remove_prefix(kBlock)) {
    count += byte_search_internal::NonAsciiInBlock(text.data());
  }
#endif
  return count + std::count_if(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
}

// Where the first `a` or `b` stands at or behind `at`; text.size() when there is none. In one pass:
// two calls of memchr would read on to a quote that is far away for each escape on the way there.
inline std::size_t FindEither(std::string_view text, std::size_t at, char a, char b) {
#ifdef __SSE2__
  const char* const data = text.data();
  at = byte_search_internal::SkipUnmarked(text.size(), at, [=](std::size_t i) {
    return byte_search_internal::EitherMarks(data + i, a, b);
  });
#endif
  while (at < text.size() && text[at] != a && text[at] != b) ++at;
  return at;
}

// The same of what may not stand in a JSON string as it is: a quote, a backslash, a control
// character.
inline std::size_t FindStringStop(std::string_view text, std::size_t at) {
#ifdef __SSE2__
  const char* const data = text.data();
  at = byte_search_internal::SkipUnmarked(text.size(), at, [=](std::size_t i) {
    return byte_search_internal::StringStopMarks(data + i);
  });
#endif
  const auto stops = [](char c) {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ';
  };
  while (at < text.size() && !stops(text[at])) ++at;
  return at;
}

// For words whose first letter is frequent, but rarely stands `distance` before another letter of
// theirs: where, at or behind `at`, the search for such a word may begin.
inline std::size_t SkipWithoutPair(std::string_view text, std::size_t at, char first,
                                   std::size_t distance, char second) {
#ifdef __SSE2__
  if (text.size() < distance) return at;
  const char* const data = text.data();
  const auto marks = [=](std::size_t i) {
    return byte_search_internal::PairMarks(data + i, first, distance, second);
  };
  return byte_search_internal::SkipBlocks(text.size() - distance, at, marks);
#else
  (void)first, (void)second;
  return at;
#endif
}

// The same, and adds what is not ASCII of the bytes that it skips: one reading of a long text
// serves both.
inline std::size_t SkipWithoutPair(std::string_view text, std::size_t at, char first,
                                   std::size_t distance, char second, std::int64_t& non_ascii) {
#ifdef __SSE2__
  using byte_search_internal::kBlock;
  const char* const data = text.data();
  const auto marks = [=](std::size_t i) {
    return byte_search_internal::PairMarks(data + i, first, distance, second);
  };
  while (at + kBlock + distance <= text.size() && !byte_search_internal::AnyInBlock(at, marks)) {
    non_ascii += byte_search_internal::NonAsciiInBlock(data + at);
    at += kBlock;
  }
#else
  (void)first, (void)second, (void)non_ascii;
#endif
  return at;
}

}  // namespace weir
