// Hashes that are the same in every process and on every relay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir {

// splitmix64 (Steele, Lea, Flood 2014): independent-looking bits of each number.
constexpr std::uint64_t MixBits(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15U;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31);
}

namespace stable_hash_internal {

constexpr std::uint64_t Byte(const char* at, int i) {
  return static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
}

// Least first on any machine; one load where that is its own order.
constexpr std::uint64_t Word(const char* at) {
  return Byte(at, 0) | Byte(at, 1) | Byte(at, 2) | Byte(at, 3) | Byte(at, 4) | Byte(at, 5) |
         Byte(at, 6) | Byte(at, 7);
}

constexpr std::uint64_t Step(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9FB21C651E98DF25U;
  return hash ^ (hash >> 32);
}

}  // namespace stable_hash_internal

// 64 bits that depend on all of `text`. By words: byte by byte, each multiplication would wait for
// the one before.
constexpr std::uint64_t StableHash(std::string_view text) {
  constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
  std::uint64_t hash = 0xCBF29CE484222325U + text.size();
  for (; text.size() >= kWordBytes; text.remove_prefix(kWordBytes)) {
    hash = stable_hash_internal::Step(hash, stable_hash_internal::Word(text.data()));
  }
  std::uint64_t rest = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    rest |= stable_hash_internal::Byte(text.data(), static_cast<int>(i));
  }
  return MixBits(stable_hash_internal::Step(hash, rest));
}

}  // namespace weir
