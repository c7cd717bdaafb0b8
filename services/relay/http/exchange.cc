#include "services/relay/http/exchange.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "libs/common/clock.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::size_t kChunkedStartBytes = 16 * 1024;
// Read in one go at the start of a request. More would only be copied: the rest of a body is read
// to where it stays.
constexpr std::size_t kFirstReadBytes = 16 * 1024;
static_assert(kFirstReadBytes <= EventLoop::kScratchBytes);

// "POST /v1/messages?…": what stands between the first two spaces.
std::string GuessPath(std::string_view data) {
  constexpr std::size_t kPathBytesMax = 256;
  const std::size_t begin = data.find(' ');
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = data.substr(begin + 1, kPathBytesMax);
  return std::string(rest.substr(0, rest.find_first_of(" ?\r\n")));
}

// The first Origin in a head that cannot be read as a whole.
std::string GuessOrigin(std::string_view data) {
  constexpr std::string_view kName = "origin:";
  constexpr std::size_t kOriginBytesMax = 256;
  constexpr std::size_t kLinesMax = 256;
  std::size_t begin = data.find('\n');
  for (std::size_t line = 0; line < kLinesMax && begin != std::string_view::npos; ++line) {
    const std::string_view rest = data.substr(begin + 1);
    if (EqualsIgnoreCase(rest.substr(0, kName.size()), kName)) {
      const std::string_view value = rest.substr(kName.size(), kOriginBytesMax);
      return std::string(StripSpace(value.substr(0, value.find_first_of("\r\n"))));
    }
    begin = data.find('\n', begin + 1);
  }
  return {};
}

// Heads are 4 KiB and needed by each request, but not for long.
class SpareHeads {
 public:
  std::unique_ptr<RequestHead> Take() {
    if (heads_.empty()) return std::make_unique<RequestHead>();
    std::unique_ptr<RequestHead> head = std::move(heads_.back());
    heads_.pop_back();
    return head;
  }
  void Give(std::unique_ptr<RequestHead> head) {
    constexpr std::size_t kHeadsMax = 32;
    if (head != nullptr && heads_.size() < kHeadsMax) heads_.push_back(std::move(head));
  }

 private:
  std::vector<std::unique_ptr<RequestHead>> heads_;
};

SpareHeads& ThreadHeads() {
  thread_local SpareHeads heads;
  return heads;
}

}  // namespace

Task<bool> Exchange::AwaitReadable(std::int64_t deadline_ms) {
  const WaitResult result =
      co_await WaitFor(loop(), stream_.watch(), ready::kRead | ready::kHangup, deadline_ms);
  co_return result == WaitResult::kReady;
}

Task<ReadStatus> Exchange::ReadHead(std::int64_t idle_ms) {
  // The idle time counts until the first byte, the head's own time from then on.
  std::int64_t deadline_ms = loop().now_ms() + idle_ms;
  bool began = false;
  if (!ahead_.empty()) {
    const HeadStatus status = TryParseHead(ahead_);
    if (status == HeadStatus::kComplete) co_return ReadStatus::kComplete;
    if (status == HeadStatus::kMalformed) co_return ReadStatus::kMalformed;
    if (status == HeadStatus::kTooManyFields) co_return ReadStatus::kTooManyFields;
    began = true;
    deadline_ms = loop().now_ms() + limits_.request_head_timeout_ms;
  }
  for (;;) {
    if ((stream_.watch().ready & ready::kRead) == 0 && !co_await AwaitReadable(deadline_ms)) {
      co_return began ? ReadStatus::kTimeout : ReadStatus::kClosed;
    }
    char* scratch = loop().scratch();
    const IoResult read = stream_.Read(scratch, kFirstReadBytes);
    if (read.status == IoStatus::kWouldBlock) continue;
    if (read.status != IoStatus::kDone) co_return ReadStatus::kClosed;
    if (!began) {
      began = true;
      deadline_ms = loop().now_ms() + limits_.request_head_timeout_ms;
    }
    std::string_view data(scratch, read.bytes);
    if (!ahead_.empty()) {
      ahead_.append(data);
      data = ahead_;
    }
    switch (TryParseHead(data)) {
      case HeadStatus::kComplete:
        co_return ReadStatus::kComplete;
      case HeadStatus::kMalformed:
        co_return ReadStatus::kMalformed;
      case HeadStatus::kTooManyFields:
        co_return ReadStatus::kTooManyFields;
      case HeadStatus::kIncomplete:
        break;
    }
    if (data.size() > static_cast<std::size_t>(limits_.request_head_bytes_max)) {
      guessed_origin_ = GuessOrigin(data);
      co_return ReadStatus::kTooLarge;
    }
    if (ahead_.empty()) ahead_.assign(data);
    if (!ChargeRequest(0)) co_return ReadStatus::kNoMemory;
  }
}

