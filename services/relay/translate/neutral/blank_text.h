// Texts that hold nothing but white space, which Anthropic refuses. Escaped as JSON has them. No
// I/O.
#pragma once

#include <string_view>

namespace weir::relay {

bool IsBlank(std::string_view escaped);
// Up to its last letter that is no white space.
std::string_view WithoutBlankEnd(std::string_view escaped);

}  // namespace weir::relay
