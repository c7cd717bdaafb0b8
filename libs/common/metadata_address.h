// Where no request of ours may go: link-local addresses and those of the clouds' metadata services,
// which hand out the credentials of the machine that asks. Loopback and private ranges are no such
// thing: people run models there.
#pragma once

#include <sys/socket.h>

#include "libs/common/ip_block.h"

namespace weir {

// Also in the forms in which others carry IPv4: mapped, compatible, NAT64 and 6to4.
bool IsMetadataAddress(const IpAddress& address);

// Of a socket; what is neither IPv4 nor IPv6 counts as one.
bool IsMetadataAddress(const sockaddr& address);

}  // namespace weir
