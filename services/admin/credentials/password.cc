#include "services/admin/credentials/password.h"

#include <sodium.h>

#include <array>
#include <atomic>
#include <semaphore>
#include <string_view>

#include "libs/common/reason.h"
#include "services/admin/model/problem.h"

namespace weir::admin {
namespace {

constexpr int kComputingMax = 2;
constexpr int kWaitingMax = 32;

std::counting_semaphore<kComputingMax> computing(kComputingMax);
std::atomic<int> waiting = 0;

// A turn at the processor; not held when too many want one.
class Turn {
 public:
  Turn() : held_(waiting.fetch_add(1) < kWaitingMax) {
    if (held_) computing.acquire();
  }
  ~Turn() {
    if (held_) computing.release();
    waiting.fetch_sub(1);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  bool held() const { return held_; }

 private:
  bool held_;
};

absl::Status TooMany() {
  return Problem(absl::StatusCode::kResourceExhausted, reason::kTooManyRequests,
                 "too many log-ins at once; try again in a few seconds");
}

// Of a random password that nobody has.
const std::string& NobodysHash() {
  static const std::string hash = HashPassword(NewPassword()).value_or("");
  return hash;
}

}  // namespace

absl::StatusOr<std::string> HashPassword(const Secret& password) {
  if (sodium_init() < 0) return absl::InternalError("libsodium cannot start");
  const Turn turn;
  if (!turn.held()) return TooMany();
  std::array<char, crypto_pwhash_STRBYTES> hash = {};
  const std::string& text = password.Reveal();
  if (crypto_pwhash_str_alg(hash.data(), text.data(), text.size(),
                            crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return absl::InternalError("no memory for hashing a password");
  }
  return std::string(hash.data());
}

absl::Status VerifyPassword(const std::string& hash, const Secret& password) {
  const std::string& compared = hash.empty() ? NobodysHash() : hash;
  const Turn turn;
  if (!turn.held()) return TooMany();
  const std::string& text = password.Reveal();
  const bool same = crypto_pwhash_str_verify(compared.c_str(), text.data(), text.size()) == 0;
  if (same && !hash.empty()) return absl::OkStatus();
  return Problem(absl::StatusCode::kUnauthenticated, reason::kNotLoggedIn,
                 "wrong user name or password");
}

Secret NewPassword() {
  if (sodium_init() < 0) return Secret();
  // No letters or digits that look alike.
  constexpr std::string_view kAlphabet = "abcdefghijkmnpqrstuvwxyz23456789";
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += kAlphabet[randombytes_uniform(static_cast<std::uint32_t>(kAlphabet.size()))];
  }
  return Secret(std::move(text));
}

}  // namespace weir::admin
