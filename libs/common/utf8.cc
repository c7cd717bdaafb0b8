#include "libs/common/utf8.h"

#include <cstdint>
#include <cstring>

namespace weir {
namespace {

unsigned char At(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

// Bytes of the character at `i`, 0 when there is none.
std::size_t CharacterBytes(std::string_view text, std::size_t i) {
  const unsigned char lead = At(text, i);
  if (lead < 0x80) return 1;
  std::size_t bytes = 0;
  if (lead >= 0xc2 && lead <= 0xdf) bytes = 2;
  if (lead >= 0xe0 && lead <= 0xef) bytes = 3;
  if (lead >= 0xf0 && lead <= 0xf4) bytes = 4;
  if (bytes == 0 || text.size() - i < bytes) return 0;
  // The second byte's range excludes overlong forms, surrogates and what is beyond the last plane.
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
  if (lead == 0xe0) low = 0xa0;
  if (lead == 0xed) high = 0x9f;
  if (lead == 0xf0) low = 0x90;
  if (lead == 0xf4) high = 0x8f;
  if (At(text, i + 1) < low || At(text, i + 1) > high) return 0;
  for (std::size_t k = 2; k < bytes; ++k) {
    if ((At(text, i + k) & 0xc0) != 0x80) return 0;
  }
  return bytes;
}

// How many bytes from the start are ASCII, looked at eight at a time.
std::size_t AsciiPrefix(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + i, sizeof(word));
    if ((word & 0x8080808080808080U) != 0) break;
  }
  while (i < text.size() && At(text, i) < 0x80) ++i;
  return i;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  for (std::size_t i = AsciiPrefix(text); i < text.size();) {
    const std::size_t bytes = CharacterBytes(text, i);
    if (bytes == 0) return false;
    i += bytes;
  }
  return true;
}

void AssignValidUtf8(std::string& out, std::string_view text, std::size_t bytes_max) {
  const std::size_t ascii = AsciiPrefix(text.substr(0, bytes_max));
  out.assign(text.data(), ascii);
  for (std::size_t i = ascii; i < text.size();) {
    const std::size_t bytes = CharacterBytes(text, i);
    if (out.size() + (bytes == 0 ? 1 : bytes) > bytes_max) return;
    if (bytes == 0) {
      out.push_back('?');
      ++i;
    } else {
      out.append(text, i, bytes);
      i += bytes;
    }
  }
}

std::string ValidUtf8(std::string_view text) {
  std::string out;
  AssignValidUtf8(out, text, text.size());
  return out;
}

}  // namespace weir
