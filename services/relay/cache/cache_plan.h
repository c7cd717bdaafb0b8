// What one request wants of the cache: made once its body is known, and only for callers whose key
// or group has the cache on.
#pragma once

#include <cstdint>
#include <string>

#include "services/relay/cache/cache_key.h"
#include "services/relay/cache/response_cache.h"

namespace weir::relay {

struct CachePlan {
  CachePlan(ResponseCache& cache, const CacheKey& made_key, CacheWishes header_wishes)
      : key(made_key), wishes(header_wishes), capture(cache) {}

  CacheKey key;
  CacheWishes wishes;
  std::int64_t ttl_ms = 0;
  std::string content_type;  // of the answer that passes
  AnswerCapture capture;     // its bytes
};

}  // namespace weir::relay
