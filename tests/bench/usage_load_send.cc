#include "tests/bench/usage_load_send.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include <grpcpp/channel.h>

#include "libs/common/clock.h"
#include "libs/common/grpc_stream.h"
#include "libs/common/text.h"
#include "weir/v1/usage.pb.h"

namespace weir::bench {
namespace {

constexpr std::uint64_t kBatchesInFlight = 16;  // as a relay has them before it waits
constexpr double kSecondsPerNs = 1e-9;

using Batches = std::vector<std::string>;

// Batches `first`, `first + step`, … of all.
Batches MakeBatches(const EventsPlan& plan, const SendShape& shape, int first) {
  Events events(plan, static_cast<std::uint32_t>(first));
  Batches batches;
  for (std::int64_t begin = first * shape.batch_events; begin < plan.count;
       begin += shape.streams * shape.batch_events) {
    v1::EventBatch batch;
    batch.set_relay_id(StrCat("relay-", first + 1));
    batch.set_batch_number(batches.size() + 1);
    for (std::int64_t i = begin; i < std::min(begin + shape.batch_events, plan.count); ++i) {
      events.Fill(i, *batch.add_events());
    }
    batches.push_back(batch.SerializeAsString());
  }
  return batches;
}

// Says that the stream has something for its owner.
class Bell {
 public:
  void Ring() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      rung_ = true;
    }
    changed_.notify_one();
  }
  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;  // guards rung_
  std::condition_variable changed_;
  bool rung_ = false;
};

absl::StatusOr<std::int64_t> SendBatches(const Batches& batches, const std::string& target,
                                         const GrpcSecurity& security) {
  Bell bell;
  GrpcStream stream(MakeChannel(target, security), "/weir.v1.UsageIngest/Report", security,
                    [&bell] { bell.Ring(); });
  std::uint64_t sent = 0;
  std::uint64_t acked = 0;
  std::int64_t inserted = 0;
  std::string bytes;
  while (acked < batches.size()) {
    if (stream.Take(bytes)) {
      v1::BatchAck ack;
      if (!ack.ParseFromString(bytes)) return absl::InternalError("an ack that is none");
      inserted += ack.inserted();
      ++acked;
    } else if (sent < batches.size() && sent - acked < kBatchesInFlight && stream.CanWrite()) {
      stream.Write(batches[sent++]);
    } else if (stream.ended()) {
      return absl::UnavailableError(stream.Finish().ToString());
    } else {
      bell.Wait();
    }
  }
  return inserted;
}

}  // namespace

absl::StatusOr<SendResult> SendEvents(const EventsPlan& plan, const SendShape& shape,
                                      const std::string& target, const GrpcSecurity& security) {
  std::vector<Batches> batches;
  for (int i = 0; i < shape.streams; ++i) batches.push_back(MakeBatches(plan, shape, i));
  const std::int64_t began_ns = SteadyNs();
  std::vector<absl::StatusOr<std::int64_t>> inserted(batches.size(), std::int64_t{0});
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < batches.size(); ++i) {
    threads.emplace_back([&, i] { inserted[i] = SendBatches(batches[i], target, security); });
  }
  for (std::thread& thread : threads) thread.join();
  SendResult result{.seconds = static_cast<double>(SteadyNs() - began_ns) * kSecondsPerNs};
  for (const absl::StatusOr<std::int64_t>& one : inserted) {
    if (!one.ok()) return one.status();
    result.inserted += *one;
  }
  return result;
}

}  // namespace weir::bench
