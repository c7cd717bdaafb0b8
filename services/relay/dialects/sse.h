// Event streams (WHATWG HTML §9.2): bytes in, whole events out. No I/O.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace weir::relay {

// What follows the byte order mark that `bytes` may begin with.
std::string_view AfterByteOrderMark(std::string_view bytes);

// One event: its bytes with the blank line that ends it, and what it says.
struct SseEvent {
  std::string_view raw;
  std::string_view name;  // of its `event:` line; empty = none
  std::string_view data;  // its `data:` lines joined by \n
};

// Cuts the next whole event off the front of `bytes`; false when none is whole yet. Lines may end
// in \n, \r\n or \r. A \r that ends the bytes waits for what comes, since it may be half of \r\n.
// A byte order mark, which may begin a stream, is no part of the first line. `joined` holds the
// data of events with several data lines, for as long as `event` is used.
bool NextSseEvent(std::string_view& bytes, SseEvent& event, std::string& joined);

}  // namespace weir::relay
