#include "services/admin/publish/watch_stream.h"

#include <gtest/gtest.h>

#include "services/admin/publish/relay_registry.h"

namespace weir::admin {
namespace {

TEST(WatchStreamTest, BuildsOnWhatWasAcknowledged) {
  WatchStream stream(0, "");
  EXPECT_TRUE(stream.ShouldSend(5));
  stream.Sent(5, "lineage");
  EXPECT_FALSE(stream.ShouldSend(6)) << "an answer is due";
  EXPECT_FALSE(stream.Answered(4, true)) << "never sent";
  EXPECT_TRUE(stream.Answered(5, true));
  EXPECT_EQ(stream.held(), 5);
  EXPECT_EQ(stream.lineage(), "lineage");
  EXPECT_FALSE(stream.ShouldSend(5));
  EXPECT_TRUE(stream.ShouldSend(6));
}

TEST(WatchStreamTest, ARefusedRevisionIsNotSentAgainButTheNextIs) {
  WatchStream stream(3, "lineage");
  stream.Sent(5, "lineage");
  EXPECT_TRUE(stream.Answered(5, false));
  EXPECT_EQ(stream.held(), 3) << "the next difference must build on what it holds";
  EXPECT_FALSE(stream.ShouldSend(5));
  EXPECT_TRUE(stream.ShouldSend(6));
  EXPECT_FALSE(stream.Answered(5, true)) << "answered already";
}

TEST(RelayRegistryTest, AnOldStreamsEndDoesNotMarkANewOneAsGone) {
  FakeClock clock(1000);
  RelayRegistry registry(clock);
  const auto first = registry.Connected("r1", "0.1.0", "ipv4:1", 0);
  registry.Connected("r1", "0.1.0", "ipv4:2", 4);
  registry.Disconnected("r1", first);
  ASSERT_EQ(registry.List().size(), 1u);
  EXPECT_TRUE(registry.List().front().connected);
  EXPECT_EQ(registry.List().front().acked_revision, 4);
}

TEST(RelayRegistryTest, RemembersAnswersAndForgetsWhoIsGone) {
  FakeClock clock(1000);
  RelayRegistry registry(clock);
  const auto connection = registry.Connected("r1", "0.1.0", "ipv4:1", 0);
  registry.Sent("r1", 7);
  registry.Nacked("r1", 7, "dangling group");
  EXPECT_EQ(registry.List().front().nack_reason, "dangling group");
  EXPECT_EQ(registry.List().front().sent_at_ms, 1000);
  registry.Sent("r1", 8);
  registry.Acked("r1", 8);
  EXPECT_EQ(registry.List().front().nack_reason, "");
  EXPECT_EQ(registry.List().front().acked_revision, 8);
  EXPECT_EQ(registry.List().front().sent_at_ms, 0);
  registry.Disconnected("r1", connection);
  EXPECT_FALSE(registry.List().front().connected);
  clock.AdvanceMs(11LL * 60 * 1000);
  EXPECT_TRUE(registry.List().empty());
}

}  // namespace
}  // namespace weir::admin
