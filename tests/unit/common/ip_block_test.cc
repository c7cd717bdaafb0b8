#include "libs/common/ip_block.h"

#include <string>

#include <gtest/gtest.h>

namespace weir {
namespace {

bool In(const char* block, const char* address) {
  const absl::StatusOr<IpBlock> parsed = ParseIpBlock(block);
  EXPECT_TRUE(parsed.ok()) << block;
  const std::optional<IpAddress> ip = ParseIpAddress(address);
  EXPECT_TRUE(ip.has_value()) << address;
  return parsed.ok() && ip && Contains(*parsed, *ip);
}

TEST(IpBlock, HoldsItsAddresses) {
  EXPECT_TRUE(In("10.0.0.0/8", "10.255.1.2"));
  EXPECT_FALSE(In("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(In("10.1.2.3/8", "10.9.9.9"));  // bits below the mask do not matter
  EXPECT_TRUE(In("192.168.1.7", "192.168.1.7"));
  EXPECT_FALSE(In("192.168.1.7", "192.168.1.6"));
  EXPECT_TRUE(In("192.168.1.128/25", "192.168.1.200"));
  EXPECT_FALSE(In("192.168.1.128/25", "192.168.1.100"));
  EXPECT_TRUE(In("0.0.0.0/0", "8.8.8.8"));
  EXPECT_FALSE(In("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(In("::/0", "8.8.8.8"));
  EXPECT_TRUE(In("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(In("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(In("::1", "[::1]"));
  EXPECT_TRUE(In("10.0.0.0/8", "::ffff:10.0.0.1"));  // as a dual-stack socket shows it
}

TEST(IpBlock, RefusesWhatIsNone) {
  for (const char* text : {"", "10.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "::1/129",
                           "host", "10.0.0.0/8x", "/8", "1.2.3.4.5"}) {
    EXPECT_FALSE(ParseIpBlock(text).ok()) << text;
  }
}

}  // namespace
}  // namespace weir
