#include "tests/bench/response_reader.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace weir::bench {
namespace {

constexpr std::size_t kHeadBytesMax = std::size_t{64} * 1024;
constexpr std::size_t kTailBytes = 512;
constexpr std::size_t kEventHeadBytes = 32;  // of what tells one event from others

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The value of a header in a head whose letters are all lower case; empty when it is not there.
std::string_view HeaderOf(std::string_view head, std::string_view name) {
  const std::size_t found = head.find("\r\n" + std::string(name) + ":");
  if (found == std::string_view::npos) return {};
  std::string_view value = head.substr(found + 3 + name.size());
  value = value.substr(0, value.find("\r\n"));
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  return value;
}

}  // namespace

void ResponseReader::Reset() { *this = ResponseReader(); }

ResponseReader::State ResponseReader::Feed(std::string_view bytes) {
  if (state_ == State::kDone && !bytes.empty()) state_ = State::kBad;
  if (state_ == State::kHead) {
    const std::size_t had = head_.size();
    head_.append(bytes);
    const std::size_t end = head_.find("\r\n\r\n", had < 3 ? 0 : had - 3);
    if (end == std::string::npos) {
      if (head_.size() > kHeadBytesMax) state_ = State::kBad;
      return state_;
    }
    bytes.remove_prefix(end + 4 - had);
    head_.resize(end + 2);
    state_ = ReadHead() ? State::kBody : State::kBad;
    if (state_ == State::kBody && framing_ == Framing::kLength && left_ == 0) {
      state_ = bytes.empty() ? State::kDone : State::kBad;
    }
  }
  if (state_ == State::kBody) ReadBody(bytes);
  return state_;
}

ResponseReader::State ResponseReader::End() {
  const bool whole = state_ == State::kBody && framing_ == Framing::kClose;
  if (state_ != State::kDone) state_ = whole ? State::kDone : State::kBad;
  return state_;
}

bool ResponseReader::ReadHead() {
  for (char& c : head_) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (!head_.starts_with("http/1.") || head_.size() < 12) return false;
  std::from_chars(head_.data() + 9, head_.data() + 12, status_);
  keep_alive_ = HeaderOf(head_, "connection") != "close";
  const std::string_view length = HeaderOf(head_, "content-length");
  if (HeaderOf(head_, "transfer-encoding") == "chunked") {
    framing_ = Framing::kChunked;
  } else if (!length.empty()) {
    framing_ = Framing::kLength;
    std::from_chars(length.data(), length.data() + length.size(), left_);
  }
  return status_ >= 200;
}

void ResponseReader::ReadBody(std::string_view bytes) {
  while (!bytes.empty() && state_ == State::kBody) {
    if (framing_ == Framing::kClose) {
      Payload(bytes);
      return;
    }
    const bool in_payload = framing_ == Framing::kLength || part_ == ChunkPart::kPayload;
    if (!in_payload) {
      ReadChunkByte(bytes.front());
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t count = std::min(left_, bytes.size());
    Payload(bytes.substr(0, count));
    bytes.remove_prefix(count);
    left_ -= count;
    if (left_ > 0) continue;
    if (framing_ == Framing::kLength) {
      state_ = State::kDone;
    } else {
      part_ = ChunkPart::kPayloadEnd;
    }
  }
  if (state_ == State::kDone && !bytes.empty()) state_ = State::kBad;
}

void ResponseReader::ReadChunkByte(char c) {
  switch (part_) {
    case ChunkPart::kSize:
      if (const int digit = HexValue(c); digit >= 0) {
        left_ = left_ * 16 + static_cast<std::size_t>(digit);
        return;
      }
      part_ = ChunkPart::kExtension;
      [[fallthrough]];
    case ChunkPart::kExtension:
      if (c == '\n') part_ = left_ == 0 ? ChunkPart::kTrailer : ChunkPart::kPayload;
      return;
    case ChunkPart::kPayloadEnd:
      if (c == '\n') part_ = ChunkPart::kSize;
      return;
    case ChunkPart::kTrailer:
      ReadTrailerByte(c);
      return;
    case ChunkPart::kPayload:
      return;
  }
}

// The trailer ends with an empty line.
void ResponseReader::ReadTrailerByte(char c) {
  if (c == '\r') return;
  if (c != '\n') {
    ++line_bytes_;
  } else if (line_bytes_ == 0) {
    state_ = State::kDone;
  } else {
    line_bytes_ = 0;
  }
}

// An event ends with an empty line, its line ends being LF or, as Google has them, CRLF.
void ResponseReader::Payload(std::string_view bytes) {
  payload_bytes_ += bytes.size();
  for (const char c : bytes) {
    if (between_events_) event_head_.clear();
    between_events_ = false;
    if (event_head_.size() < kEventHeadBytes) event_head_ += c;
    if (c == '\r') continue;
    if (c == '\n' && last_ == '\n') {
      ++events_;
      last_ = 0;
      between_events_ = true;
    } else {
      last_ = c;
    }
  }
  tail_.append(bytes.substr(bytes.size() > kTailBytes ? bytes.size() - kTailBytes : 0));
  if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
}

bool ResponseReader::HasTerminalEvent() const {
  const bool whole_response =
      between_events_ && event_head_.starts_with("event: response.completed\n");
  // Gemini has no event for the end: its last one says why it ends.
  const bool last_chunk = between_events_ && tail_.find("\"finishReason\":\"") != std::string::npos;
  return whole_response || last_chunk || tail_.ends_with("data: [DONE]\n\n") ||
         tail_.ends_with("\"type\":\"message_stop\"}\n\n");
}

}  // namespace weir::bench
