// Takes down the bodies of one request while they pass, and hands them over when the request is
// over, however it ended. On the loop's thread; nothing here waits. Memory is bounded for each body
// (the rules' bytes_max and a margin for the masker) and for all requests together: what finds no
// room is given up whole, and counted.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <string_view>

#include "libs/common/secret.h"
#include "services/relay/bodies/captured_bodies.h"

namespace weir::relay {

class BodyDesk;

class BodyTap {
 public:
  // `desk` must outlive it; `captured` says whose bodies they are, by which rules.
  BodyTap(BodyDesk& desk, CapturedBodies captured);
  ~BodyTap();  // hands over
  BodyTap(const BodyTap&) = delete;
  BodyTap& operator=(const BodyTap&) = delete;

  // The next bytes of that body.
  void Append(BodyKind kind, std::string_view bytes);
  // All of a body, in pieces; what was there before is forgotten.
  void Replace(BodyKind kind, std::span<const iovec> pieces, std::string_view content_type);
  void Forget(BodyKind kind);
  void SetContentType(BodyKind kind, std::string_view content_type);
  std::string_view content_type(BodyKind kind) { return captured_.Of(kind).content_type; }
  // It has reached its end.
  void MarkWhole(BodyKind kind);
  // Not to be kept wherever it stands.
  void AddSecret(const Secret& secret);

 private:
  void GiveUp();

  BodyDesk& desk_;
  CapturedBodies captured_;
  const std::size_t head_bytes_max_;
  bool given_up_ = false;
};

}  // namespace weir::relay
