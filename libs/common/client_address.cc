#include "libs/common/client_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>
#include <optional>

#include "libs/common/text.h"

namespace weir {
namespace {

constexpr std::size_t kNetworkBytes = 8;  // of an IPv6 address: /64

bool IsAmong(const std::vector<IpBlock>& blocks, const IpAddress& address) {
  return std::any_of(blocks.begin(), blocks.end(),
                     [&](const IpBlock& block) { return Contains(block, address); });
}

bool IsV4(const IpAddress& address) {
  return Contains({.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, .prefix_bits = 96},
                  address);
}

// "192.0.2.1:4711" and "[2001:db8::1]:4711", as some proxies write them, without the port.
std::string_view WithoutPort(std::string_view text) {
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return text;
  if (bracket != std::string_view::npos) return text.substr(0, bracket + 1);
  return text.find(':') == colon ? text.substr(0, colon) : text;
}

}  // namespace

absl::StatusOr<std::vector<IpBlock>> ParseIpBlocks(std::string_view text) {
  std::string separated(text);
  std::replace(separated.begin(), separated.end(), ' ', ',');
  std::vector<IpBlock> blocks;
  for (const std::string_view one : Split(separated, ',')) {
    if (StripSpace(one).empty()) continue;
    const absl::StatusOr<IpBlock> block = ParseIpBlock(StripSpace(one));
    if (!block.ok()) return block.status();
    blocks.push_back(*block);
  }
  return blocks;
}

std::string ClientAddress(std::string_view peer, std::string_view forwarded_for,
                          const std::vector<IpBlock>& trusted_proxies) {
  const std::optional<IpAddress> from = ParseIpAddress(peer);
  if (!from.has_value() || !IsAmong(trusted_proxies, *from)) return std::string(peer);
  std::string_view client = peer;
  while (!forwarded_for.empty()) {
    const std::size_t comma = forwarded_for.rfind(',');
    const std::size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
    const std::string_view text = WithoutPort(StripSpace(forwarded_for.substr(begin)));
    const std::optional<IpAddress> address = ParseIpAddress(text);
    if (!address.has_value()) break;
    client = text;
    if (!IsAmong(trusted_proxies, *address)) break;
    forwarded_for = forwarded_for.substr(0, begin == 0 ? 0 : begin - 1);
  }
  if (client.starts_with('[') && client.ends_with(']'))
    client = client.substr(1, client.size() - 2);
  return std::string(client);
}

std::string ClientNetwork(std::string_view address) {
  std::optional<IpAddress> parsed = ParseIpAddress(address);
  if (!parsed.has_value() || IsV4(*parsed)) return std::string(address);
  std::fill(parsed->begin() + kNetworkBytes, parsed->end(), 0);
  std::string text(INET6_ADDRSTRLEN, '\0');
  inet_ntop(AF_INET6, parsed->data(), text.data(), INET6_ADDRSTRLEN);
  text.resize(text.find('\0'));
  return StrCat(text, "/64");
}

}  // namespace weir
