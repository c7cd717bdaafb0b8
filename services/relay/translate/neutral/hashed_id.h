// Names that another protocol does not take, or that another provider need not know. No I/O.
#pragma once

#include <string>
#include <string_view>

namespace weir::relay {

// `head` and 16 hex digits: the same for the same text, and nothing else of it.
std::string HashedId(std::string_view head, std::string_view text);

// Who asks, as OpenAI may know it: a short name as it is; a client's own structure (Claude Code's
// is JSON) hashed, since it is not for another provider's eyes. Escaped, as `user` is.
std::string UserForOpenAi(std::string_view user);

}  // namespace weir::relay
