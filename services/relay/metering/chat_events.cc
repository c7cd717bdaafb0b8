#include "services/relay/metering/chat_events.h"

#include <algorithm>
#include <charconv>

#include "services/relay/dialects/json_cursor.h"

namespace weir::relay {
namespace {

// Who does not say which choice it is speaks of the only one.
unsigned IndexOf(std::string_view choice) {
  const std::string_view value = MemberValue(choice, "index");
  unsigned index = 0;
  std::from_chars(value.data(), value.data() + value.size(), index);
  return std::min(index, kChoicesMax - 1);
}

}  // namespace

std::uint64_t EndedChoices(std::string_view data) {
  std::uint64_t ended = 0;
  JsonCursor choices(MemberValue(data, "choices"));
  if (!choices.Skip('[')) return ended;
  while (choices.Peek() == '{') {
    const std::string_view choice = choices.RawValue();
    // Some servers say "" for what has not ended.
    if (!TextInside(MemberValue(choice, "finish_reason")).empty()) {
      ended |= std::uint64_t{1} << IndexOf(choice);
    }
    choices.Skip(',');
  }
  return ended;
}

}  // namespace weir::relay
