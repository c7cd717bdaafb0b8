// weir-usage from outside: over gRPC, as relays and admin see it.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include "libs/common/clock.h"
#include "libs/common/grpc_security.h"
#include "services/usage/event_proto.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"
#include "weir/v1/query.grpc.pb.h"
#include "weir/v1/spend.grpc.pb.h"
#include "weir/v1/usage.grpc.pb.h"

namespace weir::usage {
namespace {

using Stream = grpc::ClientReaderWriter<v1::EventBatch, v1::BatchAck>;

constexpr char kToken[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

int FreePort() {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(descriptor, generic, size) != 0) return 0;
  getsockname(descriptor, generic, &size);
  close(descriptor);
  return ntohs(address.sin_port);
}

// The real program.
class UsageProcess {
 public:
  UsageProcess(const std::string& database_url, const std::string& folder)
      : target_("127.0.0.1:" + std::to_string(FreePort())) {
    const std::string token_file = folder + "/token";
    std::ofstream(token_file) << kToken << "\n";
    chmod(token_file.c_str(), 0600);
    arguments_ = {WEIR_USAGE_BINARY,
                  "--grpc-listen=" + target_,
                  "--ops-listen=127.0.0.1:" + std::to_string(FreePort()),
                  "--database-url=" + database_url,
                  "--internal-token-file=" + token_file,
                  "--queue-events-max=2000"};
    log_ = folder + "/log";
  }
  ~UsageProcess() { End(SIGKILL); }

  void Start() {
    std::vector<char*> argv;
    for (std::string& argument : arguments_) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    ASSERT_GE(pid_, 0);
    if (pid_ == 0) {
      const int log = open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      dup2(log, STDERR_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
  }

  // Its exit code, or -1 when the signal ended it.
  int End(int signal) {
    if (pid_ == 0) return 0;
    kill(pid_, signal);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  const std::string& target() const { return target_; }
  std::string log() const {
    std::ifstream file(log_);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

 private:
  std::string target_;
  std::vector<std::string> arguments_;
  std::string log_;
  pid_t pid_ = 0;
};

class UsageServerTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
    security_.token = Secret(kToken);
    usage_ = std::make_unique<UsageProcess>(url(), folder_);
    usage_->Start();
    channel_ = MakeChannel(usage_->target(), security_);
    ASSERT_TRUE(WaitUntilUp());
  }

  void TearDown() override {
    if (HasFailure()) std::fputs(usage_->log().c_str(), stderr);
    usage_.reset();
    std::filesystem::remove_all(folder_);
    weir::testing::DatabaseTest::TearDown();
  }

  bool WaitUntilUp() {
    return channel_->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20));
  }

  std::unique_ptr<grpc::ClientContext> Context(std::int64_t timeout_ms = 20'000) {
    auto context = std::make_unique<grpc::ClientContext>();
    AddToken(*context, security_);
    context->set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(timeout_ms));
    return context;
  }

  static v1::EventBatch Batch(std::uint64_t number, const std::vector<UsageEvent>& events) {
    v1::EventBatch batch;
    batch.set_relay_id("relay-1");
    batch.set_batch_number(number);
    for (const UsageEvent& event : events) EventToProto(event, *batch.add_events());
    return batch;
  }

  // Sends batches on one stream and reads as many answers.
  std::vector<v1::BatchAck> Report(const std::vector<v1::EventBatch>& batches) {
    const auto context = Context();
    const auto stub = v1::UsageIngest::NewStub(channel_);
    const std::unique_ptr<Stream> stream = stub->Report(context.get());
    for (const v1::EventBatch& batch : batches) EXPECT_TRUE(stream->Write(batch));
    stream->WritesDone();
    std::vector<v1::BatchAck> acks;
    for (v1::BatchAck ack; stream->Read(&ack);) acks.push_back(ack);
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return acks;
  }

  std::int64_t Rows() {
    const auto result = database().Query("SELECT COUNT(*) FROM usage_events");
    return result.ok() ? result->rows.at(0).Int(0) : -1;
  }

