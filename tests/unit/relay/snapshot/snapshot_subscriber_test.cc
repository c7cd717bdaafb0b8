#include "services/relay/snapshot/snapshot_subscriber.h"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "libs/common/metrics.h"
#include "services/relay/snapshot/account_health_registry.h"
#include "services/relay/snapshot/snapshot.h"
#include "services/relay/snapshot/snapshot_file.h"
#include "services/relay/snapshot/snapshot_holder.h"
#include "tests/unit/relay/snapshot/samples.h"
#include "weir/v1/snapshot.grpc.pb.h"

namespace weir::relay {
namespace {

using namespace testing;  // NOLINT: the samples read as words
using ::testing::HasSubstr;

GrpcSecurity TestSecurity() {
  GrpcSecurity security;
  security.token = Secret("0123456789abcdef0123456789abcdef");
  return security;
}

// Admin's side of one or more streams, driven by the test.
class FakeAdmin final : public v1::SnapshotService::Service {
 public:
  using Stream = grpc::ServerReaderWriter<v1::WatchResponse, v1::WatchRequest>;

  grpc::Status Watch(grpc::ServerContext* context, Stream* stream) override {
    if (!CheckToken(*context, TestSecurity()).ok()) {
      return {grpc::StatusCode::UNAUTHENTICATED, "wrong token"};
    }
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stream_ = stream;
      context_ = context;
    }
    v1::WatchRequest request;
    while (stream->Read(&request)) {
      if (request.has_account_figures()) continue;  // account_figures_teller_test.cc
      const std::lock_guard<std::mutex> lock(mutex_);
      received_.push_back(request);
      changed_.notify_all();
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    if (stream_ == stream) stream_ = nullptr;  // the relay may have come back before this one ended
    return grpc::Status::OK;
  }

  // The next message of a relay; an empty one when none comes.
  v1::WatchRequest Next() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(10), [this] { return !received_.empty(); })) {
      ADD_FAILURE() << "nothing came from the relay";
      return {};
    }
    v1::WatchRequest request = received_.front();
    received_.pop_front();
    return request;
  }

  void Push(const v1::SnapshotChunk& chunk) {
    v1::WatchResponse response;
    *response.mutable_chunk() = chunk;
    const std::lock_guard<std::mutex> lock(mutex_);
    ASSERT_NE(stream_, nullptr);
    stream_->Write(response);
  }

  void Break() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ASSERT_NE(stream_, nullptr);
    context_->TryCancel();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Stream* stream_ = nullptr;
  grpc::ServerContext* context_ = nullptr;
  std::deque<v1::WatchRequest> received_;
};

class SnapshotSubscriberTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = "/tmp/weir-subscriber-XXXXXX";
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    file_ = std::make_unique<SnapshotFile>(folder_ + "/snapshot", Secret("secret"));
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", MakeServerCredentials(TestSecurity(), metrics_),
                             &port_);
    builder.RegisterService(&admin_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  void TearDown() override {
    subscriber_.reset();
    server_->Shutdown(std::chrono::system_clock::now());
    std::filesystem::remove_all(folder_);
  }

  void Start(bool load = false, GrpcSecurity security = TestSecurity()) {
    SubscriberOptions options;
    options.admin_target = StrCat("127.0.0.1:", port_);
    options.security = std::move(security);
    options.relay_id = "relay-1";
    options.version = "test";
    options.reconnect_initial_ms = 5;
    options.reconnect_max_ms = 50;
    options.observations_max = 4;
    subscriber_ =
        std::make_unique<SnapshotSubscriber>(options, holder_, health_, file_.get(), metrics_);
    if (load) {
      EXPECT_TRUE(subscriber_->LoadFromFile());
    }
    subscriber_->Start();
  }

  void ExpectAck(std::uint64_t revision) {
    const v1::WatchRequest request = admin_.Next();
    EXPECT_EQ(request.ack().revision(), revision) << request.ShortDebugString();
  }

  std::string folder_;
  std::unique_ptr<SnapshotFile> file_;
  SnapshotHolder holder_;
  AccountHealthRegistry health_;
  Metrics metrics_;
  FakeAdmin admin_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::unique_ptr<SnapshotSubscriber> subscriber_;
};

TEST_F(SnapshotSubscriberTest, TakesEverythingThenDifferences) {
  Start();
  const v1::WatchRequest hello = admin_.Next();
  EXPECT_EQ(hello.hello().relay_id(), "relay-1");
  EXPECT_EQ(hello.hello().have_revision(), 0U);
  admin_.Push(SmallRevision(3)[0]);
  ExpectAck(3);
  EXPECT_EQ(holder_.Get()->revision(), 3U);
  admin_.Push(ChunkOf(3, 4, {KeyOf(9, 1, 1)}));
  ExpectAck(4);
  EXPECT_NE(holder_.Get()->FindKey(HashOfKey(9)), nullptr);
  EXPECT_THAT(metrics_.Expose(), HasSubstr("weir_relay_snapshot_revision 4"));
  EXPECT_THAT(metrics_.Expose(), HasSubstr("weir_relay_snapshot_connected 1"));
}

