#include "services/relay/streams/event_number.h"

#include "libs/common/text.h"

namespace weir::relay {

void AppendNumbered(std::string_view raw, std::uint64_t number, std::string& out) {
  // The empty line goes; the end of the line before it stays.
  if (raw.ends_with("\r\n")) {
    raw.remove_suffix(2);
  } else if (!raw.empty()) {
    raw.remove_suffix(1);
  }
  StrAppend(out, raw, "id: ", number, "\n\n");
}

}  // namespace weir::relay
