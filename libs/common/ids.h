// Ids that are unique without asking anybody.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir {

// A UUIDv7 (RFC 9562 §5.7) as 16 bytes: 48 bits of time, 74 random bits. Thread-safe, no system
// call on most calls.
std::string NewUuid7Bytes(std::int64_t unix_ms);

// 16 bytes <-> "019a5b2c-…" in lower case. UuidToText needs exactly 16 bytes. InvalidArgument for
// text of another form.
std::string UuidToText(std::string_view bytes);
absl::StatusOr<std::string> UuidFromText(std::string_view text);

// True for 16 bytes that carry version 7 and the RFC's variant.
bool IsUuid7(std::string_view bytes);

// `bytes` random bytes from the system, as lower-case hex.
std::string RandomHex(int bytes);

}  // namespace weir
