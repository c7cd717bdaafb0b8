// How a presented API key becomes what is stored and looked up: admin writes it, relay reads it.
#pragma once

#include <string>
#include <string_view>

namespace weir {

// SHA-256 of the key's text, 32 raw bytes. No salt: a key has 256 random bits of its own.
std::string ApiKeyHash(std::string_view key_text);

// "ck_" and 43 characters of base64url: 256 random bits.
std::string NewApiKey();

// What may be shown of a key later: "ck_…71b4".
std::string ApiKeyHint(std::string_view key_text);

}  // namespace weir
