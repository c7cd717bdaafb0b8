// Whether a piece of text is JSON, before it is carried on as it stands. Numbers may be of any size
// and objects may repeat a name: what is no matter of grammar is the target's to judge. No tree, no
// I/O. The text is UTF-8; that is not looked at.
#pragma once

#include <string_view>

namespace weir::relay {

// One value and nothing else but space. Of what is nested deeper than providers read (512 levels)
// nobody knows: false.
bool IsJson(std::string_view text);

// The same, of an object.
bool IsJsonObject(std::string_view text);

// Every escape in what stands between the quotes of a string is one that JSON has.
bool HasWholeEscapes(std::string_view escaped);

}  // namespace weir::relay
