#include "services/usage/batch_writer.h"

#include <atomic>
#include <chrono>
#include <climits>
#include <condition_variable>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "libs/common/clock.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

using Outcome = std::future<absl::StatusOr<BatchOutcome>>;

// A store in memory that can be closed, and that fails when told to.
class FakeStore {
 public:
  absl::StatusOr<std::vector<Stored>> Insert(const std::vector<const UsageEvent*>& events) {
    std::unique_lock<std::mutex> lock(mutex_);
    ++tries_;
    opened_.wait(lock, [this] { return open_; });
    if (failures_left_ > 0) {
      --failures_left_;
      return absl::UnavailableError("away");
    }
    for (const UsageEvent* event : events) {
      if (event->model == "bad") return absl::InvalidArgumentError("parameter $1 has a NUL byte");
      if (event->model == "broken") return absl::FailedPreconditionError("a check");
    }
    batch_sizes_.push_back(events.size());
    std::vector<Stored> outcomes;
    outcomes.reserve(events.size());
    for (const UsageEvent* event : events) {
      outcomes.push_back(ids_.insert(event->id).second ? Stored::kNew : Stored::kDuplicate);
    }
    return outcomes;
  }

  void SetOpen(bool open) {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = open;
    opened_.notify_all();
  }
  void FailNext(int times) {
    const std::lock_guard<std::mutex> lock(mutex_);
    failures_left_ = times;
  }
  int tries() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return tries_;
  }
  std::vector<std::size_t> batch_sizes() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return batch_sizes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = true;
  int failures_left_ = 0;
  int tries_ = 0;
  std::vector<std::size_t> batch_sizes_;
  std::set<std::string> ids_;
};

class BatchWriterTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kNever = 60'000;

  std::unique_ptr<BatchWriter> Make(BatchWriterOptions options) {
    options.retry_delay_ms_min = 1;
    options.retry_delay_ms_max = 4;
    return std::make_unique<BatchWriter>(
        [this](const std::vector<const UsageEvent*>& events) { return store_.Insert(events); },
        options, usage_metrics_);
  }

  static std::vector<UsageEvent> Events(std::size_t count) {
    std::vector<UsageEvent> events;
    events.reserve(count);
    for (std::size_t i = 0; i < count; ++i) events.push_back(MakeEvent());
    return events;
  }

  static bool Ready(const Outcome& outcome, std::int64_t wait_ms = 0) {
    return outcome.wait_for(std::chrono::milliseconds(wait_ms)) == std::future_status::ready;
  }

  void WaitForTries(int tries) {
    while (store_.tries() < tries) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  FakeStore store_;
  Metrics metrics_;
  UsageMetrics usage_metrics_{metrics_};
};

TEST_F(BatchWriterTest, CommitsWhenEnoughEventsWait) {
  auto writer = Make({.batch_events_max = 10, .batch_age_ms = kNever});
  auto first = writer->Submit(Events(6));
  EXPECT_FALSE(Ready(*first, 20));
  auto second = writer->Submit(Events(4));
  EXPECT_EQ(first->get()->inserted, 6);
  EXPECT_EQ(second->get()->inserted, 4);
  EXPECT_EQ(store_.batch_sizes(), (std::vector<std::size_t>{10}));
}

TEST_F(BatchWriterTest, CommitsWhenTheOldestHasWaitedLongEnough) {
  auto writer = Make({.batch_events_max = 1000, .batch_age_ms = 30});
  const std::int64_t began_ns = SteadyNs();
  auto outcome = writer->Submit(Events(1));
  EXPECT_EQ(outcome->get()->inserted, 1);
  EXPECT_GE(SteadyNs() - began_ns, 30'000'000);
}

TEST_F(BatchWriterTest, NeverSplitsASubmissionAndKeepsBatchesSmallOtherwise) {
  store_.SetOpen(false);
  auto writer = Make({.batch_events_max = 10, .batch_age_ms = 0});
  auto blocked = writer->Submit(Events(1));
  WaitForTries(1);
  std::vector<Outcome> outcomes;
  for (std::size_t size : {25U, 6U, 4U, 3U}) outcomes.push_back(*writer->Submit(Events(size)));
  store_.SetOpen(true);
  for (Outcome& outcome : outcomes) EXPECT_TRUE(outcome.get().ok());
  EXPECT_EQ(store_.batch_sizes(), (std::vector<std::size_t>{1, 25, 10, 3}));
}

