// A relay's stream over a socket: what it gets, when, and what its answers lead to.
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include "libs/common/clock.h"
#include "libs/common/grpc_security.h"
#include "libs/common/text.h"
#include "tests/unit/admin/admin_server.h"
#include "weir/v1/snapshot.grpc.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

class RelayStream {
 public:
  RelayStream(const std::string& target, const std::string& token) {
    security_.token = Secret(token);
    stub_ = v1::SnapshotService::NewStub(MakeChannel(target, security_));
    AddToken(context_, security_);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    stream_ = stub_->Watch(&context_);
  }
  ~RelayStream() {
    context_.TryCancel();
    if (stream_ != nullptr) (void)Finish();
  }

  void Hello(std::uint64_t have_revision = 0, const std::string& lineage = "") {
    v1::WatchRequest request;
    request.mutable_hello()->set_relay_id("relay-1");
    request.mutable_hello()->set_version("0.1.0");
    request.mutable_hello()->set_have_revision(have_revision);
    request.mutable_hello()->set_lineage(lineage);
    stream_->Write(request);
  }
  // All chunks of one revision, as one; revision 0 when the stream has ended.
  v1::SnapshotChunk Read() {
    v1::SnapshotChunk whole;
    v1::WatchResponse response;
    while (stream_->Read(&response)) {
      whole.MergeFrom(response.chunk());
      if (response.chunk().last()) return whole;
    }
    return {};
  }
  void Ack(std::uint64_t revision) {
    v1::WatchRequest request;
    request.mutable_ack()->set_revision(revision);
    stream_->Write(request);
  }
  void Nack(std::uint64_t revision) {
    v1::WatchRequest request;
    request.mutable_nack()->set_revision(revision);
    request.mutable_nack()->set_reason("dangling group");
    stream_->Write(request);
  }
  void Observe(std::int64_t account_id, v1::AccountObservation::Signal signal,
               std::int64_t until_ms) {
    v1::WatchRequest request;
    v1::AccountObservation& observation = *request.mutable_observation();
    observation.set_account_id(account_id);
    observation.set_signal(signal);
    observation.set_observed_at_unix_ms(UnixMs() + 1000);
    observation.set_cooldown_until_unix_ms(until_ms);
    stream_->Write(request);
  }
  grpc::Status Finish() {
    auto stream = std::move(stream_);
    return stream->Finish();
  }

 private:
  GrpcSecurity security_;
  grpc::ClientContext context_;
  std::unique_ptr<v1::SnapshotService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WatchRequest, v1::WatchResponse>> stream_;
};

class WatchTest : public AdminServerTest {
 protected:
  std::int64_t MakeAccount() {
    const Reply made = Admin("POST", "/api/v1/admin/accounts",
                             R"({"name":"a","platform_type":"claude","secret_key":"sk",
                                 "request_url":"https://api.anthropic.com"})");
    EXPECT_EQ(made.status, 201) << made.body;
    return At(made.Json(), "id").as_int64();
  }
  // The state of relay-1 once `good` says so, within five seconds.
  template <class Good>
  boost::json::value RelayWhen(Good good) {
    for (int i = 0; i < 100; ++i) {
      const auto status = Admin("GET", "/api/v1/status").Json();
      const auto& relays = At(status, "relays").as_array();
      if (!relays.empty() && good(relays.at(0))) return relays.at(0);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    ADD_FAILURE() << "the relay's state did not come";
    return nullptr;
  }
};

