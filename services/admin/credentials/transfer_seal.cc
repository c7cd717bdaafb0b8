#include "services/admin/credentials/transfer_seal.h"

#include <sodium.h>

#include <mutex>
#include <utility>
#include <vector>

#include "libs/common/text.h"

namespace weir::admin {
namespace {

constexpr std::string_view kFormat = "weir1";
constexpr std::uint64_t kPasses = 3;
constexpr std::uint64_t kKib = std::uint64_t{64} * 1024;
// What a text from outside may ask of us.
constexpr std::uint64_t kPassesMax = 6;
constexpr std::uint64_t kKibMin = 8;
constexpr std::uint64_t kKibMax = std::uint64_t{256} * 1024;
constexpr std::size_t kKeysMax = 4;
constexpr int kVariant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string Base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), kVariant), '\0');
  sodium_bin2base64(text.data(), text.size(), Bytes(bytes), bytes.size(), kVariant);
  text.pop_back();  // its terminating zero
  return text;
}

bool FromBase64(std::string_view text, std::string& bytes) {
  bytes.assign(text.size(), '\0');
  std::size_t length = 0;
  const int failed = sodium_base642bin(Bytes(bytes), bytes.size(), text.data(), text.size(),
                                       nullptr, &length, nullptr, kVariant);
  bytes.resize(length);
  return failed == 0;
}

absl::Status Damaged() {
  return absl::InvalidArgumentError("is not what an export holds, or was damaged");
}

// One at a time: each takes as much memory as it says.
std::mutex& Turn() {
  static std::mutex turn;
  return turn;
}

}  // namespace

absl::StatusOr<TransferSeal> TransferSeal::Create(const Secret& passphrase) {
  if (sodium_init() < 0) return absl::InternalError("libsodium cannot start");
  const std::size_t size = passphrase.Reveal().size();
  if (size < kPassphraseBytesMin || size > kPassphraseBytesMax) {
    return absl::InvalidArgumentError(
        StrCat("must be ", kPassphraseBytesMin, " to ", kPassphraseBytesMax, " bytes long"));
  }
  TransferSeal seal(passphrase);
  seal.own_salt_.assign(crypto_pwhash_SALTBYTES, '\0');
  randombytes_buf(seal.own_salt_.data(), seal.own_salt_.size());
  return seal;
}

absl::StatusOr<const Secret*> TransferSeal::KeyFor(const Cost& cost, const std::string& salt) {
  const std::string name = StrCat(cost.passes, ".", cost.kib, ".", Base64(salt));
  if (const auto found = keys_.find(name); found != keys_.end()) return &found->second;
  if (keys_.size() >= kKeysMax) {
    return absl::InvalidArgumentError("is of too many exports; import them one after the other");
  }
  std::string key(crypto_secretbox_KEYBYTES, '\0');
  const std::string& text = passphrase_.Reveal();
  const std::lock_guard lock(Turn());
  const int failed =
      crypto_pwhash(Bytes(key), key.size(), text.data(), text.size(), Bytes(std::string_view(salt)),
                    cost.passes, cost.kib * 1024, crypto_pwhash_ALG_ARGON2ID13);
  if (failed != 0) return absl::UnavailableError("no memory to make a key of the passphrase");
  return &keys_.emplace(name, Secret(std::move(key))).first->second;
}

absl::StatusOr<std::string> TransferSeal::Seal(const Secret& plain) {
  const absl::StatusOr<const Secret*> key = KeyFor({kPasses, kKib}, own_salt_);
  if (!key.ok()) return key.status();
  const std::string& text = plain.Reveal();
  std::string box(crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES + text.size(), '\0');
  randombytes_buf(box.data(), crypto_secretbox_NONCEBYTES);
  crypto_secretbox_easy(Bytes(box) + crypto_secretbox_NONCEBYTES, Bytes(std::string_view(text)),
                        text.size(), Bytes(box), Bytes(std::string_view((*key)->Reveal())));
  return StrCat(kFormat, ".", kPasses, ".", kKib, ".", Base64(own_salt_), ".", Base64(box));
}

absl::StatusOr<Secret> TransferSeal::Open(std::string_view sealed) {
  const std::vector<std::string_view> parts = Split(sealed, '.');
  Cost cost;
  std::string salt;
  std::string box;
  if (parts.size() != 5 || parts[0] != kFormat || !ParseInteger(parts[1], cost.passes) ||
      !ParseInteger(parts[2], cost.kib) || !FromBase64(parts[3], salt) ||
      !FromBase64(parts[4], box) || salt.size() != crypto_pwhash_SALTBYTES ||
      box.size() < crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES) {
    return Damaged();
  }
  if (cost.passes < 1 || cost.passes > kPassesMax || cost.kib < kKibMin || cost.kib > kKibMax) {
    return absl::InvalidArgumentError("asks for more work than an export does");
  }
  const absl::StatusOr<const Secret*> key = KeyFor(cost, salt);
  if (!key.ok()) return key.status();
  const std::size_t body_bytes = box.size() - crypto_secretbox_NONCEBYTES;
  std::string plain(body_bytes - crypto_secretbox_MACBYTES, '\0');
  const int failed = crypto_secretbox_open_easy(
      Bytes(plain), Bytes(std::string_view(box)) + crypto_secretbox_NONCEBYTES, body_bytes,
      Bytes(std::string_view(box)), Bytes(std::string_view((*key)->Reveal())));
  if (failed != 0) {
    return absl::InvalidArgumentError("does not open with this passphrase, or was changed");
  }
  return Secret(std::move(plain));
}

}  // namespace weir::admin
