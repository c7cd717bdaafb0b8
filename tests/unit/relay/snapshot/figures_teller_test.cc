#include "services/relay/snapshot/figures_teller.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

class FiguresTellerTest : public ::testing::Test {
 protected:
  // What is told at that moment; nothing = no message.
  std::optional<v1::RelayFigures> At(std::int64_t now_ms) {
    const std::optional<std::string> bytes = teller_.NextMessage(now_ms);
    if (!bytes.has_value()) return std::nullopt;
    v1::WatchRequest request;
    EXPECT_TRUE(request.ParseFromString(*bytes));
    return request.figures();
  }

  int asked_ = 0;
  std::optional<v1::RelayFigures> figures_ = v1::RelayFigures();
  FiguresTeller teller_{[this] {
    ++asked_;
    return figures_;
  }};
};

TEST_F(FiguresTellerTest, TellsAtOnceAndThenNowAndThen) {
  figures_->set_connections(7);
  ASSERT_TRUE(At(1'000'000).has_value());
  EXPECT_FALSE(At(1'000'001).has_value());
  EXPECT_FALSE(At(1'000'000 + FiguresTeller::kPauseMs - 1).has_value());
  figures_->set_connections(8);
  const auto told = At(1'000'000 + 2 * FiguresTeller::kPauseMs);
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->connections(), 8);
}

TEST_F(FiguresTellerTest, RedisIsToldWithinASecond) {
  figures_->set_redis(v1::REDIS_STATE_UP);
  ASSERT_TRUE(At(0).has_value());
  figures_->set_redis(v1::REDIS_STATE_AWAY);
  const auto told = At(FiguresTeller::kLookMs);
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->redis(), v1::REDIS_STATE_AWAY);
  EXPECT_FALSE(At(2 * FiguresTeller::kLookMs).has_value()) << "it is told";
}

TEST_F(FiguresTellerTest, DoesNotLookAtEachChance) {
  for (int i = 0; i < 1'000; ++i) (void)At(500);
  EXPECT_EQ(asked_, 1);
}

TEST_F(FiguresTellerTest, AnotherStreamHearsItAnew) {
  ASSERT_TRUE(At(0).has_value());
  teller_.TellAnew();
  EXPECT_TRUE(At(1).has_value());
}

TEST_F(FiguresTellerTest, NothingIsToldBeforeThereIsSomething) {
  figures_.reset();
  EXPECT_FALSE(At(0).has_value());
  figures_.emplace();
  EXPECT_TRUE(At(FiguresTeller::kLookMs).has_value());
}

}  // namespace
}  // namespace weir::relay
