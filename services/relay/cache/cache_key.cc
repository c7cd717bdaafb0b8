#include "services/relay/cache/cache_key.h"

#include "libs/common/text.h"

namespace weir::relay {

CacheKeyBuilder::CacheKeyBuilder() { crypto_hash_sha256_init(&state_); }

CacheKeyBuilder& CacheKeyBuilder::Add(std::string_view part) {
  Add(static_cast<std::int64_t>(part.size()));
  crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(part.data()),
                            part.size());
  return *this;
}

CacheKeyBuilder& CacheKeyBuilder::Add(std::int64_t number) {
  crypto_hash_sha256_update(&state_, reinterpret_cast<const unsigned char*>(&number),
                            sizeof(number));
  return *this;
}

CacheKey CacheKeyBuilder::Finish() {
  CacheKey key;
  crypto_hash_sha256_final(&state_, key.data());
  return key;
}

CacheWishes ReadCacheControl(std::string_view value) {
  CacheWishes wishes;
  for (const std::string_view part : Split(value, ',')) {
    const std::string_view word = StripSpace(part);
    if (EqualsIgnoreCase(word, "no-cache")) wishes.look = false;
    if (EqualsIgnoreCase(word, "no-store")) wishes.keep = false;
  }
  return wishes;
}

}  // namespace weir::relay
