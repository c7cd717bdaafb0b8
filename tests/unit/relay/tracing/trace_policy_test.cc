#include "services/relay/tracing/trace_policy.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "libs/common/ids.h"

namespace weir::relay {
namespace {

HostList Hosts(std::string_view text) {
  auto hosts = HostList::Parse(text);
  EXPECT_TRUE(hosts.ok()) << text << ": " << hosts.status();
  return *std::move(hosts);
}

TEST(HostListTest, NobodyUnlessNamed) {
  EXPECT_TRUE(Hosts("").empty());
  EXPECT_FALSE(Hosts("").Has("api.openai.com"));
}

TEST(HostListTest, NamesHostsAndWhatIsBelowThem) {
  const HostList hosts = Hosts("GPU.internal, *.models.example,10.0.0.7,::1");
  EXPECT_TRUE(hosts.Has("gpu.internal"));
  EXPECT_TRUE(hosts.Has("a.models.example"));
  EXPECT_TRUE(hosts.Has("b.a.Models.example"));
  EXPECT_TRUE(hosts.Has("10.0.0.7"));
  EXPECT_TRUE(hosts.Has("::1"));
  EXPECT_FALSE(hosts.Has("a.gpu.internal"));
  EXPECT_FALSE(hosts.Has("models.example"));
  EXPECT_FALSE(hosts.Has("evilmodels.example"));
  EXPECT_FALSE(hosts.Has(".models.example"));
  EXPECT_FALSE(hosts.Has("10.0.0.70"));
  EXPECT_TRUE(Hosts("*").Has("api.openai.com"));
}

TEST(HostListTest, RefusesWhatIsNoHost) {
  const std::string_view refused[] = {"http://gpu.internal",
                                      "gpu.internal:8000",
                                      "gpu.*",
                                      "*.",
                                      "gpu.internal/v1",
                                      "a,,b",
                                      "[::1]",
                                      "user@gpu",
                                      "a b"};
  for (const std::string_view text : refused) {
    EXPECT_FALSE(HostList::Parse(text).ok()) << text;
  }
}

TEST(SampleTest, TakesItsShareOfRandomIds) {
  int taken = 0;
  for (int i = 0; i < 20'000; ++i) taken += IsSampled(NewUuid7Bytes(i), 250'000) ? 1 : 0;
  EXPECT_GT(taken, 4'600);
  EXPECT_LT(taken, 5'400);
}

TEST(SampleTest, WhatIsTakenAtAShareIsTakenAtAnyGreaterOne) {
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = NewUuid7Bytes(i);
    EXPECT_FALSE(IsSampled(id, 0));
    EXPECT_TRUE(IsSampled(id, 1'000'000));
    EXPECT_TRUE(!IsSampled(id, 100'000) || IsSampled(id, 100'001));
  }
}

}  // namespace
}  // namespace weir::relay