  std::string folder_ = "/tmp/weir-usage-XXXXXX";
  GrpcSecurity security_;
  std::unique_ptr<UsageProcess> usage_;
  std::shared_ptr<grpc::Channel> channel_;
};

INSTANTIATE_ON_BOTH_DATABASES(UsageServerTest);

TEST_P(UsageServerTest, AnswersEachBatchInOrderAfterItsCommit) {
  RandomEvents random(8);
  const std::vector<UsageEvent> first = random.Many(30);
  const std::vector<UsageEvent> second = {first[0], first[1], random.Next()};
  const std::vector<v1::BatchAck> acks =
      Report({Batch(1, first), Batch(2, second), Batch(3, {}), Batch(4, {first[2]})});
  ASSERT_EQ(acks.size(), 4U);
  for (std::size_t i = 0; i < acks.size(); ++i) EXPECT_EQ(acks[i].batch_number(), i + 1);
  EXPECT_EQ(acks[0].inserted(), 30U);
  EXPECT_EQ(acks[1].inserted(), 1U);
  EXPECT_EQ(acks[1].duplicates(), 2U);
  EXPECT_EQ(acks[3].duplicates(), 1U);
  EXPECT_EQ(Rows(), 31);
}

TEST_P(UsageServerTest, RejectsWhatCanNeverBeStoredAndKeepsTheRest) {
  UsageEvent no_id = MakeEvent();
  no_id.id = "short";
  UsageEvent negative = MakeEvent();
  negative.tokens.input = -1;
  UsageEvent wrong_cost = MakeEvent();
  wrong_cost.cost_nano_usd += 1;
  const std::vector<v1::BatchAck> acks =
      Report({Batch(1, {no_id, MakeEvent(), negative, wrong_cost})});
  ASSERT_EQ(acks.size(), 1U);
  EXPECT_EQ(acks[0].inserted(), 2U);
  EXPECT_EQ(acks[0].rejected(), 2U);
  const auto stub = v1::UsageQuery::NewStub(channel_);
  v1::GetEventRequest request;
  request.set_id(wrong_cost.id);
  v1::GetEventResponse response;
  EXPECT_TRUE(stub->GetEvent(Context().get(), request, &response).ok());
  EXPECT_EQ(response.event().cost_nano_usd(), wrong_cost.cost_nano_usd) << "stored as sent";
  EXPECT_THAT(usage_->log(), ::testing::HasSubstr("cost differs"));
}

TEST_P(UsageServerTest, EveryServiceNeedsTheToken) {
  grpc::ClientContext context;
  v1::GetSpendResponse spend;
  EXPECT_EQ(v1::SpendService::NewStub(channel_)->GetSpend(&context, {}, &spend).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  grpc::ClientContext lease_context;
  v1::ExchangeLeasesResponse leases;
  EXPECT_EQ(
      v1::SpendService::NewStub(channel_)->ExchangeLeases(&lease_context, {}, &leases).error_code(),
      grpc::StatusCode::UNAUTHENTICATED);
  grpc::ClientContext peek_context;
  v1::PeekBudgetsResponse standings;
  EXPECT_EQ(
      v1::SpendService::NewStub(channel_)->PeekBudgets(&peek_context, {}, &standings).error_code(),
      grpc::StatusCode::UNAUTHENTICATED);
  grpc::ClientContext query_context;
  query_context.AddMetadata("authorization", "Bearer wrong");
  v1::SummarizeResponse summary;
  EXPECT_EQ(v1::UsageQuery::NewStub(channel_)->Summarize(&query_context, {}, &summary).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  grpc::ClientContext ingest_context;
  const auto stub = v1::UsageIngest::NewStub(channel_);
  const std::unique_ptr<Stream> stream = stub->Report(&ingest_context);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

TEST_P(UsageServerTest, AnswersQuestionsOverTheWire) {
  RandomEvents random(9);
  std::vector<UsageEvent> events = random.Many(40);
  Report({Batch(1, events)});
  const auto query = v1::UsageQuery::NewStub(channel_);

  v1::ListEventsRequest list;
  list.set_limit(15);
  list.set_with_total(true);
  v1::ListEventsResponse page;
  ASSERT_TRUE(query->ListEvents(Context().get(), list, &page).ok());
  EXPECT_EQ(page.total(), 40U);
  EXPECT_EQ(page.events_size(), 15);
  list.set_cursor(page.next_cursor());
  list.set_limit(200);
  ASSERT_TRUE(query->ListEvents(Context().get(), list, &page).ok());
  EXPECT_EQ(page.events_size(), 25);
  list.set_limit(0);
  EXPECT_EQ(query->ListEvents(Context().get(), list, &page).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);

  v1::GetEventRequest get;
  get.set_id(events[0].id);
  v1::GetEventResponse event;
  ASSERT_TRUE(query->GetEvent(Context().get(), get, &event).ok());
  EXPECT_EQ(EventFromProto(event.event()), events[0]);
  get.set_id(NewUuid7Bytes(kTestUnixMs));
  EXPECT_EQ(query->GetEvent(Context().get(), get, &event).error_code(),
            grpc::StatusCode::NOT_FOUND);

  v1::SummarizeRequest summarize;
  summarize.add_by(v1::DIMENSION_MODEL);
  v1::SummarizeResponse summary;
  ASSERT_TRUE(query->Summarize(Context().get(), summarize, &summary).ok());
  EXPECT_EQ(summary.rows_size(), 3);

  v1::LastUsedRequest last_used;
  last_used.add_key_ids(1);
  v1::LastUsedResponse times;
  ASSERT_TRUE(query->LastUsed(Context().get(), last_used, &times).ok());
  EXPECT_EQ(times.key_last_used_unix_ms().count(1), 1U);
}

TEST_P(UsageServerTest, LeasesOverTheWire) {
  UsageEvent event = MakeEvent();
  event.started_at_unix_ms = UnixMs();
  event.id = NewUuid7Bytes(event.started_at_unix_ms);
  Report({Batch(1, {event})});
  const auto spend = v1::SpendService::NewStub(channel_);
  v1::ExchangeLeasesRequest round;
  round.set_holder("folder-1");
  round.set_session("session-1");
  round.set_number(1);
  round.set_begins(true);
  round.set_alive_ms(60'000);
  v1::LeaseState& lease = *round.add_leases();
  lease.mutable_budget()->mutable_subject()->set_kind(v1::SUBJECT_KIND_KEY);
  lease.mutable_budget()->mutable_subject()->set_id(event.key_id);
  lease.mutable_budget()->set_period(v1::PERIOD_TOTAL);
  lease.mutable_budget()->set_unit(v1::BUDGET_UNIT_NANO_USD);
  lease.set_cap(event.cost_nano_usd + 500);
  lease.set_least(300);
  lease.set_need(300);
  lease.set_want(300);
  v1::ExchangeLeasesResponse answer;
  ASSERT_TRUE(spend->ExchangeLeases(Context().get(), round, &answer).ok());
  EXPECT_TRUE(answer.session_known());
  ASSERT_EQ(answer.grants_size(), 1);
  EXPECT_EQ(answer.grants(0).granted(), 300);
  EXPECT_EQ(answer.grants(0).spent(), event.cost_nano_usd);
  EXPECT_EQ(answer.grants(0).left(), 200);

  v1::EventBatch batch;
  v1::UsageEvent& paid = *batch.add_events();
  UsageEvent second = event;
  second.id = NewUuid7Bytes(event.started_at_unix_ms);
  EventToProto(second, paid);
  paid.mutable_charge()->set_session("session-1");
  paid.mutable_charge()->add_total_cost(v1::SUBJECT_KIND_KEY);
  paid.mutable_charge()->add_total_cost(static_cast<v1::SubjectKind>(77));  // of a later version
  batch.set_batch_number(1);
  Report({batch});
  round.set_number(2);
  round.mutable_leases(0)->set_granted(event.cost_nano_usd);
  round.mutable_leases(0)->set_least(0);
  round.mutable_leases(0)->set_need(0);
  round.mutable_leases(0)->set_want(0);
  round.mutable_leases(0)->set_done(true);
  ASSERT_TRUE(spend->ExchangeLeases(Context().get(), round, &answer).ok());
  EXPECT_TRUE(answer.grants(0).closed()) << "its event is committed";

  const auto code = [&] {
    return spend->ExchangeLeases(Context().get(), round, &answer).error_code();
  };
  EXPECT_EQ(code(), grpc::StatusCode::FAILED_PRECONDITION) << "the same number again";
  round.set_number(3);
  round.mutable_leases(0)->mutable_budget()->set_period(v1::PERIOD_UNSPECIFIED);
  EXPECT_EQ(code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_P(UsageServerTest, SigtermStoresAndAnswersWhatItHas) {
  RandomEvents random(10);
  const auto context = Context();
  const auto stub = v1::UsageIngest::NewStub(channel_);
  const std::unique_ptr<Stream> stream = stub->Report(context.get());
  std::uint64_t sent = 0;
  for (; sent < 20; ++sent) ASSERT_TRUE(stream->Write(Batch(sent + 1, random.Many(50))));
  v1::BatchAck ack;
  ASSERT_TRUE(stream->Read(&ack));
  std::thread stop([&] { EXPECT_EQ(usage_->End(SIGTERM), 0); });
  std::int64_t answered = ack.inserted();
  while (stream->Read(&ack)) answered += ack.inserted();
  stream->Finish();
  stop.join();
  // What was stored was answered: nothing of it has to be sent again.
  EXPECT_EQ(Rows(), answered);
}

// What a relay does: keeps what is not answered, and sends it again after each break.
TEST_P(UsageServerTest, Kill9UnderLoadLosesAndDoublesNothing) {
  constexpr std::size_t kBatches = 600;
  RandomEvents random(11);
  std::vector<v1::EventBatch> spool;
  for (std::size_t i = 0; i < kBatches; ++i) spool.push_back(Batch(0, random.Many(20)));
  std::size_t acked = 0;
  int kills = 0;
  while (acked < kBatches) {
    ASSERT_TRUE(WaitUntilUp());
    const auto context = Context();
    const auto stub = v1::UsageIngest::NewStub(channel_);
    const std::unique_ptr<Stream> stream = stub->Report(context.get());
    std::thread writer([&, first = acked] {
      for (std::size_t i = first; i < kBatches; ++i) {
        v1::EventBatch batch = spool[i];
        batch.set_batch_number(i - first + 1);
        if (!stream->Write(batch)) return;
      }
      stream->WritesDone();
    });
    v1::BatchAck ack;
    const std::size_t kill_at = acked + 15;
    while (stream->Read(&ack)) {
      if (++acked == kill_at && kills < 5) {
        usage_->End(SIGKILL);
        ++kills;
        usage_->Start();
      }
    }
    writer.join();
    stream->Finish();
  }
  EXPECT_GE(kills, 3);
  EXPECT_EQ(Rows(), static_cast<std::int64_t>(kBatches) * 20);
  const auto sums = database().Query(
      "SELECT (SELECT CAST(SUM(cost_nano_usd) AS BIGINT) FROM usage_events) - "
      "(SELECT CAST(SUM(cost_nano_usd) AS BIGINT) FROM usage_quarters)");
  ASSERT_TRUE(sums.ok()) << sums.status();
  EXPECT_EQ(sums->rows.at(0).Int(0), 0);
}

TEST(UsageDatabaseAwayTest, KeepsEventsUntilPostgresIsBack) {
  auto server = weir::testing::PostgresServer::Create();
  ASSERT_TRUE(server.ok()) << server.status();
  const auto url = (*server)->NewDatabase();
  ASSERT_TRUE(url.ok()) << url.status();
  std::string folder = "/tmp/weir-usage-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  UsageProcess usage(*url, folder);
  usage.Start();
  GrpcSecurity security;
  security.token = Secret(kToken);
  const auto channel = MakeChannel(usage.target(), security);
  ASSERT_TRUE(
      channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20)));
  grpc::ClientContext context;
  AddToken(context, security);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  const auto stub = v1::UsageIngest::NewStub(channel);
  const std::unique_ptr<Stream> stream = stub->Report(&context);
  (*server)->Stop();
  v1::EventBatch batch;
  batch.set_batch_number(1);
  EventToProto(MakeEvent(), *batch.add_events());
  ASSERT_TRUE(stream->Write(batch));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  ASSERT_TRUE((*server)->Start().ok());
  v1::BatchAck ack;
  ASSERT_TRUE(stream->Read(&ack)) << usage.log();
  EXPECT_EQ(ack.inserted(), 1U);
  EXPECT_THAT(usage.log(), ::testing::HasSubstr("trying again"));
  EXPECT_EQ(usage.End(SIGTERM), 0);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace weir::usage
