#include "services/admin/credentials/one_time_code.h"

#include <sodium.h>

#include <array>
#include <cstddef>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "libs/common/text.h"

namespace weir::admin {
namespace {

constexpr std::size_t kSecretBytes = 20;
constexpr std::size_t kRecoveryBytes = 10;
constexpr std::size_t kRecoveryGroup = 4;
constexpr std::size_t kDigits = 6;
constexpr std::uint32_t kCodes = 1'000'000;

Secret RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return Secret(std::move(bytes));
}

bool SameText(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

// Of a URL's path or query: what is not a letter or a digit as %41.
std::string PercentEncode(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '.' || c == '_';
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

}  // namespace

Secret NewCodeSecret() { return RandomBytes(kSecretBytes); }

std::string OneTimeCode(const Secret& secret, std::int64_t step) {
  std::array<unsigned char, 8> counter;
  for (std::size_t i = 0; i < counter.size(); ++i) {
    counter[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(step) >> (56 - 8 * i));
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  HMAC(EVP_sha1(), secret.Reveal().data(), static_cast<int>(secret.Reveal().size()), counter.data(),
       counter.size(), hash.data(), &size);
  // RFC 4226 §5.3: the last four bits say where 31 bits are taken from.
  const std::size_t at = hash[size - 1] & 15;
  const std::uint32_t number = (static_cast<std::uint32_t>(hash[at] & 0x7F) << 24) |
                               (static_cast<std::uint32_t>(hash[at + 1]) << 16) |
                               (static_cast<std::uint32_t>(hash[at + 2]) << 8) |
                               static_cast<std::uint32_t>(hash[at + 3]);
  const std::string digits = std::to_string(number % kCodes);
  return std::string(kDigits - digits.size(), '0') + digits;
}

std::optional<std::int64_t> StepOfCode(const Secret& secret, std::string_view code,
                                       std::int64_t now_ms, std::int64_t after_step) {
  const std::int64_t now_step = now_ms / kCodeStepMs;
  for (const std::int64_t step : {now_step, now_step - 1, now_step + 1}) {
    if (step > after_step && SameText(OneTimeCode(secret, step), code)) return step;
  }
  return std::nullopt;
}

std::string Base32(std::string_view bytes) {
  static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  constexpr unsigned kBits = 5;
  std::string out;
  std::uint32_t held = 0;
  unsigned held_bits = 0;
  for (const char c : bytes) {
    held = held << 8 | static_cast<unsigned char>(c);
    for (held_bits += 8; held_bits >= kBits; held_bits -= kBits) {
      out += kLetters[(held >> (held_bits - kBits)) & 31];
    }
    held &= (1U << held_bits) - 1;
  }
  if (held_bits > 0) out += kLetters[(held << (kBits - held_bits)) & 31];
  return out;
}

Secret CodeUrl(const Secret& secret, std::string_view username) {
  return Secret(StrCat("otpauth://totp/Weir:", PercentEncode(username),
                       "?secret=", Base32(secret.Reveal()), "&issuer=Weir&digits=6&period=30"));
}

Secret NewRecoveryCode() {
  const std::string letters = ToLower(Base32(RandomBytes(kRecoveryBytes).Reveal()));
  std::string code;
  for (std::size_t at = 0; at < letters.size(); at += kRecoveryGroup) {
    StrAppend(code, code.empty() ? "" : "-", letters.substr(at, kRecoveryGroup));
  }
  return Secret(std::move(code));
}

std::string PlainRecoveryCode(std::string_view typed) {
  std::string plain;
  for (const char c : typed) {
    if (c != '-' && c != ' ') plain += c;
  }
  return ToLower(plain);
}

}  // namespace weir::admin
