// A short-lived stand-in for an API key, which a page may hold: admin makes it, relays know it by
// what admin signed. "wpt_KEY-ID.SECONDS.MAC", where the MAC binds the key's id, the end and the
// key's text as it is now: another text, and what was made for the old one is out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/common/secret.h"

namespace weir {

inline constexpr std::size_t kPlaygroundSecretBytes = 32;
inline constexpr std::int64_t kPlaygroundTokenLifeMs = 10LL * 60 * 1000;

// `key_sha256` as ApiKeyHash has it. The end is cut to whole seconds.
Secret MakePlaygroundToken(const Secret& secret, std::int64_t key_id, std::string_view key_sha256,
                           std::int64_t expires_at_unix_ms);

// What a token says of itself; nobody has vouched for it yet. Views into its text.
struct PlaygroundToken {
  std::int64_t key_id = 0;
  std::int64_t expires_at_unix_ms = 0;
  std::string_view signed_text;
  std::string_view mac;
};
// Nothing: it is no token.
std::optional<PlaygroundToken> ReadPlaygroundToken(std::string_view text);

// Never with a secret of another size than kPlaygroundSecretBytes.
bool IsSigned(const PlaygroundToken& token, const Secret& secret, std::string_view key_sha256);

}  // namespace weir
