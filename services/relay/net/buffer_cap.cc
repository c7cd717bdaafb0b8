#include "services/relay/net/buffer_cap.h"

#include <algorithm>

namespace weir::relay {
namespace {

constexpr std::int64_t kBatchBytesMin = 4 * 1024;
constexpr std::int64_t kBatchBytesMax = 256 * 1024;
constexpr std::int64_t kBatchesPerCap = 256;  // what a loop may hold unused is little of the cap

}  // namespace

bool BufferCap::Take(std::int64_t bytes) {
  const std::int64_t before = taken_.fetch_add(bytes, std::memory_order_relaxed);
  if (before + bytes <= bytes_max_) return true;
  taken_.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

void LoopBuffers::SetCap(BufferCap& cap) {
  cap_ = &cap;
  batch_bytes_ = std::clamp(cap.bytes_max() / kBatchesPerCap, kBatchBytesMin, kBatchBytesMax);
}

LoopBuffers::~LoopBuffers() {
  if (cap_ != nullptr) cap_->Give(free_bytes_);
}

void LoopBuffers::Note(std::int64_t bytes) {
  charged_.store(charged_.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
}

bool LoopBuffers::Charge(std::int64_t bytes) {
  if (cap_ != nullptr && bytes > free_bytes_) {
    const std::int64_t missing = bytes - free_bytes_;
    if (cap_->Take(missing + batch_bytes_)) {
      free_bytes_ += missing + batch_bytes_;
    } else if (cap_->Take(missing)) {
      free_bytes_ += missing;
    } else {
      refusals_.store(refusals_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      return false;
    }
  }
  free_bytes_ -= bytes;
  Note(bytes);
  return true;
}

void LoopBuffers::ChargeAnyway(std::int64_t bytes) {
  if (cap_ != nullptr && bytes > free_bytes_) {
    cap_->TakeAnyway(bytes - free_bytes_);
    free_bytes_ = bytes;
  }
  free_bytes_ -= bytes;
  Note(bytes);
}

void LoopBuffers::Release(std::int64_t bytes) {
  free_bytes_ += bytes;
  Note(-bytes);
  if (cap_ == nullptr || free_bytes_ <= 2 * batch_bytes_) return;
  cap_->Give(free_bytes_ - batch_bytes_);
  free_bytes_ = batch_bytes_;
}

bool BufferCharge::Set(std::size_t bytes) {
  const auto wanted = static_cast<std::int64_t>(bytes);
  if (wanted < bytes_) {
    buffers_.Release(bytes_ - wanted);
  } else if (wanted > bytes_ && !buffers_.Charge(wanted - bytes_)) {
    return false;
  }
  bytes_ = wanted;
  return true;
}

void BufferCharge::SetAnyway(std::size_t bytes) {
  const auto wanted = static_cast<std::int64_t>(bytes);
  if (wanted < bytes_) {
    buffers_.Release(bytes_ - wanted);
  } else if (wanted > bytes_) {
    buffers_.ChargeAnyway(wanted - bytes_);
  }
  bytes_ = wanted;
}

}  // namespace weir::relay
