// Series, statistics, exports and reconciliation, against a usage service that
// the test controls.
#include <memory>
#include <mutex>
#include <string>

#include <boost/json/parse.hpp>

#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "tests/unit/admin/admin_server.h"
#include "tests/unit/admin/usage_double.h"
#include "weir/v1/query.grpc.pb.h"
#include "weir/v1/report.grpc.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

constexpr int kChunks = 5;
constexpr int kChunkRows = 3;

class FakeReports final : public v1::UsageReports::Service {
 public:
  grpc::Status Series(grpc::ServerContext*, const v1::SeriesRequest* request,
                      v1::SeriesResponse* response) override {
    const std::lock_guard lock(mutex);
    series = *request;
    v1::SeriesRow& total = *response->add_totals();
    total.set_bucket(1);
    total.mutable_sums()->set_requests(10);
    total.mutable_sums()->set_cost_nano_usd(5'000'000'000);
    if (request->by() == v1::DIMENSION_UNSPECIFIED) return grpc::Status::OK;
    v1::SummaryRow& top = *response->add_top();
    top.set_key_id(1);
    top.set_requests(7);
    v1::SeriesRow& row = *response->add_rows();
    row.set_bucket(1);
    *row.mutable_sums() = top;
    row.mutable_sums()->set_cost_nano_usd(3'000'000'000);
    return grpc::Status::OK;
  }
  // Two of a class in the second bucket, where three failed; and what no bucket stands for.
  grpc::Status Errors(grpc::ServerContext*, const v1::ErrorsRequest* request,
                      v1::ErrorsResponse* response) override {
    const std::lock_guard lock(mutex);
    errors = *request;
    response->add_top()->set_error_class("rate_limited");
    for (const std::uint32_t bucket : {1U, 2'000'000'000U}) {
      v1::BucketErrors& row = *response->add_rows();
      row.set_bucket(bucket);
      row.set_requests(2);
      row.set_error_class("rate_limited");
    }
    *response->add_totals() = response->rows(0);
    response->mutable_totals(0)->set_requests(3);
    return grpc::Status::OK;
  }
  grpc::Status Stats(grpc::ServerContext*, const v1::StatsRequest* request,
                     v1::StatsResponse* response) override {
    if (request->filter().only_errors()) return {grpc::StatusCode::INVALID_ARGUMENT, "too many"};
    response->set_requests(8);
    response->set_since_unix_ms(1'771'923'600'000);
    response->set_cache_hits(2);
    response->mutable_latency()->set_measured(6);
    response->mutable_latency()->set_p95_ms(1200);
    v1::StatusCount& status = *response->add_statuses();
    status.set_status(429);
    status.set_requests(1);
    v1::ErrorClassCount& error = *response->add_error_classes();
    error.set_error_class("rate_limited");
    error.set_requests(1);
    return grpc::Status::OK;
  }
  grpc::Status Export(grpc::ServerContext*, const v1::ExportRequest* request,
                      grpc::ServerWriter<v1::ExportChunk>* writer) override {
    {
      const std::lock_guard lock(mutex);
      export_filter = request->filter();
    }
    for (int i = 0; i < kChunks; ++i) {
      v1::ExportChunk chunk;
      for (int n = 0; n < kChunkRows; ++n) {
        *chunk.add_events() = event;
        chunk.add_attempt_counts(3);
      }
      writer->Write(chunk);
    }
    return export_breaks ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone") : grpc::Status::OK;
  }
  grpc::Status ServedDays(grpc::ServerContext*, const v1::ServedDaysRequest* request,
                          v1::ServedDaysResponse* response) override {
    const std::lock_guard lock(mutex);
    served = *request;
    v1::ServedDay& day = *response->add_days();
    day.set_day_unix_ms(1'772'323'200'000);  // 2026-03-01
    day.set_served_model("gpt-x-2026-01-15");
    day.set_account_id(1);
    day.set_requests(3);
    day.mutable_tokens()->set_input(100);
    day.mutable_tokens()->set_cache_read(40);
    day.mutable_tokens()->set_output(9);
    return grpc::Status::OK;
  }
  // One model without a price, seen in February and served.
  grpc::Status Unpriced(grpc::ServerContext*, const v1::UnpricedRequest*,
                        v1::UnpricedResponse* response) override {
    v1::UnpricedModel& model = *response->add_models();
    model.set_model("odd");
    model.set_served_model("odd");
    model.set_account_id(1);
    model.set_served_requests(3);
    model.set_first_seen_unix_ms(1'771'923'600'000);
    return grpc::Status::OK;
  }
  grpc::Status Conflicts(grpc::ServerContext*, const v1::ConflictsRequest* request,
                         v1::ConflictsResponse* response) override {
    const std::lock_guard lock(mutex);
    conflicts = *request;
    response->set_total(7);
    if (request->limit() == 0) return grpc::Status::OK;
    v1::Conflict& both = *response->add_conflicts();
    both.set_received_at_unix_ms(1'771'923'600'000);
    *both.mutable_repeated_event() = event;
    *both.mutable_stored_event() = event;
    both.mutable_stored_event()->set_cost_nano_usd(1);
    *response->add_conflicts()->mutable_repeated_event() = event;
    return grpc::Status::OK;
  }

  std::mutex mutex;
  v1::UsageEvent event;
  v1::ConflictsRequest conflicts;
  v1::SeriesRequest series;
  v1::ErrorsRequest errors;
  v1::EventFilter export_filter;
  v1::ServedDaysRequest served;
  bool export_breaks = false;
};

class RestReportsTest : public AdminServerTest {
 protected:
  void SetUp() override {
    reports_.event.set_id(NewUuid7Bytes(1'771'923'600'000));
    reports_.event.set_started_at_unix_ms(1'771'923'600'000);
    reports_.event.set_key_name("=HYPERLINK(\"http://x\")");
    reports_.event.set_model("claude, \"x\"");
    reports_.event.set_account_name("main");
    reports_.event.set_first_token_ms(-1);
    reports_.event.set_cost_nano_usd(1'500'000'000);
    reports_.event.set_user_id(1);
    reports_.event.set_group_id(1);
    AdminServerTest::SetUp();
    Start({{"usage-target", double_.target()}});
  }

  // An OpenAI account, the first one.
  std::int64_t MakeAccount() {
    const auto account =
        Admin("POST", "/api/v1/admin/accounts",
              R"({"name":"oa","platform_type":"openai","request_url":"https://api.openai.com/v1",
                  "secret_key":"sk-test-000000"})")
            .Json();
    return At(account, "id").as_int64();
  }

  FakeReports reports_;
  UsageDouble double_{&reports_};
};

TEST_F(RestReportsTest, ASeriesHasABucketForEachDayOfTheZone) {
  const auto json = Admin("GET",
                          "/api/v1/usage/series?bucket=day&tz=Europe/Berlin&from=2026-03-28&"
                          "to=2026-03-31")
                        .Json();
  const auto& data = At(json, "data").as_array();
  ASSERT_EQ(data.size(), 3u);
  EXPECT_EQ(data.at(0).at("start").as_string(), "2026-03-27T23:00:00Z");
  EXPECT_EQ(data.at(0).at("requests").as_int64(), 0) << "gaps are filled";
  EXPECT_EQ(data.at(1).at("label").as_string(), "2026-03-29");
  EXPECT_EQ(data.at(1).at("end").as_string(), "2026-03-29T22:00:00Z") << "23 hours";
  EXPECT_EQ(data.at(1).at("requests").as_int64(), 10);
  EXPECT_EQ(At(json, "totals", "cost_usd").as_string(), "5.00");
  EXPECT_EQ(At(json, "time_zone").as_string(), "Europe/Berlin");
  EXPECT_FALSE(json.as_object().contains("series"));
  EXPECT_EQ(reports_.series.edges_unix_ms_size(), 4);
}

TEST_F(RestReportsTest, ASeriesByKeyHasItsTopAndTheRest) {
  const auto json = Admin("GET",
                          "/api/v1/usage/series?by=key&sort=-requests&top=1&from=2026-03-01&"
                          "to=2026-03-03")
                        .Json();
  EXPECT_EQ(reports_.series.by(), v1::DIMENSION_KEY);
  EXPECT_EQ(reports_.series.order(), v1::REPORT_ORDER_REQUESTS);
  EXPECT_EQ(reports_.series.top(), 1u);
  const auto& series = At(json, "series").as_array();
  ASSERT_EQ(series.size(), 1u);
  EXPECT_EQ(series.at(0).at("key_id").as_int64(), 1);
  EXPECT_TRUE(series.at(0).at("key_name").is_string()) << "the key that seed made";
  EXPECT_EQ(series.at(0).at("data").as_array().at(1).at("requests").as_int64(), 7);
  EXPECT_EQ(At(json, "rest", "data").as_array().at(1).at("requests").as_int64(), 3);
  EXPECT_EQ(At(json, "rest", "totals", "cost_nano_usd").as_int64(), 2'000'000'000);
}

TEST_F(RestReportsTest, SeriesRefuseWhatTheyCannotCut) {
  for (const char* bad :
       {"bucket=week", "tz=Nowhere/City", "top=0", "top=51", "by=colour", "by=key&by=user",
        "sort=cost", "status=200", "from=2026-03-02&to=2026-03-01",
        "bucket=hour&from=2020-01-01&to=2026-01-01"}) {
    EXPECT_EQ(Admin("GET", std::string("/api/v1/usage/series?") + bad).status, 400) << bad;
  }
  std::int64_t id = 0;
  const std::string ann = MakeUser("ann", &id);
  EXPECT_EQ(As(ann, "GET", "/api/v1/usage/series?by=account").status, 400);
  EXPECT_EQ(As(ann, "GET", "/api/v1/usage/series?bucket=month").status, 200);
  ASSERT_EQ(reports_.series.filter().user_ids_size(), 1);
  EXPECT_EQ(reports_.series.filter().user_ids(0), id);
}

TEST_F(RestReportsTest, ErrorsOverTimeHaveClassesAndTheRest) {
  const auto json = Admin("GET",
                          "/api/v1/usage/errors?tz=Europe/Berlin&from=2026-03-28&to=2026-03-30&"
                          "top=3&account_id=4")
                        .Json();
  EXPECT_EQ(reports_.errors.edges_unix_ms_size(), 3);
  EXPECT_EQ(reports_.errors.top(), 3u);
  EXPECT_EQ(reports_.errors.filter().account_ids(0), 4);
  EXPECT_FALSE(At(json, "exact").as_bool());
  const auto& data = At(json, "data").as_array();
  ASSERT_EQ(data.size(), 2u);
  EXPECT_EQ(data.at(0).at("errors").as_int64(), 0);
  EXPECT_EQ(data.at(1).at("errors").as_int64(), 3);
  const auto& classes = At(json, "classes").as_array();
  EXPECT_EQ(classes.at(0).at("error_class").as_string(), "rate_limited");
  EXPECT_EQ(classes.at(0).at("data").as_array(), (boost::json::array{0, 2}));
  EXPECT_EQ(At(json, "rest", "data").as_array(), (boost::json::array{0, 1}));
}

TEST_F(RestReportsTest, ErrorsOverTimeAreOnesOwn) {
  for (const char* bad : {"bucket=week", "tz=Nowhere/City", "top=0", "top=51", "status=500"}) {
    EXPECT_EQ(Admin("GET", std::string("/api/v1/usage/errors?") + bad).status, 400) << bad;
  }
  std::int64_t id = 0;
  const std::string ann = MakeUser("ann", &id);
  EXPECT_EQ(As(ann, "GET", "/api/v1/usage/errors?bucket=hour").status, 200);
  ASSERT_EQ(reports_.errors.filter().user_ids_size(), 1);
  EXPECT_EQ(reports_.errors.filter().user_ids(0), id);
}

TEST_F(RestReportsTest, StatisticsHavePercentilesClassesAndShares) {
  const auto json = Admin("GET", "/api/v1/admin/logs/stats?model=x").Json();
  EXPECT_EQ(At(json, "latency", "p95_ms").as_int64(), 1200);
  EXPECT_TRUE(At(json, "first_token", "p95_ms").is_null()) << "of none there is no percentile";
  EXPECT_EQ(At(json, "statuses").as_array().at(0).at("status").as_int64(), 429);
  EXPECT_EQ(At(json, "error_classes").as_array().at(0).at("error_class").as_string(),
            "rate_limited");
  EXPECT_EQ(At(json, "cache_hit_share").as_string(), "0.25");
  EXPECT_FALSE(At(json, "exact").as_bool());
  EXPECT_EQ(At(json, "since").as_string(), "2026-02-24T09:00:00Z");
  EXPECT_EQ(Admin("GET", "/api/v1/admin/logs/stats?status=error").status, 400);
}

TEST_F(RestReportsTest, AnExportAsCsvIsSafeToOpen) {
  const Reply reply = Admin("GET", "/api/v1/usage/export?format=csv&model=claude-x&status=200");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.Header("transfer-encoding"), "chunked");
  EXPECT_EQ(reply.Header("content-type"), "text/csv; charset=utf-8");
  EXPECT_EQ(reports_.export_filter.models(0), "claude-x");
  EXPECT_EQ(reports_.export_filter.statuses(0), 200);
  const auto lines = Split(reply.body, '\n');
  ASSERT_EQ(lines.size(), 1u + kChunks * kChunkRows + 1u);
  EXPECT_TRUE(lines[0].starts_with("id,started_at,user_id,key_id,key_name,")) << lines[0];
  EXPECT_TRUE(lines[0].ends_with(",attempts,username,group_name\r")) << lines[0];
  EXPECT_TRUE(lines[1].ends_with(",3,admin,default\r")) << lines[1];
  EXPECT_NE(lines[1].find(R"x(,"'=HYPERLINK(""http://x"")",)x"), std::string::npos) << lines[1];
  EXPECT_NE(lines[1].find(R"x(,"claude, ""x""",)x"), std::string::npos) << lines[1];
  EXPECT_NE(lines[1].find(",1500000000,1.50,"), std::string::npos) << lines[1];
}

TEST_F(RestReportsTest, AnExportAsJsonHasALineARow) {
  const Reply reply = Admin("GET", "/api/v1/usage/export?format=jsonl");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto lines = Split(reply.body, '\n');
  ASSERT_EQ(lines.size(), kChunks * kChunkRows + 1u);
  const auto row = boost::json::parse(std::string(lines[0]));
  EXPECT_EQ(row.at("account_name").as_string(), "main");
  EXPECT_EQ(row.at("cost_usd").as_string(), "1.50");
  EXPECT_EQ(row.at("attempts").as_int64(), 3);
  EXPECT_EQ(row.at("username").as_string(), "admin");
  EXPECT_EQ(row.at("group_name").as_string(), "default");
  EXPECT_EQ(Admin("GET", "/api/v1/usage/export?format=xml").status, 400);
  EXPECT_EQ(Admin("GET", "/api/v1/usage/export?page=2").status, 400);
}

TEST_F(RestReportsTest, UsersExportTheirOwnWithoutAccounts) {
  std::int64_t id = 0;
  const std::string ann = MakeUser("ann", &id);
  const Reply reply = As(ann, "GET", "/api/v1/usage/export");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.body.find("account"), std::string::npos);
  ASSERT_EQ(reports_.export_filter.user_ids_size(), 1);
  EXPECT_EQ(reports_.export_filter.user_ids(0), id);
}

TEST_F(RestReportsTest, ExportsGiveTheirPlacesBack) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(Admin("GET", "/api/v1/usage/export").status, 200) << i;
  }
}

TEST_F(RestReportsTest, ReconcilesAProvidersExport) {
  const std::int64_t id = MakeAccount();
  const std::string csv =
      "start_time,end_time,num_model_requests,model,input_tokens,output_tokens,input_cached_"
      "tokens\n"
      "1772323200,1772409600,3,gpt-x-2026-01-15,140,9,40\n"
      "1772323200,1772409600,1,gpt-y,5,5,0\n";
  const Reply reply = Admin("POST", "/api/v1/admin/reconcile", csv, {{"Content-Type", "text/csv"}});
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto json = reply.Json();
  EXPECT_EQ(At(json, "form").as_string(), "openai");
  EXPECT_EQ(At(json, "rows", "same").as_int64(), 1) << reply.body;
  EXPECT_EQ(At(json, "rows", "only_in_file").as_int64(), 1);
  EXPECT_EQ(At(json, "totals", "difference", "input_tokens").as_int64(), -5);
  EXPECT_EQ(reports_.served.from_unix_ms(), 1'772'323'200'000);
  ASSERT_EQ(reports_.served.account_ids_size(), 1);
  EXPECT_EQ(reports_.served.account_ids(0), id);
  const auto differences =
      Admin("POST", "/api/v1/admin/reconcile?show=differences", csv, {{"Content-Type", "text/csv"}})
          .Json();
  EXPECT_EQ(At(differences, "data").as_array().size(), 1u);
  const Reply bad =
      Admin("POST", "/api/v1/admin/reconcile", "day,model,input_tokens\n2026-03-01,m,many\n");
  EXPECT_EQ(bad.status, 400);
  EXPECT_NE(bad.body.find("line 2, column input_tokens"), std::string::npos) << bad.body;
  EXPECT_EQ(As(MakeUser("ann"), "POST", "/api/v1/admin/reconcile", csv).status, 403);
  const Reply unknown = Admin("POST", "/api/v1/admin/reconcile?account_id=1&account_id=4711", csv);
  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(At(unknown.Json(), "fields", "account_id").as_string(), "there is no account 4711");
}

TEST_F(RestReportsTest, ConflictsShowBothContents) {
  const Reply reply = Admin("GET", "/api/v1/admin/logs/conflicts?limit=2");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto json = reply.Json();
  EXPECT_EQ(At(json, "total").as_int64(), 7);
  const auto& data = At(json, "data").as_array();
  ASSERT_EQ(data.size(), 2U);
  EXPECT_EQ(data.at(0).at("repeated").at("cost_nano_usd").as_int64(), 1'500'000'000);
  EXPECT_EQ(data.at(0).at("stored").at("cost_nano_usd").as_int64(), 1);
  EXPECT_TRUE(data.at(1).at("stored").is_null()) << "deleted since";
  EXPECT_EQ(reports_.conflicts.limit(), 2U);
  EXPECT_GT(reports_.conflicts.from_unix_ms(), 0) << "the last seven days";
  const std::string id = UuidToText(reports_.event.id());
  EXPECT_EQ(Admin("GET", "/api/v1/admin/logs/conflicts?request_id=" + id).status, 200);
  EXPECT_EQ(reports_.conflicts.id(), reports_.event.id());
  EXPECT_EQ(reports_.conflicts.from_unix_ms(), 0) << "one request's, however old";
  for (const char* bad : {"limit=0", "limit=201", "request_id=x", "from=x", "from=1960-01-01"}) {
    EXPECT_EQ(Admin("GET", std::string("/api/v1/admin/logs/conflicts?") + bad).status, 400) << bad;
  }
  EXPECT_EQ(As(MakeUser("ann"), "GET", "/api/v1/admin/logs/conflicts").status, 403);
}

// A price for the time from now on leaves what was served before it unpaid.
TEST_F(RestReportsTest, AModelIsUnpricedUntilItsRequestsHaveAPrice) {
  const auto unpriced = [&] {
    return At(Admin("GET", "/api/v1/admin/prices/unpriced").Json(), "data").as_array();
  };
  const auto price = [&](const std::string& from) {
    const Reply reply = Admin("POST", "/api/v1/admin/prices",
                              R"({"provider":"openai","model":"odd","input":"1","output":"2",)"
                              R"("effective_from":")" +
                                  from + R"("})");
    EXPECT_EQ(reply.status, 201) << reply.body;
  };
  ASSERT_EQ(MakeAccount(), 1) << "whose requests usage tells of";
  ASSERT_EQ(unpriced().size(), 1U);
  EXPECT_FALSE(unpriced().at(0).at("priced_now").as_bool());
  price("2026-03-01T00:00:00Z");
  ASSERT_EQ(unpriced().size(), 1U);
  EXPECT_TRUE(unpriced().at(0).at("priced_now").as_bool());
  EXPECT_FALSE(unpriced().at(0).at("priced_then").as_bool());
  price("2026-02-01T00:00:00Z");
  EXPECT_TRUE(unpriced().empty());
  const auto all = At(Admin("GET", "/api/v1/admin/prices/unpriced?show=all").Json(), "data");
  EXPECT_TRUE(all.as_array().at(0).at("priced_then").as_bool());
}

}  // namespace
}  // namespace weir::admin
