// Room and time, without a usage service; the stream itself is integration.bodies' matter.
#include "services/relay/bodies/body_desk.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/clock.h"
#include "libs/common/metrics.h"
#include "services/relay/bodies/body_tap.h"

namespace weir::relay {
namespace {

using testing::HasSubstr;

class BodyDeskTest : public testing::Test {
 protected:
  static BodyDeskOptions Options() {
    BodyDeskOptions options;
    options.usage_target = "127.0.0.1:1";  // nobody
    options.relay_id = "r";
    options.bytes_max = 100'000;
    return options;
  }
  static CapturedBodies Captured() {
    CapturedBodies captured;
    captured.request_id = std::string(16, 'i');
    captured.rules = std::make_shared<const BodyRules>();
    return captured;
  }

  Metrics metrics_;
  BodyDesk desk_{Options(), metrics_};
};

TEST_F(BodyDeskTest, ATapKeepsNoMoreThanTheRulesSay) {
  {
    BodyTap tap(desk_, Captured());
    for (int i = 0; i < 1'000; ++i) {
      tap.Append(BodyKind::kClientAnswer, std::string(10'000, 'a'));
    }
    EXPECT_FALSE(desk_.TakeRoom(100'000));
    EXPECT_TRUE(desk_.TakeRoom(10'000));
  }
  EXPECT_THAT(metrics_.Expose(), HasSubstr("weir_relay_bodies_shed_total 0"));
}

TEST_F(BodyDeskTest, WhatFindsNoRoomIsGivenUpWholeAndCounted) {
  ASSERT_TRUE(desk_.TakeRoom(60'000));
  {
    BodyTap tap(desk_, Captured());
    tap.Append(BodyKind::kClientRequest, std::string(30'000, 'a'));
    EXPECT_FALSE(desk_.TakeRoom(20'000));
    tap.Append(BodyKind::kClientAnswer, std::string(30'000, 'a'));  // no room
    EXPECT_TRUE(desk_.TakeRoom(20'000));
    tap.Append(BodyKind::kClientAnswer, "later");
    tap.Replace(BodyKind::kUpstreamRequest, {}, "");
  }
  EXPECT_THAT(metrics_.Expose(), HasSubstr("weir_relay_bodies_shed_total 1"));
  EXPECT_THAT(metrics_.Expose(), HasSubstr("weir_relay_bodies_held_bytes 80000"));
}

TEST_F(BodyDeskTest, StopsInTimeThoughUsageIsAway) {
  desk_.Start();
  {
    BodyTap tap(desk_, Captured());
    tap.Append(BodyKind::kClientRequest, "{}");
    tap.MarkWhole(BodyKind::kClientRequest);
  }
  const std::int64_t began_ns = SteadyNs();
  desk_.Stop(300);
  EXPECT_LT(SteadyNs() - began_ns, 5'000 * kNsPerMs);
}

TEST_F(BodyDeskTest, StopsAtOnceWhenThereIsNothing) {
  desk_.Start();
  desk_.Stop(60'000);
}

}  // namespace
}  // namespace weir::relay
