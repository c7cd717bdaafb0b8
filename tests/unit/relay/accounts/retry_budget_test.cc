#include "services/relay/accounts/retry_budget.h"

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

int TakeAll(RetryBudget& budget, std::int64_t now_ms) {
  int taken = 0;
  while (taken < 1'000'000 && budget.Take(now_ms)) ++taken;
  return taken;
}

TEST(RetryBudget, TheFloorIsThereWithoutTraffic) {
  RetryBudget budget(20, 10, 1'000);
  EXPECT_EQ(TakeAll(budget, 1'000), 100);  // ten seconds of it
  EXPECT_EQ(TakeAll(budget, 1'099), 0);
  EXPECT_EQ(TakeAll(budget, 1'100), 1);
  EXPECT_EQ(TakeAll(budget, 2'100), 10);
  EXPECT_EQ(TakeAll(budget, 1'000'000'000), 100) << "bounded";
  EXPECT_EQ(TakeAll(budget, 0), 0) << "a clock that goes back gives nothing";
}

TEST(RetryBudget, AShareOfTheRequestsOnTop) {
  RetryBudget budget(20, 0, 0);
  EXPECT_EQ(TakeAll(budget, 0), 0);
  for (int i = 0; i < 100; ++i) budget.NoteRequest();
  EXPECT_EQ(TakeAll(budget, 0), 20);
  for (int i = 0; i < 4; ++i) budget.NoteRequest();
  EXPECT_EQ(TakeAll(budget, 0), 0);
  budget.NoteRequest();
  EXPECT_EQ(TakeAll(budget, 0), 1);
  for (int i = 0; i < 1'000'000; ++i) budget.NoteRequest();
  EXPECT_EQ(TakeAll(budget, 0), 200) << "a quiet day does not save up for a storm";
}

// A dying upstream: every request fails and would be tried again.
TEST(RetryBudget, AStormIsHeldToTheShare) {
  RetryBudget budget(20, 10, 0);
  std::int64_t retries = 0;
  for (std::int64_t ms = 0; ms < 60'000; ++ms) {  // a minute at 1000 requests a second
    budget.NoteRequest();
    for (int attempt = 1; attempt < 3; ++attempt) retries += budget.Take(ms) ? 1 : 0;
  }
  EXPECT_LE(retries, 60'000 * 20 / 100 + 60 * 10 + 100);
  EXPECT_GE(retries, 60'000 * 20 / 100);
}

TEST(RetryBudget, WhatWasNotUsedComesBack) {
  RetryBudget budget(20, 1, 0);
  EXPECT_EQ(TakeAll(budget, 0), 10);
  budget.GiveBack();
  EXPECT_EQ(TakeAll(budget, 0), 1);
}

TEST(RetryBudget, NoneAtAll) {
  RetryBudget budget(0, 0, 0);
  budget.NoteRequest();
  EXPECT_FALSE(budget.Take(100'000));
}

}  // namespace
}  // namespace weir::relay
