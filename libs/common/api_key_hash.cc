#include "libs/common/api_key_hash.h"

#include <sodium.h>

#include "absl/strings/escaping.h"

#include "libs/common/text.h"

namespace weir {

std::string ApiKeyHash(std::string_view key_text) {
  std::string hash(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()),
                     reinterpret_cast<const unsigned char*>(key_text.data()), key_text.size());
  return hash;
}

std::string NewApiKey() {
  std::string raw(32, '\0');
  randombytes_buf(raw.data(), raw.size());
  return StrCat("ck_", absl::WebSafeBase64Escape(raw));
}

std::string ApiKeyHint(std::string_view key_text) {
  if (key_text.size() < 12) return "…";
  const std::size_t prefix_end = key_text.find('_');
  const std::string_view prefix =
      prefix_end < 8 ? key_text.substr(0, prefix_end + 1) : std::string_view();
  return StrCat(prefix, "…", key_text.substr(key_text.size() - 4));
}

}  // namespace weir
