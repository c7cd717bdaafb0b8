#include "libs/common/metadata_address.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace weir {
namespace {

constexpr std::array<std::string_view, 18> kBlocks = {
    "169.254.0.0/16",         // link-local; metadata of most clouds
    "fe80::/10",              // the same in IPv6
    "fd00:ec2::/32",          // AWS
    "fd20:ce::254",           // Google
    "100.100.100.200",        // Alibaba
    "168.63.129.16",          // Azure
    "::a9fe:0/112",           // compatible
    "::6464:64c8",            //
    "::a83f:8110",            //
    "64:ff9b::a9fe:0/112",    // NAT64
    "64:ff9b::6464:64c8",     //
    "64:ff9b::a83f:8110",     //
    "64:ff9b:1::a9fe:0/112",  // NAT64 of a network's own
    "64:ff9b:1::6464:64c8",   //
    "64:ff9b:1::a83f:8110",   //
    "2002:a9fe::/32",         // 6to4
    "2002:6464:64c8::/48",    //
    "2002:a83f:8110::/48",    //
};

std::array<IpBlock, kBlocks.size()> ParsedBlocks() {
  std::array<IpBlock, kBlocks.size()> parsed;
  std::transform(kBlocks.begin(), kBlocks.end(), parsed.begin(),
                 [](std::string_view text) { return *ParseIpBlock(text); });
  return parsed;
}

}  // namespace

bool IsMetadataAddress(const IpAddress& address) {
  static const auto kParsed = ParsedBlocks();
  return std::any_of(kParsed.begin(), kParsed.end(),
                     [&address](const IpBlock& block) { return Contains(block, address); });
}

bool IsMetadataAddress(const sockaddr& address) {
  IpAddress bytes{};
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    bytes[10] = 0xff;
    bytes[11] = 0xff;
    std::memcpy(&bytes[12], &v4.sin_addr, sizeof(v4.sin_addr));
  } else if (address.sa_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  } else {
    return true;
  }
  return IsMetadataAddress(bytes);
}

}  // namespace weir
