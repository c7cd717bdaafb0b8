// Names of tools that a target refuses, being too long or of other letters than it takes, and what
// they were: they go upstream as names made of them and come back whole. No I/O.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace weir::relay {

class ToolNames {
 public:
  // The name to send for `name` (escaped text): itself, or its head with a hash of the whole, which
  // is the same in every request. Valid as long as this and `name` are.
  std::string_view Shorten(std::string_view name, std::size_t bytes_max);
  // What the caller calls the tool that the upstream calls `name`.
  std::string_view Original(std::string_view name) const;

 private:
  std::unordered_map<std::string, std::string> made_;  // of what
};

}  // namespace weir::relay
