#include "libs/common/ids.h"

#include <sodium.h>

#include <array>
#include <cassert>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"

namespace weir {
namespace {

// Random bytes in stock, since one call for 10 bytes costs a system call.
class RandomStock {
 public:
  void Take(unsigned char* out, std::size_t size) {
    if (used_ + size > stock_.size()) {
      randombytes_buf(stock_.data(), stock_.size());
      used_ = 0;
    }
    std::memcpy(out, stock_.data() + used_, size);
    used_ += size;
  }

 private:
  std::array<unsigned char, 2000> stock_{};
  std::size_t used_ = 2000;
};

}  // namespace

std::string NewUuid7Bytes(std::int64_t unix_ms) {
  thread_local RandomStock stock;
  std::array<unsigned char, 16> id{};
  stock.Take(id.data() + 6, 10);
  const auto time = static_cast<std::uint64_t>(unix_ms);
  for (int i = 0; i < 6; ++i) {
    id[static_cast<std::size_t>(i)] = static_cast<unsigned char>(time >> (8 * (5 - i)));
  }
  id[6] = static_cast<unsigned char>((id[6] & 0x0F) | 0x70);
  id[8] = static_cast<unsigned char>((id[8] & 0x3F) | 0x80);
  return std::string(id.begin(), id.end());
}

std::string UuidToText(std::string_view bytes) {
  assert(bytes.size() == 16);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(36, '-');
  char* at = text.data();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
    const auto byte = static_cast<unsigned char>(bytes[i]);
    *at++ = kDigits[byte >> 4];
    *at++ = kDigits[byte & 0x0F];
  }
  return text;
}

absl::StatusOr<std::string> UuidFromText(std::string_view text) {
  const absl::Status malformed =
      absl::InvalidArgumentError("not a UUID: expected 8-4-4-4-12 hexadecimal digits");
  if (text.size() != 36) return malformed;
  std::string hex;
  hex.reserve(32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash_here = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash_here != (text[i] == '-')) return malformed;
    if (dash_here) continue;
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(text[i]))) return malformed;
    hex.push_back(text[i]);
  }
  return absl::HexStringToBytes(hex);
}

bool IsUuid7(std::string_view bytes) {
  return bytes.size() == 16 && (static_cast<unsigned char>(bytes[6]) >> 4) == 7 &&
         (static_cast<unsigned char>(bytes[8]) >> 6) == 2;
}

std::string RandomHex(int bytes) {
  std::string raw(static_cast<std::size_t>(bytes), '\0');
  randombytes_buf(raw.data(), raw.size());
  return absl::BytesToHexString(raw);
}

}  // namespace weir