HeadStatus Exchange::TryParseHead(std::string_view data) {
  if (began_ns_ == 0) {
    began_ns_ = SteadyNs();
    began_unix_ms_ = UnixMs();
  }
  if (head_ == nullptr) head_ = ThreadHeads().Take();
  const HeadResult result = ParseRequestHead(data, *head_);
  if (result.status == HeadStatus::kComplete) {
    if (result.bytes > static_cast<std::size_t>(limits_.request_head_bytes_max)) {
      return HeadStatus::kTooManyFields;
    }
    TakeHead(data, result.bytes);
  }
  const bool is_refused =
      result.status != HeadStatus::kComplete && result.status != HeadStatus::kIncomplete;
  if (result.status != HeadStatus::kComplete) guessed_path_ = GuessPath(data);
  guessed_origin_ = is_refused ? GuessOrigin(data) : std::string();
  problem_ = result.problem;
  return result.status;
}

// Moves head and what came of the body into memory of their own, since `data` is scratch.
void Exchange::TakeHead(std::string_view data, std::size_t head_bytes) {
  head_bytes_.reset(new char[head_bytes]);
  head_size_ = head_bytes;
  std::memcpy(head_bytes_.get(), data.data(), head_bytes);
  const char* from = data.data();
  const auto rebase = [this, from](std::string_view& view) {
    if (view.data() != nullptr) {
      view = std::string_view(head_bytes_.get() + (view.data() - from), view.size());
    }
  };
  rebase(head_->method);
  rebase(head_->target);
  for (std::size_t i = 0; i < head_->count; ++i) {
    rebase(head_->storage[i].name);
    rebase(head_->storage[i].value);
  }
  minor_version_ = head_->minor_version;
  keep_alive_ = head_->keep_alive;

  std::string rest;
  const std::string_view behind = data.substr(head_bytes);
  body_.SetSize(0);
  if (!head_->chunked) {
    const auto length = static_cast<std::size_t>(std::max<std::int64_t>(head_->content_length, 0));
    const std::size_t here = std::min(length, behind.size());
    body_.Reserve(here);
    body_.Append(behind.data(), here);
    rest.assign(behind.substr(here));
    body_read_ = here == length;
    if (body_read_) received_ns_ = began_ns_;
  } else {
    body_read_ = false;
    rest.assign(behind);
  }
  ahead_ = std::move(rest);
  no_memory_ = !ChargeRequest(body_.capacity());
}

bool Exchange::ChargeRequest(std::size_t body_capacity) {
  return request_charge_.Set(head_size_ + body_capacity + ahead_.capacity());
}

Task<ReadStatus> Exchange::ReadBody() {
  if (head_->content_length > limits_.request_body_bytes_max) co_return ReadStatus::kTooLarge;
  if (no_memory_) co_return ReadStatus::kNoMemory;
  const bool whole =
      !head_->chunked && static_cast<std::int64_t>(body_.size()) >= head_->content_length;
  if (whole) co_return ReadStatus::kComplete;
  // RFC 9110 §10.1.1: HTTP/1.0 knows no interim answers.
  const bool waits = head_->expect_continue && minor_version_ == 1;
  if (waits && ahead_.empty() && body_.size() == 0) {
    if (!Send(kContinue) && !co_await Flush()) co_return ReadStatus::kClosed;
  }
  ReadStatus status = ReadStatus::kComplete;
  if (head_->chunked) {
    status = co_await ReadChunkedBody();
  } else {
    status = co_await ReadLengthBody();
  }
  received_ns_ = SteadyNs();
  body_read_ = status == ReadStatus::kComplete;
  co_return status;
}

