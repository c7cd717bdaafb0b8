// Writes protobuf's wire format by hand, for a message that is made for each request: filling a
// message object, measuring it and serializing it costs five times as much.
//
// Fields with their default value are left out, as proto3 has it. The memory is the caller's and
// must be large enough: kNumberBytesMax for each number, kTextBytesMax more than its bytes for each
// text or nested message. No errors, no allocation; one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace weir::relay {

class WireWriter {
 public:
  static constexpr std::size_t kNumberBytesMax = 2 + 10;  // key (fields below 2048) and varint
  static constexpr std::size_t kTextBytesMax = 2 + 5;     // key and length

  explicit WireWriter(char* at) : begin_(at), at_(at) {}

  // int64, int32, enum, bool and uint64 alike; negative numbers are sign-extended, as they must be.
  void Number(int field, std::int64_t value) { Number(field, static_cast<std::uint64_t>(value)); }
  void Number(int field, std::uint64_t value) {
    if (value == 0) return;
    Varint(static_cast<std::uint64_t>(field) << 3);
    Varint(value);
  }

  // string and bytes; also packed lists, whose bytes are given.
  void Text(int field, std::string_view text) {
    if (text.empty()) return;
    Varint(static_cast<std::uint64_t>(field) << 3 | kLengthDelimited);
    Varint(text.size());
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }

  // A nested message: `fill` writes its fields. Present also when it is empty.
  template <typename Fill>
  void Nested(int field, const Fill& fill) {
    Varint(static_cast<std::uint64_t>(field) << 3 | kLengthDelimited);
    char* const length = at_++;
    fill();
    const auto bytes = static_cast<std::size_t>(at_ - length - 1);
    if (bytes < 0x80) {
      *length = static_cast<char>(bytes);
      return;
    }
    // Its length needs more than the one byte that was left for it.
    const std::size_t more = bytes < 0x4000 ? 1 : (bytes < 0x200000 ? 2 : 3);
    std::memmove(length + 1 + more, length + 1, bytes);
    at_ = length;
    Varint(bytes);
    at_ += bytes;
  }

  std::string_view written() const { return {begin_, static_cast<std::size_t>(at_ - begin_)}; }

 private:
  static constexpr std::uint64_t kLengthDelimited = 2;

  void Varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) *at_++ = static_cast<char>(value | 0x80);
    *at_++ = static_cast<char>(value);
  }

  char* begin_;
  char* at_;
};

}  // namespace weir::relay
