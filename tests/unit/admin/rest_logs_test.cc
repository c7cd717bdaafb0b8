// Logs and summaries against a usage service that the test controls.
#include <memory>
#include <mutex>
#include <string>

#include "libs/common/ids.h"
#include "libs/common/stable_hash.h"
#include "libs/common/text.h"
#include "tests/unit/admin/admin_server.h"
#include "tests/unit/admin/usage_double.h"
#include "weir/v1/maintenance.grpc.pb.h"
#include "weir/v1/query.grpc.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

class FakeUsage final : public v1::UsageQuery::Service {
 public:
  grpc::Status ListEvents(grpc::ServerContext* context, const v1::ListEventsRequest* request,
                          v1::ListEventsResponse* response) override {
    const std::lock_guard lock(mutex);
    list = *request;
    const auto token = context->client_metadata().find("authorization");
    if (token != context->client_metadata().end()) {
      authorization.assign(token->second.data(), token->second.size());
    }
    *response->add_events() = event;
    response->set_total(41);
    response->set_next_cursor("next");
    response->set_searched_to_unix_ms(1'771'923'600'000);
    response->add_attempt_counts(3);
    return grpc::Status::OK;
  }
  grpc::Status GetEvent(grpc::ServerContext*, const v1::GetEventRequest* request,
                        v1::GetEventResponse* response) override {
    if (request->id() != event.id()) return {grpc::StatusCode::NOT_FOUND, "no such event"};
    *response->mutable_event() = event;
    v1::Attempt& attempt = *response->mutable_event()->add_attempts();
    attempt.set_account_id(5);
    attempt.set_http_status(529);
    attempt.set_error_class("upstream_overloaded");
    return grpc::Status::OK;
  }
  grpc::Status Summarize(grpc::ServerContext*, const v1::SummarizeRequest* request,
                         v1::SummarizeResponse* response) override {
    const std::lock_guard lock(mutex);
    summarize = *request;
    v1::SummaryRow& row = *response->add_rows();
    row.set_requests(3);
    row.set_cost_nano_usd(1'500'000'000);
    row.set_model("claude-x");
    row.set_account_id(1);
    *response->mutable_totals() = row;
    response->set_truncated(request->by_size() == 2);
    return grpc::Status::OK;
  }
  grpc::Status LastUsed(grpc::ServerContext*, const v1::LastUsedRequest* request,
                        v1::LastUsedResponse* response) override {
    for (const std::int64_t id : request->key_ids()) {
      (*response->mutable_key_last_used_unix_ms())[id] = 1'771'923'600'000;
    }
    return grpc::Status::OK;
  }

  std::mutex mutex;
  v1::UsageEvent event;
  v1::ListEventsRequest list;
  v1::SummarizeRequest summarize;
  std::string authorization;
};

class FakeMaintenance final : public v1::UsageMaintenance::Service {
 public:
  grpc::Status GetIngest(grpc::ServerContext*, const v1::GetIngestRequest*,
                         v1::GetIngestResponse* response) override {
    const std::lock_guard lock(mutex);
    *response = ingest;
    return grpc::Status::OK;
  }