// What comes while a commit is under way goes with the next one, all of it.
TEST_F(BatchWriterTest, TakesWhatHasComeMeanwhile) {
  store_.SetOpen(false);
  auto writer = Make({.batch_events_due = 2, .batch_events_max = 9, .batch_age_ms = kNever});
  auto first = writer->Submit(Events(2));
  WaitForTries(1);
  std::vector<Outcome> others;
  for (int i = 0; i < 5; ++i) others.push_back(*writer->Submit(Events(2)));
  store_.SetOpen(true);
  EXPECT_TRUE(first->get().ok());
  for (Outcome& outcome : others) EXPECT_TRUE(outcome.get().ok());
  EXPECT_EQ(store_.batch_sizes(), (std::vector<std::size_t>{2, 8, 2}));
}

TEST_F(BatchWriterTest, TellsNewFromRepeatedForEachSubmission) {
  auto writer = Make({.batch_events_max = 5, .batch_age_ms = kNever});
  std::vector<UsageEvent> events = Events(3);
  auto first = writer->Submit(events);
  auto second = writer->Submit({events[0], MakeEvent()});
  const BatchOutcome first_outcome = *first->get();
  const BatchOutcome second_outcome = *second->get();
  EXPECT_EQ(first_outcome.inserted, 3);
  EXPECT_EQ(first_outcome.duplicates, 0);
  EXPECT_EQ(second_outcome.inserted, 1);
  EXPECT_EQ(second_outcome.duplicates, 1);
}

