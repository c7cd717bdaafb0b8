// Where a message body ends, and what of the bytes is payload. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::relay {

enum class BodyFraming : std::uint8_t { kNone, kLength, kChunked, kUntilClose };

enum class BodyStatus : std::uint8_t {
  kMore,       // the body goes on
  kFinished,   // its end was in these bytes
  kMalformed,  // broken chunk framing
};

struct BodyPart {
  BodyStatus status = BodyStatus::kMore;
  std::size_t payload_bytes = 0;   // at the front of the data after Decode
  std::size_t consumed_bytes = 0;  // of the data as it was; the rest belongs to the next message
};

// Fed with each read; takes the chunk framing out in place, so that the payload of one read is one
// run of bytes at the front of the buffer.
class BodyDecoder {
 public:
  BodyDecoder() = default;
  explicit BodyDecoder(BodyFraming framing, std::int64_t length = 0)
      : framing_(framing), remaining_(static_cast<std::uint64_t>(length)) {}

  // True when no byte of body is to come.
  bool finished_at_start() const {
    return framing_ == BodyFraming::kNone || (framing_ == BodyFraming::kLength && remaining_ == 0);
  }
  BodyFraming framing() const { return framing_; }
  // kLength: bytes still to come.
  std::uint64_t remaining() const { return remaining_; }

  BodyPart Decode(char* data, std::size_t size);

 private:
  enum class ChunkState : std::uint8_t {
    kSizeFirst,  // at least one digit must come
    kSize,
    kExtension,
    kSizeLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailer,
    kTrailerLf,
    kFinalLf,
    kDone,
    kBad,
  };

  BodyPart DecodeChunked(char* data, std::size_t size);
  // One byte of framing.
  ChunkState Step(unsigned char byte);

  BodyFraming framing_ = BodyFraming::kNone;
  ChunkState state_ = ChunkState::kSizeFirst;
  std::uint32_t overhead_bytes_ = 0;  // of the extension or the trailer at hand
  std::uint64_t remaining_ = 0;       // of the length, or of the chunk at hand
};

}  // namespace weir::relay
