#include "services/relay/http1/body_decoder.h"

#include <algorithm>
#include <cstring>

namespace weir::relay {
namespace {

constexpr std::uint64_t kChunkBytesMax = std::uint64_t{1} << 40;  // far beyond any limit of ours
constexpr std::uint32_t kExtensionBytesMax = 4096;
constexpr std::uint32_t kTrailerBytesMax = 16 * 1024;

int HexDigit(unsigned char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

}  // namespace

BodyPart BodyDecoder::Decode(char* data, std::size_t size) {
  switch (framing_) {
    case BodyFraming::kNone:
      return {BodyStatus::kFinished, 0, 0};
    case BodyFraming::kUntilClose:
      return {BodyStatus::kMore, size, size};
    case BodyFraming::kLength: {
      const std::size_t taken = static_cast<std::size_t>(std::min<std::uint64_t>(size, remaining_));
      remaining_ -= taken;
      return {remaining_ == 0 ? BodyStatus::kFinished : BodyStatus::kMore, taken, taken};
    }
    case BodyFraming::kChunked:
      return DecodeChunked(data, size);
  }
  return {BodyStatus::kMalformed, 0, 0};
}

BodyPart BodyDecoder::DecodeChunked(char* data, std::size_t size) {
  std::size_t in = 0;
  std::size_t out = 0;
  while (in < size && state_ != ChunkState::kDone && state_ != ChunkState::kBad) {
    if (state_ == ChunkState::kData) {
      const auto run = static_cast<std::size_t>(std::min<std::uint64_t>(size - in, remaining_));
      if (in != out) std::memmove(data + out, data + in, run);
      in += run;
      out += run;
      remaining_ -= run;
      if (remaining_ == 0) state_ = ChunkState::kDataCr;
      continue;
    }
    state_ = Step(static_cast<unsigned char>(data[in++]));
  }
  BodyStatus status = BodyStatus::kMore;
  if (state_ == ChunkState::kDone) status = BodyStatus::kFinished;
  if (state_ == ChunkState::kBad) status = BodyStatus::kMalformed;
  return {status, out, in};
}

// RFC 9112 §7.1, without the leniency for bare LF that smuggling lives on.
BodyDecoder::ChunkState BodyDecoder::Step(unsigned char byte) {
  switch (state_) {
    case ChunkState::kSizeFirst:
    case ChunkState::kSize: {
      const int digit = HexDigit(byte);
      if (digit >= 0) {
        if (state_ == ChunkState::kSizeFirst) remaining_ = 0;
        remaining_ = remaining_ * 16 + static_cast<unsigned>(digit);
        return remaining_ > kChunkBytesMax ? ChunkState::kBad : ChunkState::kSize;
      }
      if (state_ == ChunkState::kSizeFirst) return ChunkState::kBad;
      overhead_bytes_ = 0;
      if (byte == ';') return ChunkState::kExtension;
      return byte == '\r' ? ChunkState::kSizeLf : ChunkState::kBad;
    }
    case ChunkState::kExtension:
      if (byte == '\r') return ChunkState::kSizeLf;
      if (byte == '\n' || ++overhead_bytes_ > kExtensionBytesMax) return ChunkState::kBad;
      return ChunkState::kExtension;
    case ChunkState::kSizeLf:
      if (byte != '\n') return ChunkState::kBad;
      return remaining_ == 0 ? ChunkState::kTrailerStart : ChunkState::kData;
    case ChunkState::kDataCr:
      return byte == '\r' ? ChunkState::kDataLf : ChunkState::kBad;
    case ChunkState::kDataLf:
      return byte == '\n' ? ChunkState::kSizeFirst : ChunkState::kBad;
    case ChunkState::kTrailerStart:
      if (byte == '\r') return ChunkState::kFinalLf;
      if (byte == '\n' || ++overhead_bytes_ > kTrailerBytesMax) return ChunkState::kBad;
      return ChunkState::kTrailer;
    case ChunkState::kTrailer:
      if (byte == '\r') return ChunkState::kTrailerLf;
      if (byte == '\n' || ++overhead_bytes_ > kTrailerBytesMax) return ChunkState::kBad;
      return ChunkState::kTrailer;
    case ChunkState::kTrailerLf:
      return byte == '\n' ? ChunkState::kTrailerStart : ChunkState::kBad;
    case ChunkState::kFinalLf:
      return byte == '\n' ? ChunkState::kDone : ChunkState::kBad;
    case ChunkState::kData:
    case ChunkState::kDone:
    case ChunkState::kBad:
      break;
  }
  return ChunkState::kBad;
}

}  // namespace weir::relay
