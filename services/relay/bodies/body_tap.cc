#include "services/relay/bodies/body_tap.h"

#include <algorithm>
#include <utility>

#include "services/relay/bodies/body_desk.h"
#include "services/relay/bodies/body_masker.h"

namespace weir::relay {
namespace {

constexpr std::size_t kContentTypeBytesMax = 256;

}  // namespace

BodyTap::BodyTap(BodyDesk& desk, CapturedBodies captured)
    : desk_(desk),
      captured_(std::move(captured)),
      head_bytes_max_(static_cast<std::size_t>(captured_.rules->bytes_max) + kMaskMarginBytes) {}

BodyTap::~BodyTap() {
  if (!given_up_) desk_.Submit(std::move(captured_));
}

void BodyTap::Append(BodyKind kind, std::string_view bytes) {
  if (given_up_) return;
  CapturedBody& body = captured_.Of(kind);
  body.there = true;
  body.original_bytes += static_cast<std::int64_t>(bytes.size());
  const std::string_view kept = bytes.substr(0, head_bytes_max_ - body.head.size());
  if (kept.empty()) return;
  const std::size_t capacity = body.head.capacity();
  if (body.head.size() + kept.size() > capacity) {
    const std::size_t wanted =
        std::min(std::max(2 * capacity, body.head.size() + kept.size()), head_bytes_max_);
    const auto more = static_cast<std::int64_t>(wanted - std::min(capacity, wanted));
    if (!desk_.TakeRoom(more)) return GiveUp();
    captured_.charged_bytes += more;
    body.head.reserve(wanted);
  }
  body.head += kept;
}

void BodyTap::Replace(BodyKind kind, std::span<const iovec> pieces, std::string_view content_type) {
  Forget(kind);
  if (given_up_) return;
  captured_.Of(kind).there = true;
  for (const iovec& piece : pieces) {
    Append(kind, {static_cast<const char*>(piece.iov_base), piece.iov_len});
  }
  SetContentType(kind, content_type);
  MarkWhole(kind);
}

void BodyTap::Forget(BodyKind kind) {
  CapturedBody& body = captured_.Of(kind);
  std::string head = std::move(body.head);  // its room is charged already
  body = {};
  head.clear();
  body.head = std::move(head);
}

void BodyTap::SetContentType(BodyKind kind, std::string_view content_type) {
  captured_.Of(kind).content_type = content_type.substr(0, kContentTypeBytesMax);
}

void BodyTap::MarkWhole(BodyKind kind) {
  captured_.Of(kind).there = true;
  captured_.Of(kind).whole = true;
}

void BodyTap::AddSecret(const Secret& secret) { captured_.secrets.push_back(secret); }

void BodyTap::GiveUp() {
  given_up_ = true;
  desk_.Shed(std::exchange(captured_.charged_bytes, 0));
  captured_.bodies = {};
}

}  // namespace weir::relay
