#include "services/relay/metering/usage_reporter.h"

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "libs/common/metrics.h"
#include "libs/common/text.h"
#include "services/relay/metering/usage_event.h"
#include "services/relay/metering/usage_spool.h"
#include "tests/unit/relay/metering/spool_folder.h"
#include "weir/v1/usage.grpc.pb.h"

namespace weir::relay {
namespace {

using testing::SpoolFolder;

GrpcSecurity TestSecurity() {
  GrpcSecurity security;
  security.token = Secret("0123456789abcdef0123456789abcdef");
  return security;
}

// Usage as the reporter sees it, with faults on demand.
class FakeUsage final : public v1::UsageIngest::Service {
 public:
  using Stream = grpc::ServerReaderWriter<v1::BatchAck, v1::EventBatch>;

  // Before each ack: false = end the stream without it. May block.
  std::function<bool(int batch_of_stream)> before_ack = [](int) { return true; };

  grpc::Status Report(grpc::ServerContext* context, Stream* stream) override {
    streams_.fetch_add(1);
    const absl::Status checked = CheckToken(*context, TestSecurity());
    if (!checked.ok()) return {grpc::StatusCode::UNAUTHENTICATED, "wrong token"};
    v1::EventBatch batch;
    std::uint64_t expected = 1;
    while (stream->Read(&batch)) {
      EXPECT_EQ(batch.batch_number(), expected++);
      EXPECT_EQ(batch.relay_id(), "relay-1");
      EXPECT_LE(batch.events_size(), 500);
      const v1::BatchAck ack = Store(batch);
      if (!before_ack(static_cast<int>(batch.batch_number()))) return grpc::Status::CANCELLED;
      stream->Write(ack);
    }
    return grpc::Status::OK;
  }

  std::size_t events() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return events_.size();
  }
  int repeats() const { return repeats_.load(); }
  int streams() const { return streams_.load(); }

 private:
  v1::BatchAck Store(const v1::EventBatch& batch) {
    v1::BatchAck ack;
    ack.set_batch_number(batch.batch_number());
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const v1::UsageEvent& event : batch.events()) {
      if (++events_[event.id()] == 1) {
        ack.set_inserted(ack.inserted() + 1);
      } else {
        ack.set_duplicates(ack.duplicates() + 1);
        repeats_.fetch_add(1);
      }
    }
    return ack;
  }

  mutable std::mutex mutex_;
  std::map<std::string, int> events_;  // id -> times
  std::atomic<int> repeats_{0};
  std::atomic<int> streams_{0};
};

class UsageReporterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    spool_ = folder_.Open(16 << 10);
    writer_ = *spool_->NewWriter();
  }
  void TearDown() override {
    reporter_.reset();
    StopServer();
    writer_.reset();
  }

  void StartServer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(StrCat("127.0.0.1:", port_),
                             MakeServerCredentials(TestSecurity(), metrics_), &port_);
    builder.RegisterService(&usage_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  void StopServer() {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }

  void StartReporter(std::int64_t ack_timeout_ms = 30'000) {
    ReporterOptions options;
    options.usage_target = StrCat("127.0.0.1:", port_);
    options.security = TestSecurity();
    options.relay_id = "relay-1";
    options.batch_events_max = 50;
    options.batch_age_ms = 5;
    options.reconnect_initial_ms = 5;
    options.reconnect_max_ms = 50;
    options.ack_timeout_ms = ack_timeout_ms;
    reporter_ = std::make_unique<UsageReporter>(options, *spool_, metrics_);
    reporter_->Start();
  }

  void Append(int count) {
    for (int i = 0; i < count; ++i) {
      UsageRecord record;
      record.id = StrCat(1'000'000'000'000'000 + next_id_++);
      EncodeUsageEvent(record, "relay-1", buffer_);
      ASSERT_TRUE(writer_->Append(buffer_));
    }
  }

  SpoolFolder folder_;
  std::unique_ptr<UsageSpool> spool_;
  std::unique_ptr<SpoolWriter> writer_;
  Metrics metrics_;
  FakeUsage usage_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::unique_ptr<UsageReporter> reporter_;
  std::string buffer_;
  std::int64_t next_id_ = 0;
};

TEST_F(UsageReporterTest, DeliversEachEventOnceAndEmptiesTheSpool) {
  StartServer();
  StartReporter();
  Append(1'000);
  ASSERT_TRUE(reporter_->Drain(10'000));
  EXPECT_EQ(usage_.events(), 1'000U);
  EXPECT_EQ(usage_.repeats(), 0);
  EXPECT_EQ(spool_->events_pending(), 0);
  EXPECT_EQ(reporter_->events_acked(), 1'000);
  writer_.reset();
  EXPECT_TRUE(testing::ReadAll(*spool_, true).empty());
  EXPECT_TRUE(folder_.Files().empty());
  EXPECT_THAT(metrics_.Expose(), ::testing::HasSubstr("weir_relay_usage_acked_total 1000"));
}

TEST_F(UsageReporterTest, AStreamThatBreaksCostsNothingButRepeats) {
  std::mt19937 random(5);
  usage_.before_ack = [&](int) { return random() % 4 != 0; };
  StartServer();
  StartReporter();
  Append(2'000);
  ASSERT_TRUE(reporter_->Drain(20'000));
  EXPECT_EQ(usage_.events(), 2'000U);
  EXPECT_GT(usage_.repeats(), 0);
  EXPECT_GT(usage_.streams(), 2);
}

TEST_F(UsageReporterTest, NothingIsDeletedBeforeItsAck) {
  std::atomic<bool> release = false;
  usage_.before_ack = [&](int) {
    while (!release.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return true;
  };
  StartServer();
  StartReporter();
  Append(300);
  EXPECT_FALSE(reporter_->Drain(200));
  EXPECT_GT(usage_.events(), 0U);
  EXPECT_EQ(spool_->events_pending(), 300);
  const std::size_t files = folder_.Files().size();
  EXPECT_GE(files, 2U);
  release = true;
  EXPECT_TRUE(reporter_->Drain(10'000));
}

TEST_F(UsageReporterTest, UsageDiesAndComesBack) {
  StartServer();
  StartReporter();
  Append(200);
  ASSERT_TRUE(reporter_->Drain(10'000));
  StopServer();
  Append(700);
  EXPECT_FALSE(reporter_->Drain(100));
  EXPECT_EQ(spool_->events_pending(), 700);
  StartServer();  // on the same port
  EXPECT_TRUE(reporter_->Drain(15'000));
  EXPECT_EQ(usage_.events(), 900U);
}

TEST_F(UsageReporterTest, AnAckThatNeverComesIsNotWaitedForForever) {
  std::atomic<bool> stuck = true;
  std::atomic<bool> over = false;
  usage_.before_ack = [&](int) {
    if (!stuck.exchange(false)) return true;
    while (!over.load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return false;
  };
  StartServer();
  StartReporter(200);
  Append(100);
  EXPECT_TRUE(reporter_->Drain(15'000));
  EXPECT_EQ(usage_.events(), 100U);
  over = true;
}

TEST_F(UsageReporterTest, StopIsQuickWhileUsageIsAwayAndEventsStay) {
  port_ = 1;  // nobody listens there
  StartReporter();
  Append(10);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto begin = std::chrono::steady_clock::now();
  reporter_->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  EXPECT_EQ(spool_->events_pending(), 10);
}

}  // namespace
}  // namespace weir::relay