TEST_F(BatchWriterTest, AFullQueueMakesSubmittersWait) {
  store_.SetOpen(false);
  auto writer = Make({.batch_events_max = 4, .batch_age_ms = 0, .queue_events_max = 8});
  auto first = writer->Submit(Events(4));
  WaitForTries(1);
  auto second = writer->Submit(Events(4));  // 8 of 8, those being committed included
  std::atomic<bool> entered = false;
  std::thread submitter([&] {
    auto third = writer->Submit(Events(1));
    entered = true;
    EXPECT_EQ(third->get()->inserted, 1);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  EXPECT_FALSE(entered);
  EXPECT_NE(metrics_.Expose().find("weir_usage_queue_events 8"), std::string::npos);
  store_.SetOpen(true);
  submitter.join();
  EXPECT_EQ(first->get()->inserted, 4);
  EXPECT_EQ(second->get()->inserted, 4);
}

TEST_F(BatchWriterTest, ASubmissionLargerThanTheQueueGetsInAlone) {
  auto writer = Make({.batch_events_max = 4, .batch_age_ms = 0, .queue_events_max = 8});
  auto outcome = writer->Submit(Events(20));
  EXPECT_EQ(outcome->get()->inserted, 20);
}

TEST_F(BatchWriterTest, TriesTheSameBatchAgainUntilItIsStored) {
  store_.FailNext(5);
  auto writer = Make({.batch_events_max = 3, .batch_age_ms = 0});
  auto outcome = writer->Submit(Events(3));
  EXPECT_EQ(outcome->get()->inserted, 3);
  EXPECT_EQ(store_.tries(), 6);
  EXPECT_NE(metrics_.Expose().find("weir_usage_commit_failures_total 5"), std::string::npos);
}

// What the database will never take must not keep the rest out for ever.
TEST_F(BatchWriterTest, TellsSinceWhenStoringFailsAndWhy) {
  auto writer = Make({.batch_events_max = 3, .batch_age_ms = 0});
  EXPECT_EQ(writer->State().oldest_waiting_ms, 0);
  store_.FailNext(INT_MAX);
  const std::int64_t before_unix_ms = UnixMs();
  auto outcome = writer->Submit(Events(3));
  WaitForTries(3);
  const WriterState failing = writer->State();
  EXPECT_EQ(failing.last_error, "away");
  EXPECT_GE(failing.failing_since_unix_ms, before_unix_ms);
  EXPECT_LE(failing.failing_since_unix_ms, UnixMs());
  EXPECT_EQ(failing.events_waiting, 3);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_GE(writer->State().oldest_waiting_ms, 5);
  store_.FailNext(0);
  EXPECT_TRUE(outcome->get().ok());
  const WriterState fine = writer->State();
  EXPECT_EQ(fine.events_last_minute, 3);
  EXPECT_EQ(fine.failing_since_unix_ms, 0);
  EXPECT_EQ(fine.last_error, "");
}

TEST_F(BatchWriterTest, ABadEventIsRefusedAndTheOthersAreStored) {
  auto writer = Make({.batch_events_max = 41, .batch_age_ms = kNever});
  std::vector<UsageEvent> events = Events(40);
  events[7].model = "bad";
  events[39].model = "broken";
  auto first = writer->Submit(events);
  auto second = writer->Submit(Events(1));
  const BatchOutcome outcome = *first->get();
  EXPECT_EQ(outcome.inserted, 38);
  EXPECT_EQ(outcome.refused, 2);
  EXPECT_EQ(outcome.duplicates, 0);
  EXPECT_EQ(second->get()->inserted, 1) << "of the same batch";
  EXPECT_NE(metrics_.Expose().find("weir_usage_events_total{outcome=\"rejected\"} 2"),
            std::string::npos);
}

TEST_F(BatchWriterTest, StopCommitsWhatIsQueued) {
  auto writer = Make({.batch_events_max = 1000, .batch_age_ms = kNever});
  auto outcome = writer->Submit(Events(7));
  writer->Stop(5000);
  ASSERT_TRUE(Ready(*outcome));
  EXPECT_EQ(outcome->get()->inserted, 7);
  EXPECT_TRUE(absl::IsUnavailable(writer->Submit(Events(1)).status()));
}

TEST_F(BatchWriterTest, StopGivesUpInTimeAndSaysSo) {
  store_.FailNext(1'000'000);
  auto writer = Make({.batch_events_max = 1, .batch_age_ms = 0});
  auto first = writer->Submit(Events(1));
  auto second = writer->Submit(Events(1));
  const std::int64_t began_ns = SteadyNs();
  writer->Stop(50);
  EXPECT_LT(SteadyNs() - began_ns, 2'000'000'000);
  EXPECT_TRUE(absl::IsUnavailable(first->get().status()));
  EXPECT_TRUE(absl::IsUnavailable(second->get().status()));
}

TEST_F(BatchWriterTest, StopFreesSubmittersThatWait) {
  store_.FailNext(1'000'000);
  auto writer = Make({.batch_events_max = 1, .batch_age_ms = 0, .queue_events_max = 1});
  auto first = writer->Submit(Events(1));
  absl::Status second;
  std::thread submitter([&] { second = writer->Submit(Events(1)).status(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  writer->Stop(20);
  submitter.join();
  EXPECT_TRUE(absl::IsUnavailable(second));
}

// A relay that gave up while the queue was full must not leave a thread behind.
TEST_F(BatchWriterTest, AWaitingSubmitterThatIsGoneLeaves) {
  store_.SetOpen(false);
  auto writer = Make({.batch_events_max = 1, .batch_age_ms = 0, .queue_events_max = 1});
  auto first = writer->Submit(Events(1));
  int asked = 0;
  const auto second = writer->Submit(Events(1), [&] { return ++asked == 2; });
  EXPECT_TRUE(absl::IsCancelled(second.status()));
  store_.SetOpen(true);
  EXPECT_EQ(first->get()->inserted, 1);
}

TEST_F(BatchWriterTest, SeveralWritersCommitAtOnce) {
  store_.SetOpen(false);
  auto writer = Make({.batch_events_max = 10, .batch_age_ms = kNever, .writers = 2});
  auto first = writer->Submit(Events(10));
  auto second = writer->Submit(Events(10));
  WaitForTries(2);  // neither has ended
  auto third = writer->Submit(Events(3));
  store_.SetOpen(true);
  EXPECT_EQ(first->get()->inserted, 10);
  EXPECT_EQ(second->get()->inserted, 10);
  EXPECT_FALSE(Ready(*third, 20)) << "there is time to wait for more";
  writer->Stop(kNever);
  EXPECT_EQ(third->get()->inserted, 3);
}

TEST_F(BatchWriterTest, NothingIsLostOrDoubledUnderManySubmittersAndFailures) {
  auto writer =
      Make({.batch_events_max = 50, .batch_age_ms = 1, .queue_events_max = 200, .writers = 3});
  std::atomic<std::int64_t> inserted = 0;
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 40; ++n) {
        if (n % 10 == 0) store_.FailNext(2);
        auto outcome = writer->Submit(Events(7));
        inserted += outcome->get()->inserted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(inserted, 8 * 40 * 7);
}

}  // namespace
}  // namespace weir::usage
