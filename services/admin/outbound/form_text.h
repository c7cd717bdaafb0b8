// Texts as URLs and forms hold them, and a client's own proof (RFC 6749 §2.3.1).
#pragma once

#include <string>
#include <string_view>

#include "libs/common/secret.h"

namespace weir::admin {

// What RFC 3986 lets stand everywhere: letters, digits and -._~
bool IsUnreserved(char c);

// Percent-encoded, but for unreserved characters.
void AppendEncoded(std::string& out, std::string_view text);

// "name=value", behind an & where something is there already; nothing for an empty value.
void AppendField(std::string& form, std::string_view name, std::string_view value);

// "Basic …" of a client's name and secret, both encoded before they are joined.
Secret BasicAuthorization(std::string_view client_id, const Secret& client_secret);

// Without padding, as JOSE has it. False when it is none.
std::string Base64Url(std::string_view bytes);
bool FromBase64Url(std::string_view text, std::string& bytes);

}  // namespace weir::admin
