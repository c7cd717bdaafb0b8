#include "services/relay/disconnect.h"

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::int64_t kWindowMs = 1'000;
constexpr std::int64_t kLeftMs = 10'000;

Absence After(std::int64_t ms, std::int64_t cost_nano_usd = 0) {
  return {kLeftMs + ms, kLeftMs, false, 0, cost_nano_usd};
}

Absence Awaited(std::int64_t alone_ms, std::int64_t cost_nano_usd = 0) {
  return {kLeftMs + 50'000, kLeftMs, true, kLeftMs + 50'000 - alone_ms, cost_nano_usd};
}

TEST(DisconnectTest, AbortEndsAtOnce) {
  EXPECT_FALSE(GoesOn({false, 60'000, 0}, kWindowMs, After(0)));
}

TEST(DisconnectTest, DrainGoesOnWithinItsCaps) {
  const DisconnectPolicy policy{true, 500, 70};
  EXPECT_TRUE(GoesOn(policy, kWindowMs, After(0)));
  EXPECT_TRUE(GoesOn(policy, kWindowMs, After(499, 69)));
  EXPECT_FALSE(GoesOn(policy, kWindowMs, After(500)));
  EXPECT_FALSE(GoesOn(policy, kWindowMs, After(0, 70)));
  EXPECT_TRUE(GoesOn({true, 500, 0}, kWindowMs, After(0, 1'000'000))) << "no cap of money";
}

TEST(DisconnectTest, AResumableStreamWaitsForItsClient) {
  const DisconnectPolicy abort{false, 0, 0};
  EXPECT_TRUE(GoesOn(abort, kWindowMs, Awaited(999)));
  EXPECT_FALSE(GoesOn(abort, kWindowMs, Awaited(1'000)));
  EXPECT_FALSE(GoesOn({false, 0, 5}, kWindowMs, Awaited(10, 5)));
}

TEST(DisconnectTest, WhileSomebodyReadsNoCapHolds) {
  Absence read = Awaited(0, 100);
  read.alone_since_ms = 0;
  EXPECT_TRUE(GoesOn({true, 1, 5}, kWindowMs, read));
}

TEST(DisconnectTest, TheRoutesOwnPolicyWins) {
  RelaySettings settings;
  settings.on_disconnect = {false, 100, 7};
  EXPECT_FALSE(DisconnectPolicyFor(settings, nullptr).drain);
  ModelRoute route;
  EXPECT_FALSE(DisconnectPolicyFor(settings, &route).drain);
  EXPECT_EQ(DisconnectPolicyFor(settings, &route).ms_max, 100);
  route.on_disconnect = OnDisconnect::kDrain;
  route.drain_ms_max = 5;
  EXPECT_TRUE(DisconnectPolicyFor(settings, &route).drain);
  EXPECT_EQ(DisconnectPolicyFor(settings, &route).ms_max, 5);
  EXPECT_EQ(DisconnectPolicyFor(settings, &route).nano_usd_max, 7);
  settings.on_disconnect.drain = true;
  route.on_disconnect = OnDisconnect::kAbort;
  EXPECT_FALSE(DisconnectPolicyFor(settings, &route).drain);
}

}  // namespace
}  // namespace weir::relay
