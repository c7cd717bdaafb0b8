#include "services/relay/translate/neutral/hashed_id.h"

#include "services/relay/dialects/signature_hash.h"

namespace weir::relay {

std::string HashedId(std::string_view head, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr unsigned kBits = 64;
  SignatureHash hash;
  hash.Add(text);
  std::string out(head);
  for (unsigned shift = 0; shift < kBits; shift += 4) out += kDigits[(hash.value() >> shift) & 0xF];
  return out;
}

std::string UserForOpenAi(std::string_view user) {
  constexpr std::size_t kBytesMax = 64;
  const bool plain = user.size() <= kBytesMax && !user.starts_with('{');
  return plain ? std::string(user) : HashedId("user_", user);
}

}  // namespace weir::relay
