// The events of a resumable stream on their way: each gets its number and is kept for a client that
// comes back. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "services/relay/streams/resumable_stream.h"

namespace weir::relay {

class EventNumbering {
 public:
  // Numbers the whole events at the front of `output`, about `bytes_max` of them, and takes them
  // off it. What is there when no whole event is left is a part of one that is too large to be
  // held: it has no number, and counts as one. The text is valid until the next call.
  std::string_view Number(ResumableStream& stream, std::string_view& output, std::size_t bytes_max);

  std::size_t held_bytes() const { return text_.capacity(); }

 private:
  std::uint64_t events_ = 0;
  std::string text_;
};

}  // namespace weir::relay
