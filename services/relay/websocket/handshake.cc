#include "services/relay/websocket/handshake.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include <openssl/evp.h>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

// RFC 6455 §1.3: the same for all.
constexpr std::string_view kMagic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kDigestBytes = 20;

// A list may come in several fields.
bool Names(const RequestHead& head, std::string_view field_name, std::string_view word) {
  for (const HeaderField& field : head.all()) {
    if (!EqualsIgnoreCase(field.name, field_name)) continue;
    for (const std::string_view part : Split(field.value, ',')) {
      if (EqualsIgnoreCase(StripSpace(part), word)) return true;
    }
  }
  return false;
}

bool IsKey(std::string_view key) {
  std::array<unsigned char, kKeyBytes> bytes{};
  std::size_t size = 0;
  const char* end = nullptr;
  return sodium_base642bin(bytes.data(), bytes.size(), key.data(), key.size(), nullptr, &size, &end,
                           sodium_base64_VARIANT_ORIGINAL) == 0 &&
         size == kKeyBytes && end == key.data() + key.size();
}

}  // namespace

bool WantsWebSocket(const RequestHead& head) { return Names(head, "upgrade", "websocket"); }

std::string_view HandshakeProblem(const RequestHead& head) {
  if (head.method != "GET") return "a WebSocket is opened with GET";
  if (!Names(head, "connection", "upgrade")) return "Connection does not name Upgrade";
  if (head.Find("sec-websocket-version") != "13") return "Sec-WebSocket-Version must be 13";
  if (!IsKey(head.Find("sec-websocket-key"))) return "Sec-WebSocket-Key must be 16 bytes in base64";
  return {};
}

std::string HandshakeAnswer(std::string_view key) {
  const std::string text = StrCat(key, kMagic);
  std::array<unsigned char, kDigestBytes> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::string out(sodium_base64_ENCODED_LEN(kDigestBytes, sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), digest.data(), digest.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();  // the terminating zero
  return out;
}

}  // namespace weir::relay
