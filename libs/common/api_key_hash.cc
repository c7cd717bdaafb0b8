#include "libs/common/api_key_hash.h"

#include <sodium.h>

#include <cstdlib>

#include "absl/strings/escaping.h"
#include <openssl/evp.h>

#include "libs/common/text.h"

namespace weir {
namespace {

constexpr std::size_t kSha256Bytes = 32;

// OpenSSL's, since it uses the processor's own instructions; looked up once per thread, which costs
// more than hashing a key.
class Sha256 {
 public:
  Sha256() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {}
  ~Sha256() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(algorithm_);
  }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  bool Hash(std::string_view text, unsigned char* out) {
    return algorithm_ != nullptr && context_ != nullptr &&
           EVP_DigestInit_ex2(context_, algorithm_, nullptr) == 1 &&
           EVP_DigestUpdate(context_, text.data(), text.size()) == 1 &&
           EVP_DigestFinal_ex(context_, out, nullptr) == 1;
  }

 private:
  EVP_MD* algorithm_;
  EVP_MD_CTX* context_;
};

}  // namespace

std::string ApiKeyHash(std::string_view key_text) {
  thread_local Sha256 sha256;
  std::string hash(kSha256Bytes, '\0');
  // Only a broken installation has no SHA-256; nobody may get in by its hash of nothing.
  if (!sha256.Hash(key_text, reinterpret_cast<unsigned char*>(hash.data()))) std::abort();
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
