// Addresses and CIDR blocks, as API keys are tied to them.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir {

using IpAddress = std::array<unsigned char, 16>;  // IPv4 mapped into IPv6

// One address block.
struct IpBlock {
  IpAddress address{};
  int prefix_bits = 128;
};

// nullopt when `text` is no IPv4 or IPv6 address; an IPv6 address may stand in brackets.
std::optional<IpAddress> ParseIpAddress(std::string_view text);

// "10.0.0.0/8", "2001:db8::/32", or one address. Bits below the mask may be set; they are cleared.
absl::StatusOr<IpBlock> ParseIpBlock(std::string_view text);

bool Contains(const IpBlock& block, const IpAddress& address);

}  // namespace weir
