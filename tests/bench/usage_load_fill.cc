#include "tests/bench/usage_load_fill.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "libs/common/clock.h"
#include "libs/common/sql/database.h"
#include "services/usage/event_check.h"
#include "services/usage/event_proto.h"
#include "services/usage/partition_keeper.h"
#include "services/usage/schema.h"
#include "services/usage/usage_ledger.h"
#include "weir/v1/usage.pb.h"

namespace weir::bench {
namespace {

// Greater than the service's, which somebody waits for: the sums are touched less often.
constexpr std::int64_t kBatchEvents = 20'000;
constexpr std::int64_t kAheadDays = 7;
constexpr int kTriesMax = 5;  // of a batch, when the connection is lost
constexpr double kSecondsPerNs = 1e-9;

std::vector<usage::UsageEvent> MakeBatch(Events& events, std::int64_t first, std::int64_t end) {
  std::vector<usage::UsageEvent> batch;
  batch.reserve(static_cast<std::size_t>(end - first));
  for (std::int64_t i = first; i < end; ++i) {
    v1::UsageEvent proto;
    events.Fill(i, proto);
    proto.set_relay_id("relay-1");
    batch.push_back(usage::EventFromProto(proto));
  }
  return batch;
}

class Filler {
 public:
  Filler(const EventsPlan& plan, sql::Database& database)
      : plan_(plan), partitions_(database, SystemClock(), kAheadDays), ledger_(database) {}

  // One of the threads, until all is done or one of them failed.
  void Run(std::uint32_t seed) {
    Events events(plan_, seed);
    for (;;) {
      const std::int64_t first = next_.fetch_add(kBatchEvents);
      if (first >= plan_.count) return;
      const absl::Status status =
          Store(MakeBatch(events, first, std::min(first + kBatchEvents, plan_.count)));
      if (status.ok()) continue;
      next_ = plan_.count;
      const std::lock_guard<std::mutex> lock(mutex_);
      status_ = status;
    }
  }

  absl::StatusOr<std::int64_t> Inserted() const {
    if (!status_.ok()) return status_;
    return inserted_.load();
  }

 private:
  absl::Status Store(const std::vector<usage::UsageEvent>& batch) {
    std::vector<const usage::UsageEvent*> pointers;
    pointers.reserve(batch.size());
    for (const usage::UsageEvent& event : batch) {
      if (absl::Status status = usage::CheckEvent(event); !status.ok()) return status;
      pointers.push_back(&event);
    }
    partitions_.PrepareFor(pointers);
    absl::StatusOr<std::vector<usage::Stored>> outcomes = ledger_.Insert(pointers);
    for (int tries = 1; absl::IsUnavailable(outcomes.status()) && tries < kTriesMax; ++tries) {
      outcomes = ledger_.Insert(pointers);
    }
    if (!outcomes.ok()) return outcomes.status();
    inserted_ += std::count(outcomes->begin(), outcomes->end(), usage::Stored::kNew);
    return absl::OkStatus();
  }

  const EventsPlan plan_;
  usage::PartitionKeeper partitions_;
  usage::UsageLedger ledger_;
  std::atomic<std::int64_t> next_ = 0;
  std::atomic<std::int64_t> inserted_ = 0;
  std::mutex mutex_;  // guards status_
  absl::Status status_;
};

}  // namespace

absl::StatusOr<SendResult> FillLedger(const EventsPlan& plan, int writers,
                                      const std::string& database_url) {
  absl::StatusOr<std::unique_ptr<sql::Database>> database =
      sql::OpenDatabase(database_url, writers + 1);
  if (!database.ok()) return database.status();
  if (absl::Status status = usage::MigrateLedger(**database); !status.ok()) return status;
  const bool postgres = (*database)->dialect() == sql::SqlDialect::kPostgres;
  const std::int64_t began_ns = SteadyNs();
  Filler filler(plan, **database);
  std::vector<std::thread> threads;
  for (int i = 0; i < (postgres ? writers : 1); ++i) {
    threads.emplace_back([&filler, i] { filler.Run(static_cast<std::uint32_t>(i)); });
  }
  for (std::thread& thread : threads) thread.join();
  const absl::StatusOr<std::int64_t> inserted = filler.Inserted();
  if (!inserted.ok()) return inserted.status();
  return SendResult{.inserted = *inserted,
                    .seconds = static_cast<double>(SteadyNs() - began_ns) * kSecondsPerNs};
}

}  // namespace weir::bench
