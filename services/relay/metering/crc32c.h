// CRC-32C (Castagnoli), as iSCSI and ext4 use it.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::relay {

// By the processor's instruction where it has one.
std::uint32_t Crc32c(std::string_view bytes);

// The same by table; what Crc32c does elsewhere.
std::uint32_t Crc32cByTable(std::string_view bytes);

}  // namespace weir::relay
