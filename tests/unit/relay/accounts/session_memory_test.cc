#include "services/relay/accounts/session_memory.h"

#include <memory>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;

TEST(SessionMemory, RemembersForAWhile) {
  const auto memory = std::make_unique<SessionMemory>();
  EXPECT_FALSE(memory->Knows(1, 7, kNow));
  memory->Note(1, 7, kNow);
  EXPECT_TRUE(memory->Knows(1, 7, kNow));
  EXPECT_FALSE(memory->Knows(2, 7, kNow)) << "of another account";
  EXPECT_FALSE(memory->Knows(1, 8, kNow));
  EXPECT_TRUE(memory->Knows(1, 7, kNow + SessionMemory::kRememberedMs - 60'000));
  EXPECT_FALSE(memory->Knows(1, 7, kNow + SessionMemory::kRememberedMs + 120'000));
}

TEST(SessionMemory, IsBoundedAndSeldomForgets) {
  const auto memory = std::make_unique<SessionMemory>();
  constexpr std::uint64_t kSessions = 1'000;
  for (std::uint64_t session = 0; session < kSessions; ++session) memory->Note(1, session, kNow);
  std::uint64_t known = 0;
  std::uint64_t mistaken = 0;
  for (std::uint64_t session = 0; session < kSessions; ++session) {
    known += memory->Knows(1, session, kNow) ? 1 : 0;
    mistaken += memory->Knows(1, session + kSessions, kNow) ? 1 : 0;
  }
  EXPECT_GT(known, kSessions * 95 / 100);
  EXPECT_EQ(mistaken, 0U);
}

}  // namespace
}  // namespace weir::relay
