#include "libs/common/playground_token.h"

#include <sodium.h>

#include <array>

#include "absl/strings/escaping.h"

#include "libs/common/text.h"

namespace weir {
namespace {

constexpr std::string_view kPrefix = "wpt_";
constexpr std::int64_t kMsPerSecond = 1000;
constexpr std::int64_t kSecondsMax = INT64_MAX / kMsPerSecond;

static_assert(crypto_auth_hmacsha256_KEYBYTES == kPlaygroundSecretBytes);

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// The hash has one size, so that nothing of the text can pass for a part of it.
std::string Mac(const Secret& secret, std::string_view signed_text, std::string_view key_sha256) {
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, Bytes(secret.Reveal()), secret.Reveal().size());
  crypto_auth_hmacsha256_update(&state, Bytes(key_sha256), key_sha256.size());
  crypto_auth_hmacsha256_update(&state, Bytes(signed_text), signed_text.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  return absl::WebSafeBase64Escape(
      std::string(reinterpret_cast<const char*>(mac.data()), mac.size()));
}

}  // namespace

Secret MakePlaygroundToken(const Secret& secret, std::int64_t key_id, std::string_view key_sha256,
                           std::int64_t expires_at_unix_ms) {
  std::string text = StrCat(kPrefix, key_id, ".", expires_at_unix_ms / kMsPerSecond);
  const std::string mac = Mac(secret, text, key_sha256);
  StrAppend(text, ".", mac);
  return Secret(std::move(text));
}

std::optional<PlaygroundToken> ReadPlaygroundToken(std::string_view text) {
  if (!text.starts_with(kPrefix)) return std::nullopt;
  const std::size_t id_end = text.find('.');
  if (id_end == std::string_view::npos) return std::nullopt;
  const std::size_t time_end = text.find('.', id_end + 1);
  if (time_end == std::string_view::npos) return std::nullopt;
  PlaygroundToken token;
  std::int64_t seconds = 0;
  if (!ParseInteger(text.substr(kPrefix.size(), id_end - kPrefix.size()), token.key_id) ||
      !ParseInteger(text.substr(id_end + 1, time_end - id_end - 1), seconds) || seconds < 0 ||
      seconds > kSecondsMax) {
    return std::nullopt;
  }
  token.expires_at_unix_ms = seconds * kMsPerSecond;
  token.signed_text = text.substr(0, time_end);
  token.mac = text.substr(time_end + 1);
  return token;
}

bool IsSigned(const PlaygroundToken& token, const Secret& secret, std::string_view key_sha256) {
  return secret.Reveal().size() == kPlaygroundSecretBytes &&
         SameSecret(token.mac, Mac(secret, token.signed_text, key_sha256));
}

}  // namespace weir
