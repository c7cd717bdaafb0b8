// Logs and summaries against a usage service that the test controls.
#include <memory>
#include <mutex>
#include <string>

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "tests/unit/admin/admin_server.h"
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

class RestLogsTest : public AdminServerTest {
 protected:
  void SetUp() override {
    id_ = NewUuid7Bytes(1'771'923'600'000);
    usage_.event.set_id(id_);
    usage_.event.set_started_at_unix_ms(1'771'923'600'000);
    usage_.event.set_model("claude-x");
    usage_.event.set_dialect(v1::DIALECT_ANTHROPIC_MESSAGES);
    usage_.event.set_cost_nano_usd(1'234);
    usage_.event.set_first_token_ms(-1);
    usage_.event.mutable_tokens()->set_cache_read(7);
    usage_.event.set_usage_source(v1::USAGE_SOURCE_REPORTED);
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&usage_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    AdminServerTest::SetUp();
    Start({{"usage-target", StrCat("127.0.0.1:", port)}});
  }

  FakeUsage usage_;
  std::string id_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(RestLogsTest, RowsHaveTheContractsFields) {
  const Reply reply = Admin("GET", "/api/v1/admin/logs");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto json = reply.Json();
  EXPECT_EQ(At(json, "total").as_int64(), 41);
  EXPECT_EQ(At(json, "next_cursor").as_string(), "next");
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
  EXPECT_EQ(row.as_object().count("attempts"), 0u) << "only in the detail";
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
  EXPECT_EQ(Admin("GET", "/api/v1/usage/summary?by=colour").status, 400);
  const auto stats = Admin("GET", "/api/v1/admin/logs/stats").Json();
  EXPECT_EQ(At(stats, "requests").as_int64(), 3);
  EXPECT_EQ(At(stats, "by_model").as_array().size(), 1u);
}

TEST_F(RestLogsTest, ListsSayWhenAKeyWasLastUsed) {
  const auto keys = Admin("GET", "/api/v1/api-keys").Json();
  EXPECT_EQ(At(keys, "data").as_array().at(0).at("last_used_at").as_string(),
            "2026-02-24T09:00:00Z");
  EXPECT_EQ(At(Send("GET", "/api/v1/status").Json(), "status").as_string(), "ok");
}

}  // namespace
}  // namespace weir::admin