Task<ReadStatus> Exchange::ReadLengthBody() {
  const auto length = static_cast<std::size_t>(head_->content_length);
  if (!ChargeRequest(length)) co_return ReadStatus::kNoMemory;
  body_.Reserve(length);
  std::int64_t deadline_ms = loop().now_ms() + limits_.request_body_timeout_ms;
  while (body_.size() < length) {
    const IoResult read = stream_.Read(body_.data() + body_.size(), length - body_.size());
    if (read.status == IoStatus::kDone) {
      body_.SetSize(body_.size() + read.bytes);
      deadline_ms = loop().now_ms() + limits_.request_body_timeout_ms;
      continue;
    }
    if (read.status != IoStatus::kWouldBlock) co_return ReadStatus::kClosed;
    if (!co_await AwaitReadable(deadline_ms)) co_return ReadStatus::kTimeout;
  }
  co_return ReadStatus::kComplete;
}

Task<ReadStatus> Exchange::ReadChunkedBody() {
  BodyDecoder decoder(BodyFraming::kChunked);
  const std::size_t start_bytes = std::max(ahead_.size(), kChunkedStartBytes);
  if (!ChargeRequest(start_bytes)) co_return ReadStatus::kNoMemory;
  body_.Reserve(start_bytes);
  std::int64_t deadline_ms = loop().now_ms() + limits_.request_body_timeout_ms;
  // What came behind the head is the first read.
  std::string first = std::exchange(ahead_, {});
  for (;;) {
    const std::size_t at = body_.size();
    std::size_t fresh = 0;
    if (!first.empty()) {
      body_.Append(first.data(), first.size());
      fresh = first.size();
      first.clear();
    } else {
      if (body_.capacity() - at < kChunkedStartBytes / 4) {
        if (!ChargeRequest(body_.capacity() * 2)) co_return ReadStatus::kNoMemory;
        body_.Reserve(body_.capacity() * 2);
      }
      const IoResult read = stream_.Read(body_.data() + at, body_.capacity() - at);
      if (read.status == IoStatus::kWouldBlock) {
        if (!co_await AwaitReadable(deadline_ms)) co_return ReadStatus::kTimeout;
        continue;
      }
      if (read.status != IoStatus::kDone) co_return ReadStatus::kClosed;
      fresh = read.bytes;
    }
    deadline_ms = loop().now_ms() + limits_.request_body_timeout_ms;
    // Decoding moves the payload to the front, so what follows the body must be saved before.
    const std::string raw(body_.data() + at, fresh);
    const BodyPart part = decoder.Decode(body_.data() + at, fresh);
    body_.SetSize(at + part.payload_bytes);
    if (part.status == BodyStatus::kMalformed) {
      problem_ = "broken chunk framing in the request body";
      co_return ReadStatus::kMalformed;
    }
    if (body_.size() > static_cast<std::size_t>(limits_.request_body_bytes_max)) {
      co_return ReadStatus::kTooLarge;
    }
    if (part.status == BodyStatus::kFinished) {
      ahead_ = raw.substr(part.consumed_bytes);
      co_return ReadStatus::kComplete;
    }
  }
}

void Exchange::ReleaseRequest() {
  ThreadHeads().Give(std::move(head_));
  head_bytes_.reset();
  body_.Free();
  head_size_ = 0;
  no_memory_ = false;
  request_charge_.SetAnyway(ahead_.capacity());
  began_ns_ = 0;
  received_ns_ = 0;
}

}  // namespace weir::relay
