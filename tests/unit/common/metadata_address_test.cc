#include "libs/common/metadata_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <string>

#include <gtest/gtest.h>

namespace weir {
namespace {

// As text and as a socket's address.
bool IsMetadata(const char* text) {
  sockaddr_storage storage{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else {
    EXPECT_EQ(inet_pton(AF_INET6, text, &v6->sin6_addr), 1) << text;
    storage.ss_family = AF_INET6;
  }
  const bool of_text = IsMetadataAddress(*ParseIpAddress(text));
  EXPECT_EQ(IsMetadataAddress(reinterpret_cast<const sockaddr&>(storage)), of_text) << text;
  return of_text;
}

TEST(MetadataAddressTest, LinkLocalAndMetadata) {
  for (const char* text : {"169.254.169.254", "169.254.0.1", "fe80::1", "febf::1", "fd00:ec2::254",
                           "fd00:ec2::23", "fd20:ce::254", "100.100.100.200", "168.63.129.16"}) {
    EXPECT_TRUE(IsMetadata(text)) << text;
  }
}

TEST(MetadataAddressTest, AsOthersCarryThem) {
  for (const char* text :
       {"::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::169.254.169.254",
        "64:ff9b:1::169.254.169.254", "2002:a9fe:a9fe::1", "::ffff:168.63.129.16",
        "::168.63.129.16", "64:ff9b::168.63.129.16", "2002:a83f:8110::1",
        "64:ff9b::100.100.100.200", "2002:6464:64c8::"}) {
    EXPECT_TRUE(IsMetadata(text)) << text;
  }
}

TEST(MetadataAddressTest, OthersArePermitted) {
  for (const char* text :
       {"127.0.0.1", "::1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.100.100.201", "fd00::1",
        "fd20:ce::253", "168.63.129.17", "8.8.8.8", "2606:4700::1", "0.0.0.0", "169.253.255.255"}) {
    EXPECT_FALSE(IsMetadata(text)) << text;
  }
}

TEST(MetadataAddressTest, WhatIsNoAddressOfTheNetworkIsNotTrusted) {
  sockaddr_storage storage{};
  storage.ss_family = AF_UNIX;
  EXPECT_TRUE(IsMetadataAddress(reinterpret_cast<const sockaddr&>(storage)));
}

}  // namespace
}  // namespace weir
