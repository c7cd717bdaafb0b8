// The names of the events that tell an item's text. A table; no I/O.
#pragma once

#include <string_view>

#include "services/relay/translate/openai_responses/output_items.h"

namespace weir::relay::openai_responses {

// Empty: items of that kind have no such event.
struct ItemEvents {
  std::string_view piece_added;
  std::string_view delta;
  std::string_view done;
  std::string_view done_text;  // the member that holds the whole text
  std::string_view piece_done;
};

const ItemEvents& EventsOf(const OutputItem& item);

}  // namespace weir::relay::openai_responses
