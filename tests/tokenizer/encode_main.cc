// Encodes texts for the comparison with the published encoder: reads frames (four bytes of length,
// little-endian, then the text), writes a line of tokens for each.
#include <array>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "services/relay/tokenizer/token_counter.h"

int main() {
  weir::relay::TokenCounter counter;
  std::array<unsigned char, 4> head{};
  std::vector<std::int32_t> tokens;
  while (std::cin.read(reinterpret_cast<char*>(head.data()), head.size())) {
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < head.size(); ++i) size |= std::uint32_t{head[i]} << (8 * i);
    std::string text(size, '\0');
    if (!std::cin.read(text.data(), size)) return 1;
    tokens.clear();
    std::size_t offset = 0;
    counter.EncodeSome(text, offset, text.size(), tokens);
    for (const std::int32_t token : tokens) std::cout << token << ' ';
    std::cout << '\n';
  }
  return 0;
}
