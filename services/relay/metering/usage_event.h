// A finished request as it goes into the spool and over the wire.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "services/relay/metering/usage_record.h"

namespace weir::relay {

// Replaces `out` by the serialized weir.v1.UsageEvent of `record`. Texts are cut to their limits
// and bytes that are no UTF-8 replaced, because usage could not read the batch otherwise.
// Thread-safe; about a microsecond, and no allocation once the thread and `out` are warm.
void EncodeUsageEvent(const UsageRecord& record, std::string_view relay_id, std::string& out);

// When the request of such bytes began, by its id (Unix ms); 0 when they are none.
std::int64_t BeginningOfEvent(std::string_view bytes);

}  // namespace weir::relay
