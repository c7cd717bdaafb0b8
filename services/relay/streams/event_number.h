// Event ids of a resumable stream: each event gets an `id:` line of its own. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::relay {

// Appends the event `raw` (with its empty line, as dialects/sse.h cuts it) with `id: number` as its
// last line: behind an id that the provider set, so that ours counts.
void AppendNumbered(std::string_view raw, std::uint64_t number, std::string& out);

}  // namespace weir::relay
