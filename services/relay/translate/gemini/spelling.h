// Names of members in Gemini's protocol: each may be spelled in two ways, as in all protocols that
// are made from protobufs, and Google's own SDK mixes them. No I/O.
#pragma once

#include <string_view>

namespace weir::relay::gemini {

// `name` is `camel` ("inlineData"), or the same with underscores ("inline_data").
bool IsNamed(std::string_view name, std::string_view camel);

}  // namespace weir::relay::gemini
