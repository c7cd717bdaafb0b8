#include "services/relay/tokenizer/byte_pairs.h"

#include <algorithm>
#include <tuple>

namespace weir::relay {
namespace {

// For the standard heap, which keeps the greatest on top.
constexpr auto kLater = [](const auto& a, const auto& b) {
  return std::tie(a.rank, a.left) > std::tie(b.rank, b.left);
};

}  // namespace

void BytePairs::Encode(std::string_view piece, std::vector<std::int32_t>& tokens) {
  if (const std::int32_t whole = ranks_.Find(piece); whole != RankTable::kNone) {
    tokens.push_back(whole);
    return;
  }
  Start(piece);
  while (!pairs_.empty()) {
    std::pop_heap(pairs_.begin(), pairs_.end(), kLater);
    const Pair pair = pairs_.back();
    pairs_.pop_back();
    if (!IsStale(pair)) Merge(piece, pair.left);
  }
  for (std::int32_t i = parts_.empty() ? -1 : 0; i >= 0;) {
    const Part& part = parts_[static_cast<std::size_t>(i)];
    tokens.push_back(ranks_.Find(piece.substr(static_cast<std::size_t>(part.begin),
                                              static_cast<std::size_t>(part.end - part.begin))));
    i = part.next;
  }
}

void BytePairs::Start(std::string_view piece) {
  parts_.clear();
  pairs_.clear();
  const auto count = static_cast<std::int32_t>(piece.size());
  for (std::int32_t i = 0; i < count; ++i) {
    parts_.push_back({i, i + 1, i - 1, i + 1 < count ? i + 1 : -1});
  }
  for (std::int32_t i = 0; i + 1 < count; ++i) Offer(piece, i);
}

void BytePairs::Offer(std::string_view piece, std::int32_t left) {
  const Part& part = parts_[static_cast<std::size_t>(left)];
  if (part.next < 0) return;
  const std::int32_t end = parts_[static_cast<std::size_t>(part.next)].end;
  const std::int32_t rank = ranks_.Find(piece.substr(static_cast<std::size_t>(part.begin),
                                                     static_cast<std::size_t>(end - part.begin)));
  if (rank == RankTable::kNone) return;
  pairs_.push_back({rank, left, end});
  std::push_heap(pairs_.begin(), pairs_.end(), kLater);
}

bool BytePairs::IsStale(const Pair& pair) const {
  const Part& part = parts_[static_cast<std::size_t>(pair.left)];
  return part.gone || part.next < 0 || parts_[static_cast<std::size_t>(part.next)].end != pair.end;
}

void BytePairs::Merge(std::string_view piece, std::int32_t left) {
  Part& part = parts_[static_cast<std::size_t>(left)];
  Part& right = parts_[static_cast<std::size_t>(part.next)];
  right.gone = true;
  part.end = right.end;
  part.next = right.next;
  if (part.next >= 0) parts_[static_cast<std::size_t>(part.next)].before = left;
  if (part.before >= 0) Offer(piece, part.before);
  Offer(piece, left);
}

}  // namespace weir::relay
