// Random lives and deaths of a relay and of the usage service: what the ledger says afterwards is
// what was recorded, to the token and the nano-dollar. The relay's spool and intents and usage's
// ledger are the real ones; a schedule is made from its number alone, which a failure prints.
// WEIR_TEST_SEED repeats one, WEIR_TEST_SCHEDULES says how many.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/log.h"
#include "libs/common/text.h"
#include "services/usage/event_check.h"
#include "services/usage/event_proto.h"
#include "services/usage/schema.h"
#include "services/usage/usage_ledger.h"
#include "tests/unit/contract/failing_database.h"
#include "tests/unit/contract/relay_life.h"

namespace weir::testing {
namespace {

class LedgerModelTest : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  LedgerModelTest() {
    StartLog("", LogLevel::kError);
    EXPECT_TRUE(usage::MigrateLedger(*database_).ok());
  }

  void RunSchedule(std::uint64_t seed) {
    Dice dice(seed);
    // In memory where there is such a place: a kill takes nothing that a disk would have kept.
    const bool in_memory = std::filesystem::is_directory("/dev/shm");
    std::string folder = StrCat(in_memory ? "/dev/shm" : "/tmp", "/weir-model-XXXXXX");
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    const std::int64_t lives = dice.Int(1, 3);
    for (std::int64_t life = 0; life < lives; ++life) {
      truths_.push_back(MapTruth());
      ASSERT_NE(truths_.back(), nullptr);
      Live(folder, *truths_.back(), dice);
      if (dice.OneIn(4)) TearTail(folder, dice);
      if (dice.OneIn(2)) HandOver(folder, dice, /*all=*/false);
    }
    HandOver(folder, dice, /*all=*/true);
    for (const SharedTruth* truth : truths_) {
      for (std::size_t i = 0; i < truth->count; ++i) Check(truth->requests[i]);
      ::munmap(const_cast<SharedTruth*>(truth), sizeof(SharedTruth));
    }
    truths_.clear();
    std::filesystem::remove_all(folder);
  }

  static void Live(const std::string& folder, SharedTruth& truth, Dice& dice) {
    const auto life_seed = static_cast<std::uint64_t>(dice.Int(0, INT64_MAX));
    const pid_t child = ::fork();
    if (child == 0) {
      Dice own(life_seed);
      {
        RelayLife life(folder, truth, own);
        life.Run();
      }
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    ASSERT_TRUE(killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) << status;
  }

  // A relay that does nothing but send, as its reporter does; it may die or lose acks on the way.
  void HandOver(const std::string& folder, Dice& dice, bool all) {
    FailingDatabase failing(*database_, dice);
    usage::UsageLedger ledger(failing);
    std::unique_ptr<relay::UsageSpool> spool;
    for (;;) {
      if (spool == nullptr) {
        relay::SpoolOptions options;
        options.folder = folder;
        options.segment_bytes = kSegmentBytes;
        spool = *relay::UsageSpool::Open(options);
        relay::RecoverIntents(folder, *spool);
      }
      std::vector<usage::UsageEvent> events;
      const auto spans = spool->Read(dice.Int(1, 8), 1 << 20, [&events](std::string_view payload) {
        v1::UsageEvent proto;
        ASSERT_TRUE(proto.ParseFromArray(payload.data(), static_cast<int>(payload.size())));
        events.push_back(usage::EventFromProto(proto));
        ASSERT_TRUE(usage::CheckEvent(events.back()).ok());
        EXPECT_EQ(usage::ExpectedCostNanoUsd(events.back()), events.back().cost_nano_usd);
      });
      if (spans.empty()) return;
      if (!all && dice.OneIn(3)) return;  // it dies in the middle
      std::vector<const usage::UsageEvent*> pointers;
      for (const usage::UsageEvent& event : events) pointers.push_back(&event);
      const auto stored = ledger.Insert(pointers);
      if (stored.ok() && !dice.OneIn(5)) {
        spool->MarkAcked(spans);
      } else {
        spool->Rewind();  // not stored, or its ack was lost
      }
      if (dice.OneIn(10)) spool.reset();
    }
  }

  void Check(const Truth& truth) {
    const std::string id(truth.id.data(), truth.id.size());
    const auto result = database_->Query(
        "SELECT complete, error_class, input_tokens, output_tokens, cost_nano_usd "
        "FROM usage_events WHERE id = $1",
        {sql::Blob{id}});
    ASSERT_TRUE(result.ok()) << result.status();
    ASSERT_EQ(result->rows.size(), truth.known ? 1U : 0U);
    if (!truth.known) return;
    ++checked_;
    const sql::Row& row = result->rows[0];
    const bool billed = truth.recorded || truth.sent;
    const TokenCounts tokens = billed ? TokensOf(truth) : TokenCounts{};
    EXPECT_EQ(row.Int(0), truth.recorded ? 1 : 0);
    EXPECT_EQ(row.Text(1), truth.recorded ? "" : "relay_died");
    EXPECT_EQ(row.Int(2), tokens.input);
    EXPECT_EQ(row.Int(3), tokens.output);
    const std::int64_t cost = CostNanoUsd(tokens, kPrice.prices.For(tokens), kPrice.multiplier_ppm);
    EXPECT_EQ(row.Int(4), cost);
    cut_ += truth.recorded ? 0 : 1;
    cost_nano_usd_ += cost;
  }

  void CheckSums() {
    for (const std::string_view table : {"usage_events", "usage_quarters"}) {
      const auto sums = database_->Query(StrCat("SELECT SUM(cost_nano_usd) FROM ", table));
      ASSERT_TRUE(sums.ok());
      EXPECT_EQ(sums->rows[0].Int(0), cost_nano_usd_) << table;
    }
    const auto requests = database_->Query("SELECT SUM(requests) FROM usage_quarters");
    const auto conflicts = database_->Query("SELECT COUNT(*) FROM usage_conflicts");
    EXPECT_EQ(conflicts->rows[0].Int(0), 0) << "a repeated event is the same event";
    EXPECT_EQ(requests->rows[0].Int(0), checked_);
  }

  std::unique_ptr<sql::Database> database_ = *sql::OpenDatabase("sqlite::memory:");
  std::vector<SharedTruth*> truths_;
  std::int64_t checked_ = 0;
  std::int64_t cut_ = 0;
  std::int64_t cost_nano_usd_ = 0;
};

// In four parts, so that they run side by side.
constexpr std::uint64_t kParts = 4;
constexpr std::uint64_t kSchedules = 1'000;

TEST_P(LedgerModelTest, TheLedgerIsWhatWasRecorded) {
  const char* seed_text = std::getenv("WEIR_TEST_SEED");
  const char* count_text = std::getenv("WEIR_TEST_SCHEDULES");
  const std::uint64_t first =
      seed_text != nullptr ? std::strtoull(seed_text, nullptr, 10) : std::random_device{}();
  std::uint64_t count = seed_text != nullptr ? 1 : kSchedules / kParts;
  if (count_text != nullptr) count = std::strtoull(count_text, nullptr, 10) / kParts;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    RunSchedule(seed);
    ASSERT_FALSE(HasFailure()) << "WEIR_TEST_SEED=" << seed << " repeats it";
  }
  CheckSums();
  if (count < kSchedules / kParts) return;
  EXPECT_GT(checked_, 500);
  EXPECT_GT(cut_, 75) << "the dice let too few die";
}

INSTANTIATE_TEST_SUITE_P(Parts, LedgerModelTest, ::testing::Range<std::uint64_t>(0, kParts));

}  // namespace
}  // namespace weir::testing
