// The texts that many events tell bit by bit: in a stream of deltas a secret stands in ten events
// and whole in none. Strings of one meaning (the same path of names, the same indexes) in the
// events of a stream, or in the items of Gemini's array, are pieces of one text. No I/O.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "services/relay/bodies/text_layer.h"

namespace weir::relay {

enum class EventFraming { kServerSent, kArray };

// The pieces of each such text in their order, as positions of the strings' insides in `raw`; also
// of a text of one piece, since more of it may have been to come. Reads what is broken or cut as
// far as it goes.
std::vector<std::vector<RawSpan>> FindEventStrings(std::string_view raw, EventFraming framing);

}  // namespace weir::relay
