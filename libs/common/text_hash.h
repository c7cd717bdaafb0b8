// Look-ups by a view in tables that are keyed by strings.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace weir {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

}  // namespace weir
