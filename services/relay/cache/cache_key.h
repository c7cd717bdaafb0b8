// Which requests are the same: the key is a SHA-256 over everything that decides an answer, so that
// a change of any part (also of the policy, by a new snapshot) simply misses. No I/O.
#pragma once

#include <sodium.h>

#include <cstdint>
#include <string_view>

#include "services/relay/cache/response_cache.h"

namespace weir::relay {

// Fed part by part, each with its length before it: no two lists of parts read alike. `Add` is
// chained in one expression or over several; Finish ends it.
class CacheKeyBuilder {
 public:
  CacheKeyBuilder();

  CacheKeyBuilder& Add(std::string_view part);
  CacheKeyBuilder& Add(std::int64_t number);
  CacheKey Finish();

 private:
  crypto_hash_sha256_state state_;
};

// What the client's cache-control header asks for.
struct CacheWishes {
  bool look = true;  // `no-cache`: a fresh answer, which replaces the one that is kept
  bool keep = true;  // `no-store`: this answer is not kept
};
CacheWishes ReadCacheControl(std::string_view value);

}  // namespace weir::relay
