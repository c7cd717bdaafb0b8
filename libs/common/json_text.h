// Writing JSON text by hand where a tree would be waste: log lines, local replies.
#pragma once

#include <string>
#include <string_view>

namespace weir {

// Appends `text` as a JSON string with its quotes. Bytes that are not valid UTF-8 become U+FFFD, so
// that the output is always valid JSON.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace weir
