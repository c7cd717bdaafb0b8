#include "libs/common/client_address.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

std::string From(std::string_view peer, std::string_view forwarded_for,
                 std::string_view trusted = "10.0.0.0/8, 2001:db8:1::/48") {
  return ClientAddress(peer, forwarded_for, *ParseIpBlocks(trusted));
}

TEST(ClientAddress, APeerThatIsNoProxyOfOursIsTheClientWhateverItSays) {
  EXPECT_EQ(From("192.0.2.1", "198.51.100.7"), "192.0.2.1");
  EXPECT_EQ(From("10.0.0.1", "198.51.100.7", ""), "10.0.0.1") << "none is trusted unless said";
}

TEST(ClientAddress, AProxyOfOursSaysWhoAsksIt) {
  EXPECT_EQ(From("10.0.0.1", "198.51.100.7"), "198.51.100.7");
  EXPECT_EQ(From("2001:db8:1::1", "2001:db8:2::9"), "2001:db8:2::9");
  EXPECT_EQ(From("::ffff:10.0.0.1", "198.51.100.7"), "198.51.100.7");
  EXPECT_EQ(From("10.0.0.1", "198.51.100.7:4711"), "198.51.100.7");
  EXPECT_EQ(From("10.0.0.1", "[2001:db8:2::9]:4711"), "2001:db8:2::9");
}

TEST(ClientAddress, WhatStandsBeforeTheLastStrangerMayBeMadeUp) {
  EXPECT_EQ(From("10.0.0.1", "1.1.1.1, 198.51.100.7"), "198.51.100.7");
  EXPECT_EQ(From("10.0.0.1", "1.1.1.1, 198.51.100.7,10.0.0.2"), "198.51.100.7") << "two proxies";
  EXPECT_EQ(From("10.0.0.1", "10.9.9.9, 198.51.100.7"), "198.51.100.7");
}

TEST(ClientAddress, WithoutAStrangerItIsTheOneThatTheFirstProxyNames) {
  EXPECT_EQ(From("10.0.0.1", ""), "10.0.0.1");
  EXPECT_EQ(From("10.0.0.1", "10.0.0.3, 10.0.0.2"), "10.0.0.3");
}

TEST(ClientAddress, WhatIsNoAddressEndsTheSearch) {
  EXPECT_EQ(From("10.0.0.1", "unknown"), "10.0.0.1");
  EXPECT_EQ(From("10.0.0.1", "1.1.1.1, , 10.0.0.2"), "10.0.0.2");
  EXPECT_EQ(From("10.0.0.1", "1.1.1.1, evil\"header, 10.0.0.2"), "10.0.0.2");
  EXPECT_EQ(From("not an address", "1.1.1.1"), "not an address");
}

TEST(ClientAddress, AClientHasAWholeNetworkOfIpv6) {
  EXPECT_EQ(ClientNetwork("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(ClientNetwork("2001:db8:1:2::9"), ClientNetwork("2001:db8:1:2:ffff::1"));
  EXPECT_EQ(ClientNetwork("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(ClientNetwork("::ffff:192.0.2.1"), "::ffff:192.0.2.1");
  EXPECT_EQ(ClientNetwork(""), "");
}

TEST(ClientAddress, BlocksAreReadAsALine) {
  EXPECT_EQ(ParseIpBlocks(" 10.0.0.0/8,192.0.2.1  ::1 ")->size(), 3U);
  EXPECT_TRUE(ParseIpBlocks("")->empty());
  const auto bad = ParseIpBlocks("10.0.0.0/8, proxy.example");
  EXPECT_TRUE(absl::IsInvalidArgument(bad.status()));
  EXPECT_NE(std::string(bad.status().message()).find("proxy.example"), std::string::npos);
}

}  // namespace
}  // namespace weir