TEST_F(SnapshotSubscriberTest, RefusesABadRevisionAndKeepsTheOneBefore) {
  Start();
  admin_.Next();
  admin_.Push(SmallRevision(1)[0]);
  ExpectAck(1);
  admin_.Push(ChunkOf(1, 2, {KeyOf(9, 1, 77)}));
  const v1::WatchRequest nack = admin_.Next();
  EXPECT_EQ(nack.nack().revision(), 2U);
  EXPECT_THAT(nack.nack().reason(), HasSubstr("api_key 9: its group 77 is not there"));
  EXPECT_EQ(holder_.Get()->revision(), 1U);
  // The stream is still good for what admin sends next: a difference from what the relay holds.
  admin_.Push(ChunkOf(1, 3, {KeyOf(9, 1, 1)}));
  ExpectAck(3);
  EXPECT_THAT(metrics_.Expose(), HasSubstr("weir_relay_snapshot_nacks_total 1"));
}

TEST_F(SnapshotSubscriberTest, AsksForEverythingWhenADifferenceDoesNotFollow) {
  Start();
  admin_.Next();
  admin_.Push(SmallRevision(1)[0]);
  ExpectAck(1);
  admin_.Push(ChunkOf(7, 8, {}));
  EXPECT_EQ(admin_.Next().nack().revision(), 8U);
  const v1::WatchRequest hello = admin_.Next();
  ASSERT_TRUE(hello.has_hello());
  EXPECT_EQ(hello.hello().have_revision(), 0U);
  admin_.Push(SmallRevision(8)[0]);
  ExpectAck(8);
}

TEST_F(SnapshotSubscriberTest, ComesBackWithWhatItHas) {
  Start();
  admin_.Next();
  admin_.Push(SmallRevision(5)[0]);
  ExpectAck(5);
  admin_.Break();
  const v1::WatchRequest hello = admin_.Next();
  EXPECT_EQ(hello.hello().have_revision(), 5U);
  EXPECT_EQ(hello.hello().lineage(), "lineage-a");
  admin_.Push(ChunkOf(5, 6, {}));
  ExpectAck(6);
}

TEST_F(SnapshotSubscriberTest, StartsFromTheFile) {
  Start();
  admin_.Next();
  admin_.Push(SmallRevision(5)[0]);
  ExpectAck(5);
  admin_.Push(ChunkOf(5, 6, {KeyOf(9, 1, 1)}));
  ExpectAck(6);
  subscriber_.reset();
  holder_.Swap(nullptr);
  Start(true);
  ASSERT_NE(holder_.Get(), nullptr);
  EXPECT_EQ(holder_.Get()->revision(), 6U);
  EXPECT_NE(holder_.Get()->FindKey(HashOfKey(9)), nullptr);
  EXPECT_EQ(admin_.Next().hello().have_revision(), 6U);
}

TEST_F(SnapshotSubscriberTest, ObservationsReachAdminAndWaitWhileItIsAway) {
  GrpcSecurity wrong;
  wrong.token = Secret("another token, also long enough");
  Start(false, wrong);
  for (int i = 0; i < 6; ++i) {
    AccountObservation observation;
    observation.account_id = i + 1;
    observation.signal = AccountSignal::kCredentialRejected;
    observation.http_status = 401;
    observation.reason = "bad \xff bytes";
    // The queue holds four, and one may already be on its way.
    const bool taken = subscriber_->Report(observation);
    EXPECT_TRUE(taken || i >= 4);
  }
  EXPECT_THAT(metrics_.Expose(), HasSubstr("weir_relay_snapshot_observations_dropped_total"));
  subscriber_.reset();

  Start();
  EXPECT_TRUE(admin_.Next().has_hello());
  AccountObservation observation;
  observation.account_id = 42;
  observation.signal = AccountSignal::kRateLimited;
  observation.cooldown_until_unix_ms = 123;
  observation.reason = "bad \xff bytes";
  ASSERT_TRUE(subscriber_->Report(observation));
  const v1::WatchRequest request = admin_.Next();
  EXPECT_EQ(request.observation().account_id(), 42);
  EXPECT_EQ(request.observation().signal(), v1::AccountObservation::SIGNAL_RATE_LIMITED);
  EXPECT_EQ(request.observation().cooldown_until_unix_ms(), 123);
  EXPECT_EQ(request.observation().reason(), "bad ? bytes");
}

TEST_F(SnapshotSubscriberTest, StopIsQuickInEveryState) {
  const auto stop = [&] {
    const auto begin = std::chrono::steady_clock::now();
    subscriber_->Stop();
    return std::chrono::steady_clock::now() - begin;
  };
  Start();
  admin_.Next();
  EXPECT_LT(stop(), std::chrono::seconds(1));
  const int port = port_;
  port_ = 1;  // nobody there
  Start();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_LT(stop(), std::chrono::seconds(1));
  port_ = port;
}

}  // namespace
}  // namespace weir::relay
