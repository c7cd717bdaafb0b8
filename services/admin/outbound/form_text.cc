#include "services/admin/outbound/form_text.h"

#include <sodium.h>

#include "libs/common/text.h"

namespace weir::admin {
namespace {

std::string Base64(std::string_view bytes, int variant) {
  std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), variant);
  text.pop_back();  // its terminating zero
  return text;
}

}  // namespace

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

void AppendEncoded(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text) {
    if (IsUnreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

void AppendField(std::string& form, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  StrAppend(form, form.empty() ? "" : "&", name, "=");
  AppendEncoded(form, value);
}

Secret BasicAuthorization(std::string_view client_id, const Secret& client_secret) {
  std::string pair;
  AppendEncoded(pair, client_id);
  pair += ':';
  AppendEncoded(pair, client_secret.Reveal());
  return Secret(StrCat("Basic ", Base64(pair, sodium_base64_VARIANT_ORIGINAL)));
}

std::string Base64Url(std::string_view bytes) {
  return Base64(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool FromBase64Url(std::string_view text, std::string& bytes) {
  bytes.assign(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                       text.data(), text.size(), nullptr, &size, nullptr,
                                       sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  bytes.resize(failed == 0 ? size : 0);
  return failed == 0;
}

}  // namespace weir::admin
