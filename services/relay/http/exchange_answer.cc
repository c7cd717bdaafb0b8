// The answering half of an exchange.
#include <string_view>

#include "services/relay/http/exchange.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kLingerMs = 2'000;
constexpr int kLingerReadsPerTurn = 16;

}  // namespace

bool Exchange::Send(std::string_view data) {
  const iovec piece{const_cast<char*>(data.data()), data.size()};
  return Send(std::span<const iovec>(&piece, 1));
}

bool Exchange::Send(std::span<const iovec> pieces) {
  if (gone_) return true;  // nobody reads it; the path learns of it by gone()
  std::size_t sent = 0;
  if (pending_.empty()) {
    const IoResult result = stream_.Write(pieces);
    if (result.status == IoStatus::kError || result.status == IoStatus::kEnd) {
      gone_ = true;
      return true;
    }
    sent = result.bytes;
  }
  for (const iovec& piece : pieces) {
    if (sent >= piece.iov_len) {
      sent -= piece.iov_len;
      continue;
    }
    pending_.append(static_cast<const char*>(piece.iov_base) + sent, piece.iov_len - sent);
    sent = 0;
  }
  if (!pending_charge_.Set(pending_.capacity())) {
    gone_ = true;
    std::string().swap(pending_);
    pending_charge_.Set(0);
    return true;
  }
  return pending_.empty();
}

Task<bool> Exchange::Flush() {
  while (!pending_.empty() && !gone_) {
    const std::string_view rest = std::string_view(pending_).substr(pending_sent_);
    const IoResult result = stream_.Write(rest);
    if (result.status == IoStatus::kDone) {
      pending_sent_ += result.bytes;
      if (pending_sent_ == pending_.size()) {
        std::string().swap(pending_);  // a held stream keeps no buffer
        pending_charge_.Set(0);
        pending_sent_ = 0;
      }
      continue;
    }
    if (result.status != IoStatus::kWouldBlock) {
      gone_ = true;
      break;
    }
    const std::int64_t deadline_ms = loop().now_ms() + limits_.client_write_timeout_ms;
    const WaitResult wait =
        co_await WaitFor(loop(), stream_.watch(), ready::kWrite | ready::kHangup, deadline_ms);
    if (wait == WaitResult::kTimeout) gone_ = true;
    // A peer that only closed its side may still read; whether it does, the next write tells.
    if ((stream_.watch().ready & ready::kWrite) == 0 && stream_.peer_gone()) gone_ = true;
  }
  co_return !gone_;
}

Task<void> Exchange::Linger() {
  if (gone_) co_return;
  stream_.ShutdownWrite();
  const std::int64_t deadline_ms = loop().now_ms() + kLingerMs;
  for (int reads = 1;; ++reads) {
    const IoResult read = stream_.Read(loop().scratch(), EventLoop::kScratchBytes);
    if (read.status == IoStatus::kDone) {
      if (loop().now_ms() >= deadline_ms) co_return;
      // Who sends faster than we read would keep the loop, and its clock, for ever.
      if (reads % kLingerReadsPerTurn == 0) co_await SleepUntil(loop(), loop().now_ms() + 1);
      continue;
    }
    if (read.status != IoStatus::kWouldBlock) co_return;
    if (!co_await AwaitReadable(deadline_ms)) co_return;
  }
}

}  // namespace weir::relay
