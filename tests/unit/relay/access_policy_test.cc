#include "services/relay/access_policy.h"

#include <string>

#include <gtest/gtest.h>

#include "libs/common/reason.h"

namespace weir::relay {
namespace {

// A UUIDv7 whose random part is in the middle.
UsageRecord Good() {
  UsageRecord record;
  record.id = std::string("\x01\x95\0\0\0\0\x70\0\x80\x80\0\0\0\0\0\0", 16);
  record.status = 200;
  record.complete = true;
  return record;
}

TEST(AccessPolicyTest, NothingUnlessAskedFor) {
  UsageRecord failed = Good();
  failed.status = 502;
  EXPECT_FALSE(HasAccessLine({}, failed, 1'000'000));
}

TEST(AccessPolicyTest, ByTheRequestsOwnId) {
  const auto at = [](std::int64_t ppm) {
    return HasAccessLine({.on = true, .sample_ppm = ppm, .slow_ms = 0}, Good(), 1'000'000);
  };
  EXPECT_FALSE(at(0));
  EXPECT_FALSE(at(499'999));
  EXPECT_TRUE(at(500'000));
  EXPECT_TRUE(at(1'000'000));
}

TEST(AccessPolicyTest, WhatFailedOrWasSlowAlways) {
  const AccessPolicy none{.on = true, .sample_ppm = 0, .slow_ms = 500};
  EXPECT_FALSE(HasAccessLine(none, Good(), 499));
  EXPECT_TRUE(HasAccessLine(none, Good(), 500));
  UsageRecord refused = Good();
  refused.status = 401;
  EXPECT_TRUE(HasAccessLine(none, refused, 0));
  UsageRecord broken = Good();
  broken.error_class = reason::kStreamIncomplete;
  EXPECT_TRUE(HasAccessLine(none, broken, 0)) << "though its status was 200";
}

}  // namespace
}  // namespace weir::relay
