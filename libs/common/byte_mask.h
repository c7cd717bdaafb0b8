// Where a byte stands in a block of text, as bits: for text where it stands often, in which a
// search from each place to the next costs more than looking at all places at once. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace weir {

inline constexpr std::size_t kMaskBytes = 64;

// A bit for each of the 64 bytes at `at` that is `byte`, the first one the lowest.
inline std::uint64_t MaskOf(const char* at, char byte) {
  std::uint64_t mask = 0;
#ifdef __SSE2__
  constexpr std::size_t kStep = sizeof(__m128i);
  const __m128i wanted = _mm_set1_epi8(byte);
  for (std::size_t i = 0; i < kMaskBytes; i += kStep) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
    const int marks = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted));
    mask |= static_cast<std::uint64_t>(static_cast<unsigned>(marks)) << i;
  }
#else
  for (std::size_t i = 0; i < kMaskBytes; ++i) {
    mask |= static_cast<std::uint64_t>(at[i] == byte) << i;
  }
#endif
  return mask;
}

}  // namespace weir