TEST_F(WatchTest, AWrongTokenIsRefused) {
  RelayStream relay(grpc_target(), "wrong");
  relay.Hello();
  EXPECT_EQ(relay.Read().revision(), 0u);
  EXPECT_EQ(relay.Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(WatchTest, EverythingThenEachChangeAtOnce) {
  RelayStream relay(grpc_target(), kInternalToken);
  relay.Hello();
  const v1::SnapshotChunk all = relay.Read();
  EXPECT_EQ(all.base_revision(), 0u);
  ASSERT_GT(all.revision(), 0u);
  relay.Ack(all.revision());
  RelayWhen([&](const auto& relay_json) {
    return relay_json.at("revision") == static_cast<std::int64_t>(all.revision());
  });

  const std::int64_t started_ns = SteadyNs();
  const std::int64_t id = MakeAccount();
  const v1::SnapshotChunk difference = relay.Read();
  EXPECT_LT(SteadyNs() - started_ns, 1'000'000'000) << "well under a second";
  EXPECT_EQ(difference.base_revision(), all.revision());
  ASSERT_EQ(difference.upserts_size(), 1);
  EXPECT_EQ(difference.upserts(0).account().id(), id);
  EXPECT_EQ(difference.upserts(0).account().credential(), "sk");
  relay.Ack(difference.revision());

  EXPECT_EQ(Admin("DELETE", StrCat("/api/v1/admin/accounts/", id)).status, 204);
  const v1::SnapshotChunk removal = relay.Read();
  ASSERT_EQ(removal.removals_size(), 1);
  EXPECT_EQ(removal.removals(0).kind(), v1::RESOURCE_KIND_ACCOUNT);
  EXPECT_EQ(removal.removals(0).id(), id);
}

TEST_F(WatchTest, ARelayThatComesBackGetsTheDifference) {
  std::uint64_t revision = 0;
  std::string lineage;
  {
    RelayStream relay(grpc_target(), kInternalToken);
    relay.Hello();
    const v1::SnapshotChunk all = relay.Read();
    revision = all.revision();
    lineage = all.lineage();
    relay.Ack(revision);
  }
  MakeAccount();
  Start();  // admin restarts too: the changes are in the database
  RelayStream relay(grpc_target(), kInternalToken);
  relay.Hello(revision, lineage);
  const v1::SnapshotChunk difference = relay.Read();
  EXPECT_EQ(difference.base_revision(), revision);
  EXPECT_EQ(difference.upserts_size(), 1);
}

TEST_F(WatchTest, ARefusedRevisionIsShownAndTheNextBuildsOnWhatIsHeld) {
  RelayStream relay(grpc_target(), kInternalToken);
  relay.Hello();
  const v1::SnapshotChunk all = relay.Read();
  relay.Ack(all.revision());
  MakeAccount();
  const v1::SnapshotChunk refused = relay.Read();
  relay.Nack(refused.revision());
  const auto state =
      RelayWhen([](const auto& relay_json) { return !relay_json.at("nack_reason").is_null(); });
  EXPECT_EQ(state.at("revision").as_int64(), static_cast<std::int64_t>(all.revision()));
  const std::string metrics = Send("GET", "/metrics").body;
  EXPECT_NE(metrics.find("weir_admin_relays_refusing 1"), std::string::npos) << metrics;
  EXPECT_EQ(Admin("POST", "/api/v1/groups", R"({"name":"g"})").status, 201);
  const v1::SnapshotChunk next = relay.Read();
  EXPECT_EQ(next.base_revision(), all.revision());
  EXPECT_EQ(next.upserts_size(), 2);
}

TEST_F(WatchTest, WhatOneRelaySeesAllLearn) {
  const std::int64_t id = MakeAccount();
  RelayStream first(grpc_target(), kInternalToken);
  first.Hello();
  const v1::SnapshotChunk all = first.Read();
  first.Ack(all.revision());
  first.Observe(id, v1::AccountObservation::SIGNAL_CREDENTIAL_REJECTED, 0);
  const v1::SnapshotChunk change = first.Read();
  ASSERT_EQ(change.upserts_size(), 1);
  EXPECT_EQ(change.upserts(0).account().status(), v1::ACCOUNT_STATUS_ACCOUNT_EXCEPTION);
  const std::string path = StrCat("/api/v1/admin/accounts/", id);
  const auto account = Admin("GET", path).Json();
  EXPECT_EQ(account.at("status").as_string(), "account_exception");
  EXPECT_EQ(account.at("status_reason").as_string(), "credential_rejected");
  const auto reset = Admin("POST", path + "/reset").Json();
  EXPECT_EQ(reset.at("status").as_string(), "normal");
}

TEST_F(WatchTest, ANewCredentialBringsARefusedAccountBack) {
  const std::int64_t id = MakeAccount();
  RelayStream relay(grpc_target(), kInternalToken);
  relay.Hello();
  relay.Ack(relay.Read().revision());
  relay.Observe(id, v1::AccountObservation::SIGNAL_CREDENTIAL_REJECTED, 0);
  relay.Ack(relay.Read().revision());
  const std::string path = StrCat("/api/v1/admin/accounts/", id);
  EXPECT_EQ(Admin("PATCH", path, R"({"weight":7})").Json().at("status").as_string(),
            "account_exception")
      << "it has the same one";
  relay.Ack(relay.Read().revision());
  const auto renewed = Admin("PATCH", path, R"({"secret_key":"sk-new"})").Json();
  EXPECT_EQ(renewed.at("status").as_string(), "normal");
  EXPECT_TRUE(renewed.at("status_reason").as_string().empty());
  const v1::SnapshotChunk change = relay.Read();
  ASSERT_EQ(change.upserts_size(), 1);
  EXPECT_EQ(change.upserts(0).account().status(), v1::ACCOUNT_STATUS_NORMAL);
  EXPECT_EQ(Admin("POST", path + "/disable").Json().at("status").as_string(), "disabled");
  EXPECT_EQ(Admin("PATCH", path, R"({"secret_key":"sk-3"})").Json().at("status").as_string(),
            "disabled");
}

}  // namespace
}  // namespace weir::admin
