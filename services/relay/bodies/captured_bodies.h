// The beginnings of the bodies of one request, as they passed; on their way from the loop that saw
// them to the thread that masks them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libs/common/secret.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// The numbers are those of weir.v1.BodyKind.
enum class BodyKind : std::uint8_t {
  kClientRequest = 1,
  kClientAnswer = 2,
  kUpstreamRequest = 3,
  kUpstreamAnswer = 4,
};
inline constexpr std::size_t kBodyKinds = 4;

struct CapturedBody {
  bool there = false;
  std::string head;  // what is kept of its bytes
  std::int64_t original_bytes = 0;
  std::string content_type;
  bool whole = false;  // it reached its end
};

struct CapturedBodies {
  std::string request_id;  // 16 bytes
  std::int64_t key_id = 0;
  std::int64_t user_id = 0;
  std::int64_t group_id = 0;
  std::shared_ptr<const BodyRules> rules;
  std::vector<Secret> secrets;  // of this request: never to be kept
  std::array<CapturedBody, kBodyKinds> bodies;
  std::int64_t charged_bytes = 0;  // of the desk's cap

  CapturedBody& Of(BodyKind kind) { return bodies[static_cast<std::size_t>(kind) - 1]; }
};

}  // namespace weir::relay
