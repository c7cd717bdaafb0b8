// Chunks of OpenAI Chat's streams, as far as the meter needs more than their text. No I/O.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::relay {

// Choices are known by their index, a bit each; those from the 64th on count as the 64th.
inline constexpr unsigned kChoicesMax = 64;

// The choices of this chunk that say why they end here.
std::uint64_t EndedChoices(std::string_view data);

}  // namespace weir::relay
