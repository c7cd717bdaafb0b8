// The error that a provider's body or event holds: the few members that say what went wrong, read
// by their place and not by their name alone, so that a request which a provider echoes (as text or
// as JSON) cannot be mistaken for them. No I/O, no allocation.
#pragma once

#include <string_view>

namespace weir::relay {

// Views into the JSON, texts as they stand between their quotes (escapes are kept). Empty = it has
// none, or it was cut before its end.
struct ErrorObject {
  std::string_view type;         // Google: status
  std::string_view code;         // text or number
  std::string_view detail_code;  // details.error_code; Google: details[].reason
  std::string_view message;
};

// Of the outer object's `error` (or that of its `response`), where that is an object; its message,
// where it is a text; else of the outer object itself. `json` may be cut at any byte; what is not
// JSON has no members.
ErrorObject ReadErrorObject(std::string_view json);

}  // namespace weir::relay