  std::mutex mutex;
  v1::GetIngestResponse ingest;
};

class RestLogsTest : public AdminServerTest {
 protected:
  void SetUp() override {
    id_ = NewUuid7Bytes(1'771'923'600'000);
    usage_.event.set_id(id_);
    usage_.event.set_started_at_unix_ms(1'771'923'600'000);
    usage_.event.set_model("claude-x");
    usage_.event.set_dialect(v1::DIALECT_ANTHROPIC_MESSAGES);
    usage_.event.set_cost_nano_usd(1'234);
    usage_.event.set_account_id(5);
    usage_.event.set_account_name("main");
    usage_.event.set_first_token_ms(-1);
    usage_.event.set_session(0xAB);
    usage_.event.mutable_tokens()->set_cache_read(7);
    usage_.event.set_usage_source(v1::USAGE_SOURCE_REPORTED);
    AdminServerTest::SetUp();
    Start({{"usage-target", double_.target()}});
  }

  FakeUsage usage_;
  FakeMaintenance maintenance_;
  std::string id_;
  UsageDouble double_{&usage_, &maintenance_};
};

TEST_F(RestLogsTest, RowsHaveTheContractsFields) {
  const Reply reply = Admin("GET", "/api/v1/admin/logs");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto json = reply.Json();
  EXPECT_EQ(At(json, "total").as_int64(), 41);
  EXPECT_EQ(At(json, "next_cursor").as_string(), "next");
  EXPECT_EQ(At(json, "searched_to").as_string(), "2026-02-24T09:00:00Z");
  const auto& row = At(json, "data").as_array().at(0);
  EXPECT_EQ(row.at("id").as_string().c_str(), UuidToText(id_));
  EXPECT_EQ(row.at("request_id"), row.at("id"));
  EXPECT_EQ(row.at("started_at").as_string(), "2026-02-24T09:00:00Z");
  EXPECT_EQ(row.at("cost_nano_usd").as_int64(), 1234);
  EXPECT_EQ(row.at("cost_usd").as_string(), "0.000001234");
  EXPECT_EQ(row.at("cache_read_tokens").as_int64(), 7);
  EXPECT_EQ(row.at("protocol").as_string(), "anthropic_messages");
  EXPECT_EQ(row.at("usage_source").as_string(), "reported");
  EXPECT_TRUE(row.at("first_token_ms").is_null());
  EXPECT_EQ(row.at("session").as_string(), "00000000000000ab");
  EXPECT_EQ(row.at("attempts").as_int64(), 3) << "in rows their number";
  EXPECT_EQ(row.at("account_name").as_string(), "main");
  EXPECT_EQ(usage_.authorization, std::string("Bearer ") + kInternalToken);
}

TEST_F(RestLogsTest, FiltersReachUsage) {
  const Reply reply =
      Admin("GET",
            "/api/v1/admin/logs?page=3&limit=10&sort=-cost&from=2026-01-01T00:00:00Z&key_id=4&"
            "key_id=5&model=a&status=error&status=429&search=xy");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(usage_.list.offset(), 20u);
  EXPECT_EQ(usage_.list.limit(), 10u);
  EXPECT_EQ(usage_.list.order(), v1::EVENT_ORDER_COST_DESC);
  const v1::EventFilter& filter = usage_.list.filter();
  EXPECT_EQ(filter.from_unix_ms(), 1'767'225'600'000);
  EXPECT_EQ(filter.key_ids_size(), 2);
  EXPECT_EQ(filter.models(0), "a");
  EXPECT_TRUE(filter.only_errors());
  EXPECT_EQ(filter.statuses(0), 429);
  EXPECT_EQ(filter.search(), "xy");
  EXPECT_EQ(filter.user_ids_size(), 0);
  EXPECT_EQ(Admin("GET", "/api/v1/admin/logs?status=bad").status, 400);
  EXPECT_EQ(Admin("GET", "/api/v1/admin/logs?bogus=1").status, 400);
  const std::string id = UuidToText(id_);
  EXPECT_EQ(Admin("GET",
                  "/api/v1/admin/logs?served_model=b&protocol=gemini&complete=false&stream=true&"
                  "client_ip=10.0.&user_agent=codex&request_id=" +
                      id)
                .status,
            200);
  EXPECT_EQ(filter.served_models(0), "b");
  EXPECT_EQ(filter.dialects(0), v1::DIALECT_GEMINI);
  EXPECT_TRUE(filter.has_complete() && !filter.complete());
  EXPECT_TRUE(filter.has_stream() && filter.stream());
  EXPECT_EQ(filter.client_ip(), "10.0.");
  EXPECT_EQ(filter.user_agent(), "codex");
  EXPECT_EQ(filter.id(), id_);
  EXPECT_EQ(Admin("GET",
                  "/api/v1/admin/logs?retried=true&latency_ms_min=60000&cost_usd_min=0.05&"
                  "session=00000000000000ff&session=my-session")
                .status,
            200);
  EXPECT_TRUE(filter.has_retried() && filter.retried());
  EXPECT_EQ(filter.latency_ms_min(), 60'000);
  EXPECT_EQ(filter.cost_nano_usd_min(), 50'000'000);
  ASSERT_EQ(filter.sessions_size(), 3);
  EXPECT_EQ(filter.sessions(0), 0xFFU);
  EXPECT_EQ(filter.sessions(1), StableHash("00000000000000ff")) << "a client may call it so";
  EXPECT_EQ(filter.sessions(2), StableHash("my-session"));
  for (const char* bad :
       {"protocol=smtp", "complete=yes", "stream=1", "request_id=7", "scope=x", "tz=Mars/Olympus",
        "from=yesterday", "cache_hit=false", "retried=1", "latency_ms_min=0", "latency_ms_min=1.5",
        "cost_usd_min=-1", "cost_usd_min=much"}) {
    EXPECT_EQ(Admin("GET", std::string("/api/v1/admin/logs?") + bad).status, 400) << bad;
  }
  Admin("GET", "/api/v1/admin/logs?from=2026-03-01&tz=Asia/Shanghai");
  EXPECT_EQ(filter.from_unix_ms(), 1'772'294'400'000) << "midnight there";
  Admin("GET", "/api/v1/admin/logs?cursor=abc");
  EXPECT_EQ(usage_.list.cursor(), "abc");
  EXPECT_FALSE(usage_.list.with_total()) << "a walk does not count millions at each step";
}

TEST_F(RestLogsTest, ADetailHasItsAttempts) {
  const Reply reply = Admin("GET", "/api/v1/admin/logs/" + UuidToText(id_));
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto attempt = At(reply.Json(), "attempts").as_array().at(0);
  EXPECT_EQ(attempt.at("status").as_int64(), 529);
  EXPECT_EQ(attempt.at("error_class").as_string(), "upstream_overloaded");
  EXPECT_EQ(Admin("GET", "/api/v1/admin/logs/nonsense").status, 404);
  EXPECT_EQ(Admin("GET", "/api/v1/admin/logs/" + UuidToText(NewUuid7Bytes(1))).status, 404);
}

TEST_F(RestLogsTest, UsersSeeTheirOwn) {
  std::int64_t id = 0;
  const std::string ann = MakeUser("ann", &id);
  EXPECT_EQ(As(ann, "GET", "/api/v1/admin/logs").status, 403);
  EXPECT_EQ(As(ann, "GET", "/api/v1/logs").status, 200);
  ASSERT_EQ(usage_.list.filter().user_ids_size(), 1);
  EXPECT_EQ(usage_.list.filter().user_ids(0), id);
  EXPECT_EQ(As(ann, "GET", "/api/v1/logs?user_id=1").status, 400);
  EXPECT_EQ(As(ann, "GET", "/api/v1/logs?account_id=1").status, 400);
  EXPECT_EQ(As(ann, "GET", "/api/v1/usage/summary?by=account").status, 400);
  const auto rows = As(ann, "GET", "/api/v1/logs").Json();
  EXPECT_FALSE(At(rows, "data").as_array().at(0).as_object().contains("account_name"));
  const std::string path = "/api/v1/logs/" + UuidToText(id_);
  EXPECT_EQ(As(ann, "GET", path).status, 404) << "somebody else's";
  usage_.event.set_user_id(id);
  const auto own = As(ann, "GET", path).Json();
  EXPECT_EQ(At(own, "attempts").as_int64(), 1) << "their number alone";
  EXPECT_FALSE(own.as_object().contains("account_id"));
  EXPECT_EQ(As(ann, "GET", "/api/v1/usage/summary?by=model").status, 200);
  ASSERT_EQ(usage_.summarize.filter().user_ids_size(), 1);
  EXPECT_EQ(usage_.summarize.filter().user_ids(0), id);
}

TEST_F(RestLogsTest, SummariesHaveTotalsAndRows) {
  const auto json = Admin("GET", "/api/v1/usage/summary?by=model&by=account").Json();
  EXPECT_EQ(At(json, "totals", "cost_usd").as_string(), "1.50");
  const auto& row = At(json, "data").as_array().at(0);
  EXPECT_EQ(row.at("model").as_string(), "claude-x");
  EXPECT_EQ(row.at("account_id").as_int64(), 1);
  EXPECT_TRUE(At(json, "truncated").as_bool());
  const auto by_model = Admin("GET", "/api/v1/usage/summary?by=model").Json();
  EXPECT_FALSE(At(by_model, "truncated").as_bool());
  EXPECT_EQ(Admin("GET", "/api/v1/usage/summary?by=colour").status, 400);
  EXPECT_EQ(row.at("account_name").is_null(), true) << "no account has this id any more";
  EXPECT_EQ(Admin("GET", "/api/v1/usage/summary?by=model&by=key&by=user").status, 400);
  EXPECT_EQ(Admin("GET", "/api/v1/usage/summary?status=200").status, 400) << "roll-ups know none";
}

TEST_F(RestLogsTest, SummariesCompareWithTheTimeBefore) {
  const std::string range = "from=2026-03-10T00:00:00Z&to=2026-03-11T00:00:00Z";
  const auto json = Admin("GET", "/api/v1/usage/summary?compare=previous&" + range).Json();
  EXPECT_EQ(At(json, "previous", "from").as_string(), "2026-03-09T00:00:00Z");
  EXPECT_EQ(At(json, "previous", "totals", "requests").as_int64(), 3);
  EXPECT_EQ(usage_.summarize.filter().to_unix_ms(), 1'773'100'800'000);
  EXPECT_EQ(Admin("GET", "/api/v1/usage/summary?compare=previous").status, 400);
  EXPECT_EQ(Admin("GET", "/api/v1/usage/summary?compare=x&" + range).status, 400);
}

// Sums are by the quarter-hour: what the range's first one holds is not what was before.
TEST_F(RestLogsTest, TheTimeBeforeEndsWhereTheRangesFirstQuarterBegins) {
  const auto json = Admin("GET",
                          "/api/v1/usage/summary?compare=previous&from=2026-03-10T09:20:00Z&"
                          "to=2026-03-10T10:20:00Z")
                        .Json();
  EXPECT_EQ(At(json, "previous", "from").as_string(), "2026-03-10T08:15:00Z");
  EXPECT_EQ(At(json, "previous", "to").as_string(), "2026-03-10T09:15:00Z");
}

TEST_F(RestLogsTest, ATopHasItsRest) {
  const auto json = Admin("GET", "/api/v1/usage/top?by=key&sort=-tokens&limit=1").Json();
  EXPECT_EQ(usage_.summarize.order(), v1::REPORT_ORDER_TOKENS);
  EXPECT_EQ(usage_.summarize.limit(), 1u);
  EXPECT_EQ(At(json, "data").as_array().size(), 1u);
  EXPECT_EQ(At(json, "rest", "requests").as_int64(), 0);
  EXPECT_EQ(At(json, "rest", "cost_usd").as_string(), "0.00");
  for (const char* bad : {"limit=0", "limit=101", "sort=cost", "by=key&by=user", "bucket=day"}) {
    EXPECT_EQ(Admin("GET", std::string("/api/v1/usage/top?") + bad).status, 400) << bad;
  }
}

TEST_F(RestLogsTest, ListsSayWhenAKeyWasLastUsed) {
  const auto keys = Admin("GET", "/api/v1/api-keys").Json();
  EXPECT_EQ(At(keys, "data").as_array().at(0).at("last_used_at").as_string(),
            "2026-02-24T09:00:00Z");
}

TEST_F(RestLogsTest, StatusSaysWhetherWhatComesInIsStored) {
  EXPECT_EQ(At(Send("GET", "/api/v1/status").Json(), "status").as_string(), "ok");
  EXPECT_EQ(At(Admin("GET", "/api/v1/status").Json(), "ingest").at("status").as_string(), "ok");
  const auto ingest_after = [&](std::int64_t oldest_waiting_ms, std::int64_t failing_since_ms) {
    {
      const std::lock_guard lock(maintenance_.mutex);
      maintenance_.ingest.set_oldest_waiting_ms(oldest_waiting_ms);
      maintenance_.ingest.set_failing_since_unix_ms(failing_since_ms);
    }
    EXPECT_EQ(At(Send("GET", "/api/v1/status").Json(), "status").as_string(), "degraded");
    const auto json = Admin("GET", "/api/v1/status").Json();
    return std::string(At(json, "ingest").at("status").as_string().c_str());
  };
  EXPECT_EQ(ingest_after(60'000, 0), "late");
  EXPECT_EQ(ingest_after(60'000, 1'771'923'600'000), "failing");
}

}  // namespace
}  // namespace weir::admin
