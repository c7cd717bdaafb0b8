// A kept answer as one text, as it stands in a store that other relays read too. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/relay/cache/response_cache.h"

namespace weir::relay {

// Of the text, and of what goes into a CacheKey: a relay of another version must not take the one
// for the other. Raise it with each change of either; it is part of the store's keys.
inline constexpr std::string_view kCacheFormat = "1";

std::string WriteAnswer(const CachedAnswer& answer);

// Nothing when it is no such text, whole and with nothing behind it; whoever can write to the store
// could have written it, so its head is one content-type and no more.
std::optional<CachedAnswer> ReadAnswer(std::string_view text);

// What the text has beside the answer's own texts.
inline constexpr std::size_t kAnswerTextOverheadBytes = 64;

}  // namespace weir::relay
