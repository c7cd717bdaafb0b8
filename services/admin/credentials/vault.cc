#include "services/admin/credentials/vault.h"

#include <sodium.h>

#include <cstdlib>

#include "libs/common/settings.h"
#include "libs/common/text.h"

namespace weir::admin {
namespace {

constexpr std::string_view kFormat = "v1";
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kKeyBytes = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t kMasterKeyTextMin = 32;
constexpr std::size_t kKeyIdDigits = 12;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// BLAKE2b over "use", keyed with the material: different uses, unrelated results.
std::string Derive(std::string_view material, std::string_view use) {
  std::string out(kKeyBytes, '\0');
  crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(), Bytes(use),
                     use.size(), Bytes(material), material.size());
  return out;
}

std::string Base64(std::string_view bytes) {
  constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), Bytes(bytes), bytes.size(), kVariant);
  text.pop_back();  // its terminating zero
  return text;
}

bool FromBase64(std::string_view text, std::string& bytes) {
  bytes.assign(text.size(), '\0');
  std::size_t length = 0;
  const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                       text.data(), text.size(), nullptr, &length, nullptr,
                                       sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  bytes.resize(length);
  return failed == 0;
}

// "v1.KEYID.DATA"; false for anything else.
bool SplitSealed(std::string_view sealed, std::string_view& key_id, std::string_view& data) {
  const std::vector<std::string_view> parts = Split(sealed, '.');
  if (parts.size() != 3 || parts[0] != kFormat) return false;
  key_id = parts[1];
  data = parts[2];
  return true;
}

std::string OwnerText(std::string_view key_id, std::string_view owner) {
  return StrCat(kFormat, ".", key_id, ".", owner);
}

}  // namespace

absl::StatusOr<Vault> Vault::Create(const Secret& master_keys) {
  if (sodium_init() < 0) return absl::InternalError("libsodium cannot start");
  Vault vault;
  for (const std::string_view line : Split(master_keys.Reveal(), '\n')) {
    const std::string_view text = StripSpace(line);
    if (text.empty()) continue;
    if (text.size() < kMasterKeyTextMin) {
      return absl::InvalidArgumentError("a master key must have at least 32 characters");
    }
    // BLAKE2b takes keys of at most 64 bytes; hashing first takes text of any length.
    std::string material(kKeyBytes, '\0');
    crypto_generichash(reinterpret_cast<unsigned char*>(material.data()), material.size(),
                       Bytes(text), text.size(), nullptr, 0);
    std::string id;
    for (const char c : Derive(material, "weir key id")) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(c);
      id += kDigits[byte >> 4];
      id += kDigits[byte & 15];
    }
    id.resize(kKeyIdDigits);
    vault.keys_.push_back({.id = std::move(id), .bytes = Secret(std::move(material))});
  }
  if (vault.keys_.empty()) return absl::InvalidArgumentError("there is no master key");
  return vault;
}

std::string Vault::Seal(const Secret& secret, std::string_view owner) const {
  const Key& key = keys_.front();
  const std::string sealing_key = Derive(key.bytes.Reveal(), "weir vault");
  const std::string aad = OwnerText(key.id, owner);
  const std::string& plain = secret.Reveal();
  std::string data(kNonceBytes + plain.size() + kTagBytes, '\0');
  auto* out = reinterpret_cast<unsigned char*>(data.data());
  randombytes_buf(out, kNonceBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out + kNonceBytes, nullptr, Bytes(plain), plain.size(),
                                             Bytes(aad), aad.size(), nullptr, out,
                                             Bytes(sealing_key));
  return StrCat(kFormat, ".", key.id, ".", Base64(data));
}

absl::StatusOr<Secret> Vault::Open(std::string_view sealed, std::string_view owner) const {
  std::string_view key_id;
  std::string_view text;
  std::string data;
  if (!SplitSealed(sealed, key_id, text) || !FromBase64(text, data) ||
      data.size() < kNonceBytes + kTagBytes) {
    return absl::DataLossError("a sealed secret is damaged");
  }
  for (const Key& key : keys_) {
    if (key.id != key_id) continue;
    const std::string sealing_key = Derive(key.bytes.Reveal(), "weir vault");
    const std::string aad = OwnerText(key.id, owner);
    std::string plain(data.size() - kNonceBytes - kTagBytes, '\0');
    const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
        reinterpret_cast<unsigned char*>(plain.data()), nullptr, nullptr, Bytes(data) + kNonceBytes,
        data.size() - kNonceBytes, Bytes(aad), aad.size(), Bytes(data), Bytes(sealing_key));
    if (failed != 0) return absl::DataLossError("a sealed secret was changed or is another's");
    return Secret(std::move(plain));
  }
  return absl::FailedPreconditionError(
      StrCat("a secret was sealed with master key ", key_id, ", which is not configured"));
}

bool Vault::IsStale(std::string_view sealed) const {
  std::string_view key_id;
  std::string_view data;
  return SplitSealed(sealed, key_id, data) && key_id != keys_.front().id;
}

Secret Vault::DeriveKey(std::string_view use) const {
  return Secret(Derive(keys_.front().bytes.Reveal(), StrCat("weir derived ", use)));
}

absl::StatusOr<Secret> LoadMasterKeys(const std::string& path) {
  if (!path.empty()) return ReadSecretFile(path);
  const char* text = std::getenv("WEIR_ADMIN_MASTER_KEY");
  if (text != nullptr && *text != '\0') return Secret(text);
  return absl::InvalidArgumentError(
      "no master key: set WEIR_ADMIN_MASTER_KEY_FILE (or WEIR_ADMIN_MASTER_KEY)");
}

}  // namespace weir::admin
