// What a signature is recognised by: 64 bits that depend on all of its characters, added part by
// part. FNV-1a, then mixed; the same in every process. No I/O.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::relay {

class SignatureHash {
 public:
  void Add(std::string_view part) {
    for (const char c : part) {
      state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
    }
  }
  std::uint64_t value() const {
    const std::uint64_t mixed = (state_ ^ (state_ >> 32)) * 0xD6E8FEB86659FD93U;
    return mixed ^ (mixed >> 32);
  }

 private:
  std::uint64_t state_ = 0xCBF29CE484222325U;
};

}  // namespace weir::relay
