// What the fuzz targets share. A target is one function over bytes; libFuzzer calls it for as long
// as it is told to, replay_main.cc once for each file of the corpus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

// libFuzzer's name and types; declared, since a function without declaration is a warning.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace weir::fuzz {

inline constexpr int kTaken = 0;     // the input may join the corpus
inline constexpr int kRefused = -1;  // too long for this target

[[noreturn]] inline void Fail(const char* what, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  std::abort();
}

inline std::string_view Text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

// Takes the first byte off: a target's choice among modes. 0 when there is none.
inline unsigned TakeByte(std::string_view& text) {
  if (text.empty()) return 0;
  const auto byte = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  return byte;
}

// All ways to hand over `text` that a target compares: cut in two at every place, and byte by byte.
// Of a long text every so-manieth place, beginning at one that its last byte decides: more inputs
// in the same time find more, and over many inputs no place is left out.
inline std::vector<std::vector<std::string_view>> EveryCut(std::string_view text) {
  constexpr std::size_t kCutsUsual = 64;
  const std::size_t step = text.size() / kCutsUsual + 1;
  const std::size_t first = text.empty() ? 1 : 1 + static_cast<unsigned char>(text.back()) % step;
  std::vector<std::vector<std::string_view>> ways;
  for (std::size_t cut = first; cut < text.size(); cut += step) {
    ways.push_back({text.substr(0, cut), text.substr(cut)});
  }
  std::vector<std::string_view>& single = ways.emplace_back();
  for (std::size_t i = 0; i < text.size(); ++i) single.push_back(text.substr(i, 1));
  return ways;
}

}  // namespace weir::fuzz

#define FUZZ_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : weir::fuzz::Fail(#condition, __FILE__, __LINE__))
