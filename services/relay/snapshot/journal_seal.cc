#include "services/relay/snapshot/journal_seal.h"

#include <sodium.h>

#include <cstdlib>

namespace weir::relay {
namespace {

constexpr std::string_view kMagic = "WEIRSNP1";
constexpr std::string_view kPurpose = "weir relay snapshot file, version 1";
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Secret DeriveKey(const Secret& secret) {
  crypto_generichash_state state;
  std::string key(crypto_aead_xchacha20poly1305_ietf_KEYBYTES, '\0');
  // The purpose is the hash's key, so that the same secret gives other services other keys.
  crypto_generichash_init(&state, Bytes(kPurpose), kPurpose.size(), key.size());
  crypto_generichash_update(&state, Bytes(secret.Reveal()), secret.Reveal().size());
  crypto_generichash_final(&state, Bytes(key), key.size());
  sodium_memzero(&state, sizeof(state));
  return Secret(std::move(key));
}

}  // namespace

JournalSeal::JournalSeal(const Secret& secret) {
  if (sodium_init() < 0) std::abort();  // no randomness: nothing may be sealed
  key_ = DeriveKey(secret);
}

std::string JournalSeal::NewHeader() {
  header_.assign(kMagic);
  header_.resize(kJournalHeaderBytes);
  randombytes_buf(header_.data() + kMagic.size(), kJournalHeaderBytes - kMagic.size());
  return header_;
}

absl::Status JournalSeal::SetHeader(std::string_view header) {
  if (header.size() != kJournalHeaderBytes || !header.starts_with(kMagic)) {
    return absl::InvalidArgumentError("not a snapshot file of this version");
  }
  header_.assign(header);
  return absl::OkStatus();
}

std::string JournalSeal::AdditionalData(std::uint64_t index) const {
  std::string data = header_;
  for (int shift = 0; shift < 64; shift += 8) data.push_back(static_cast<char>(index >> shift));
  return data;
}

std::string JournalSeal::Seal(std::uint64_t index, std::string_view plain) const {
  std::string sealed(kNonceBytes + plain.size() + kTagBytes, '\0');
  randombytes_buf(sealed.data(), kNonceBytes);
  const std::string additional = AdditionalData(index);
  crypto_aead_xchacha20poly1305_ietf_encrypt(Bytes(sealed) + kNonceBytes, nullptr, Bytes(plain),
                                             plain.size(), Bytes(std::string_view(additional)),
                                             additional.size(), nullptr, Bytes(sealed),
                                             Bytes(key_.Reveal()));
  return sealed;
}

absl::StatusOr<std::string> JournalSeal::Open(std::uint64_t index, std::string_view sealed) const {
  if (sealed.size() < kNonceBytes + kTagBytes) return absl::DataLossError("record too short");
  std::string plain(sealed.size() - kNonceBytes - kTagBytes, '\0');
  const std::string additional = AdditionalData(index);
  const std::string_view cipher = sealed.substr(kNonceBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(Bytes(plain), nullptr, nullptr, Bytes(cipher),
                                                 cipher.size(), Bytes(std::string_view(additional)),
                                                 additional.size(), Bytes(sealed),
                                                 Bytes(key_.Reveal())) != 0) {
    return absl::DataLossError("record does not open");
  }
  return plain;
}

}  // namespace weir::relay
