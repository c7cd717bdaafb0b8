// Whose request it is, where reverse proxies stand between.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/ip_block.h"

namespace weir {

// "10.0.0.0/8, 192.0.2.1": addresses and blocks, separated by commas or spaces; empty = none.
// InvalidArgument names the one that is none.
absl::StatusOr<std::vector<IpBlock>> ParseIpBlocks(std::string_view text);

// The address that asked: the peer's, unless that is a proxy of ours. Then the last address of
// X-Forwarded-For that is none of ours: each proxy adds the one it was asked by at the end, and
// what stands before that anybody can have written. `forwarded_for`: all lines of it, joined by
// commas.
std::string ClientAddress(std::string_view peer, std::string_view forwarded_for,
                          const std::vector<IpBlock>& trusted_proxies);

// What one client has all of, for limits: the address, or the /64 of an IPv6 address. Text that is
// no address is given back.
std::string ClientNetwork(std::string_view address);

}  // namespace weir
