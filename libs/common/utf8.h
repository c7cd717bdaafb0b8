// Text from outside that has to be UTF-8 before it goes into a protobuf string or a database.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir {

// As RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
bool IsValidUtf8(std::string_view text);

// Replaces `out` by `text`, cut to at most `bytes_max` bytes at a character's end, each byte that
// is no UTF-8 replaced by '?'.
void AssignValidUtf8(std::string& out, std::string_view text, std::size_t bytes_max);
std::string ValidUtf8(std::string_view text);

}  // namespace weir
