// The software's version, as --version, /status and the relays' Hello say it.
#pragma once

#include <string_view>

namespace weir {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace weir
