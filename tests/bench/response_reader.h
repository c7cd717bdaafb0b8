// Reads HTTP/1.1 answers as they arrive and counts the events of their streams. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::bench {

// One answer at a time; Reset() before the next. It keeps no payload but the last few bytes.
class ResponseReader {
 public:
  enum class State { kHead, kBody, kDone, kBad };

  void Reset();

  // Takes bytes as received. Bytes after the answer's end make it kBad: nothing was asked for them.
  State Feed(std::string_view bytes);

  // The peer closed: an answer without a length is then whole. Returns the final state.
  State End();

  int status() const { return status_; }
  bool keep_alive() const { return keep_alive_; }
  bool has_payload() const { return payload_bytes_ > 0; }
  std::int64_t events() const { return events_; }
  std::uint64_t payload_bytes() const { return payload_bytes_; }

  // Whether the payload so far ends as a complete stream of any of the protocols does.
  bool HasTerminalEvent() const;

 private:
  enum class Framing { kLength, kChunked, kClose };
  enum class ChunkPart { kSize, kExtension, kPayload, kPayloadEnd, kTrailer };

  bool ReadHead();
  void ReadBody(std::string_view bytes);
  void ReadChunkByte(char c);
  void ReadTrailerByte(char c);
  void Payload(std::string_view bytes);

  State state_ = State::kHead;
  std::string head_;
  int status_ = 0;
  bool keep_alive_ = true;
  Framing framing_ = Framing::kClose;
  ChunkPart part_ = ChunkPart::kSize;
  std::size_t left_ = 0;        // of the body or of the chunk; the size while it is read
  std::size_t line_bytes_ = 0;  // of the trailer line so far
  char last_ = 0;               // payload byte before the next
  std::string tail_;
  std::string event_head_;  // how the last event begins
  bool between_events_ = true;
  std::int64_t events_ = 0;
  std::uint64_t payload_bytes_ = 0;
};

}  // namespace weir::bench
