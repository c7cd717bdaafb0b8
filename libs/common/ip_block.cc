#include "libs/common/ip_block.h"

#include <arpa/inet.h>

#include <algorithm>
#include <string>

#include "libs/common/text.h"

namespace weir {
namespace {

constexpr int kMappedBits = 96;  // ::ffff:0:0/96 holds IPv4

// True when `text` was an IPv4 address.
bool ParseV4(const std::string& text, IpAddress& address) {
  address = {};
  address[10] = 0xff;
  address[11] = 0xff;
  return inet_pton(AF_INET, text.c_str(), &address[12]) == 1;
}

void ClearBelow(IpAddress& address, int prefix_bits) {
  for (int bit = prefix_bits; bit < 128; ++bit) {
    auto& byte = address[static_cast<std::size_t>(bit / 8)];
    byte = static_cast<unsigned char>(byte & ~(0x80 >> (bit % 8)));
  }
}

}  // namespace

std::optional<IpAddress> ParseIpAddress(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  }
  if (text.find('\0') != std::string_view::npos) return std::nullopt;  // inet_pton would stop there
  IpAddress address;
  const std::string terminated(text);
  if (ParseV4(terminated, address)) return address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

absl::StatusOr<IpBlock> ParseIpBlock(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view head = text.substr(0, slash);
  const std::optional<IpAddress> address = ParseIpAddress(head);
  if (!address) return absl::InvalidArgumentError(StrCat("'", text, "' is no IP address or block"));
  IpBlock block{*address, 128};
  if (slash != std::string_view::npos) {
    const int offset = head.find(':') == std::string_view::npos ? kMappedBits : 0;
    int bits = -1;
    if (!ParseInteger(text.substr(slash + 1), bits) || bits < 0 || bits > 128 - offset) {
      return absl::InvalidArgumentError(StrCat("'", text, "' has no valid prefix length"));
    }
    block.prefix_bits = bits + offset;
  }
  ClearBelow(block.address, block.prefix_bits);
  return block;
}

bool Contains(const IpBlock& block, const IpAddress& address) {
  const auto whole = static_cast<std::size_t>(block.prefix_bits / 8);
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole),
                  block.address.begin())) {
    return false;
  }
  const int rest = block.prefix_bits % 8;
  if (rest == 0) return true;
  const int mask = 0xff00 >> rest & 0xff;
  return (address[whole] & mask) == block.address[whole];
}

}  // namespace weir
