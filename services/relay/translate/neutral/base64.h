// Base64 as dialects carry bytes in it. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::relay {

std::string ToBase64(std::string_view bytes);

// Of either alphabet, with or without what fills it up; nothing when it is not base64.
std::optional<std::string> FromBase64(std::string_view text);

}  // namespace weir::relay
