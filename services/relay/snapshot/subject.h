// Whom limits and budgets are for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace weir::relay {

enum class SubjectKind : std::uint8_t { kKey, kUser, kGroup, kAccount };

// "API key", "user", …: as messages say it.
constexpr std::string_view SubjectName(SubjectKind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"API key", "user", "group", "account"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace weir::relay
