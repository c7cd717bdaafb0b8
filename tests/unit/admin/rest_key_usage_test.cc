// The page of a key, against a usage service that the test controls.
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "libs/common/clock.h"
#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "libs/common/utc_window.h"
#include "services/admin/usage_glance.h"
#include "tests/unit/admin/admin_server.h"
#include "tests/unit/admin/usage_double.h"
#include "weir/v1/query.grpc.pb.h"
#include "weir/v1/report.grpc.pb.h"
#include "weir/v1/spend.grpc.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

// Until the caller gives up.
void WaitForItsEnd(grpc::ServerContext& context) {
  while (!context.IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

class FakeReports final : public v1::UsageReports::Service {
 public:
  grpc::Status Series(grpc::ServerContext* context, const v1::SeriesRequest* request,
                      v1::SeriesResponse* response) override {
    if (hangs) WaitForItsEnd(*context);
    const std::lock_guard lock(mutex);
    series = *request;
    v1::SeriesRow& total = *response->add_totals();
    total.set_bucket(1);
    total.mutable_sums()->set_requests(10);
    return grpc::Status::OK;
  }

  std::atomic<bool> hangs = false;
  std::mutex mutex;
  v1::SeriesRequest series;
};

class FakeQuery final : public v1::UsageQuery::Service {
 public:
  grpc::Status Summarize(grpc::ServerContext*, const v1::SummarizeRequest* request,
                         v1::SummarizeResponse* response) override {
    const std::lock_guard lock(mutex);
    summarize = *request;
    v1::SummaryRow& row = *response->add_rows();
    row.set_model("claude-x");
    row.set_requests(7);
    row.set_cost_nano_usd(1'500'000'000);
    return grpc::Status::OK;
  }
  grpc::Status ListEvents(grpc::ServerContext*, const v1::ListEventsRequest* request,
                          v1::ListEventsResponse* response) override {
    const std::lock_guard lock(mutex);
    list = *request;
    v1::UsageEvent& event = *response->add_events();
    event.set_id(NewUuid7Bytes(1'771'923'600'000));
    event.set_model("claude-x");
    event.set_status(200);
    event.set_cost_nano_usd(1'234);
    event.set_account_name("main");
    event.set_client_ip("203.0.113.9");
    event.set_user_agent("claude-cli/2");
    return grpc::Status::OK;
  }

  grpc::Status LastUsed(grpc::ServerContext* context, const v1::LastUsedRequest*,
                        v1::LastUsedResponse*) override {
    if (hangs) WaitForItsEnd(*context);
    return grpc::Status::OK;
  }

  std::atomic<bool> hangs = false;
  std::mutex mutex;
  v1::SummarizeRequest summarize;
  v1::ListEventsRequest list;
};

class FakeSpend final : public v1::SpendService::Service {
 public:
  grpc::Status PeekBudgets(grpc::ServerContext* context, const v1::PeekBudgetsRequest* request,
                           v1::PeekBudgetsResponse* response) override {
    if (hangs) WaitForItsEnd(*context);
    for (int i = 0; i < request->budgets_size(); ++i) {
      v1::BudgetStanding& standing = *response->add_standings();
      const bool money = request->budgets(i).unit() == v1::BUDGET_UNIT_NANO_USD;
      standing.set_spent(money ? 1'250'000'000 : 4);
      standing.set_held(money ? 250'000'000 : 0);
    }
    return grpc::Status::OK;
  }

  std::atomic<bool> hangs = false;
};

class RestKeyUsageTest : public AdminServerTest {
 protected:
  void SetUp() override {
    AdminServerTest::SetUp();
    Start({{"usage-target", double_.target()}});
    const auto made = Admin("POST", "/api/v1/api-keys",
                            R"({"name":"ci","limits":{"usd_per_day":"2","requests_total":10}})")
                          .Json();
    key_ = At(made, "key").as_string();
    key_id_ = At(made, "id").as_int64();
  }

  Reply Show(const std::string& query) {
    return Send("GET", "/api/v1/key-usage" + query, "", {{"x-api-key", key_}});
  }

  FakeReports reports_;
  FakeQuery query_;
  FakeSpend spend_;
  UsageDouble double_{&reports_, &query_, &spend_};
  std::string key_;
  std::int64_t key_id_ = 0;
};

TEST_F(RestKeyUsageTest, AKeyShowsItsOwnUse) {
  const Reply reply = Show("?days=3&tz=Asia/Tokyo");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto json = reply.Json();
  EXPECT_EQ(At(json, "key", "name").as_string(), "ci");
  EXPECT_EQ(At(json, "key", "limits", "usd_per_day").as_string(), "2.00");
  EXPECT_FALSE(At(json, "key").as_object().contains("key"));
  const auto& windows = At(json, "windows").as_array();
  ASSERT_EQ(windows.size(), 2u);
  EXPECT_EQ(windows.at(0).at("limit").as_string(), "usd_per_day");
  EXPECT_EQ(windows.at(0).at("used_usd").as_string(), "1.25");
  EXPECT_EQ(windows.at(0).at("left_usd").as_string(), "0.50");
  EXPECT_TRUE(windows.at(0).at("resets_at").is_string());
  EXPECT_EQ(windows.at(1).at("left").as_int64(), 6);
  EXPECT_TRUE(windows.at(1).at("resets_at").is_null());
  EXPECT_EQ(At(json, "days").as_array().size(), 3u);
  EXPECT_EQ(reports_.series.filter().key_ids(0), key_id_);
  EXPECT_EQ(Send("GET", "/api/v1/key-usage", "", {{"authorization", "Bearer " + key_}}).status,
            200);
}

TEST_F(RestKeyUsageTest, ItsModelsAreThoseOfTheDays) {
  const auto json = Show("?days=3&tz=Asia/Tokyo").Json();
  const auto& model = At(json, "models").as_array().at(0);
  EXPECT_EQ(model.at("model").as_string(), "claude-x");
  EXPECT_EQ(model.at("requests").as_int64(), 7);
  EXPECT_EQ(model.at("cost_usd").as_string(), "1.50");
  const v1::SummarizeRequest& asked = query_.summarize;
  ASSERT_EQ(asked.filter().key_ids_size(), 1);
  EXPECT_EQ(asked.filter().key_ids(0), key_id_);
  EXPECT_EQ(asked.by_size(), 1);
  EXPECT_EQ(asked.by(0), v1::DIMENSION_MODEL);
  EXPECT_TRUE(asked.rows_only()) << "no totals are shown";
  const auto& edges = reports_.series.edges_unix_ms();
  EXPECT_EQ(asked.filter().from_unix_ms(), edges.at(0));
  EXPECT_EQ(asked.filter().to_unix_ms(), edges.at(edges.size() - 1));
}

TEST_F(RestKeyUsageTest, ItsLastRequestsTellNothingOfAccountsAndCallers) {
  const auto json = Show("").Json();
  const auto& request = At(json, "last_requests").as_array().at(0).as_object();
  EXPECT_EQ(request.at("model").as_string(), "claude-x");
  EXPECT_EQ(request.at("cost_nano_usd").as_int64(), 1'234);
  for (const char* hidden : {"account_id", "account_name", "user_id", "client_ip", "user_agent"}) {
    EXPECT_FALSE(request.contains(hidden)) << hidden;
  }
  const v1::ListEventsRequest& asked = query_.list;
  ASSERT_EQ(asked.filter().key_ids_size(), 1);
  EXPECT_EQ(asked.filter().key_ids(0), key_id_);
  EXPECT_EQ(asked.limit(), 20U);
  EXPECT_FALSE(asked.with_total());
  EXPECT_LT(asked.filter().from_unix_ms(), UnixMs() - 89 * kDayMs);
  EXPECT_GT(asked.filter().from_unix_ms(), UnixMs() - 91 * kDayMs) << "not all that there is";
}

// Whoever holds a key may ask: ten seconds for each question would keep many threads of admin.
TEST_F(RestKeyUsageTest, AUsageServiceThatHangsIsWaitedForOnceAndThenNotAtAll) {
  const auto waited_ms = [this] {
    const std::int64_t began_ms = UnixMs();
    const Reply reply = Show("");
    EXPECT_EQ(reply.status, 503) << reply.body;
    return UnixMs() - began_ms;
  };
  query_.hangs = true;
  spend_.hangs = true;
  reports_.hangs = true;
  EXPECT_LT(waited_ms(), 2 * UsageGlance::kAskedForWaitMs);
  EXPECT_LT(waited_ms(), UsageGlance::kAskedForWaitMs / 2);
}

TEST_F(RestKeyUsageTest, AllQuestionsWaitTogether) {
  reports_.hangs = true;
  const std::int64_t began_ms = UnixMs();
  EXPECT_EQ(Show("").status, 503) << "the windows were answered, the days were not";
  EXPECT_LT(UnixMs() - began_ms, 2 * UsageGlance::kAskedForWaitMs);
}

// Else whoever holds a key with much behind it could keep everybody's figures away.
TEST_F(RestKeyUsageTest, OneReportThatTakesLongIsNoSilence) {
  reports_.hangs = true;
  EXPECT_EQ(Show("").status, 503);
  const std::int64_t began_ms = UnixMs();
  EXPECT_EQ(Admin("GET", StrCat("/api/v1/api-keys/", key_id_, "/windows")).status, 200);
  EXPECT_LT(UnixMs() - began_ms, UsageGlance::kWaitMs);
  reports_.hangs = false;
  EXPECT_EQ(Show("").status, 200) << "nothing is remembered";
}

TEST_F(RestKeyUsageTest, OnlyAKeyThatWorksIsShown) {
  EXPECT_EQ(Send("GET", "/api/v1/key-usage").status, 401);
  EXPECT_EQ(Send("GET", "/api/v1/key-usage", "", {{"x-api-key", key_ + "x"}}).status, 401);
  EXPECT_EQ(Show("?days=0").status, 400);
}

// It may be off because somebody has it who should not: why, and not a figure.
TEST_F(RestKeyUsageTest, WhoHoldsAKeyThatIsOffHearsWhy) {
  EXPECT_EQ(Admin("POST", StrCat("/api/v1/api-keys/", key_id_, "/disable")).status, 200);
  const Reply key = Show("");
  EXPECT_EQ(key.status, 403);
  EXPECT_EQ(At(key.Json(), "reason").as_string(), "key_disabled");
  EXPECT_EQ(key.body.find("usd"), std::string::npos) << key.body;
  EXPECT_EQ(Admin("POST", StrCat("/api/v1/api-keys/", key_id_, "/enable")).status, 200);
  EXPECT_EQ(Admin("PATCH", "/api/v1/groups/1", R"({"status":"disabled"})").status, 200);
  EXPECT_EQ(At(Show("").Json(), "reason").as_string(), "group_disabled");
}

TEST_F(RestKeyUsageTest, ItsGroupsLimitBindsItTooAndShowsItsShareAlone) {
  EXPECT_EQ(Admin("PATCH", "/api/v1/groups/1", R"({"limits":{"usd_per_month":"10"}})").status, 200);
  const auto shown = Show("").Json();
  const auto& window = At(shown, "windows").as_array().back();
  EXPECT_EQ(window.at("subject").as_string(), "group");
  EXPECT_EQ(window.at("limit").as_string(), "usd_per_month");
  EXPECT_EQ(window.at("used_pct").as_double(), 12.5);
  EXPECT_FALSE(window.as_object().contains("used_usd")) << "others have spent it too";
  const auto all = Admin("GET", StrCat("/api/v1/api-keys/", key_id_, "/windows")).Json();
  EXPECT_EQ(At(all, "windows").as_array().back().at("used_usd").as_string(), "1.25");
}

TEST_F(RestKeyUsageTest, WhoSeesAKeySeesItsWindows) {
  std::int64_t user_id = 0;
  const std::string ann = MakeUser("ann", &user_id);
  const auto made =
      Admin("POST", "/api/v1/api-keys",
            StrCat(R"({"name":"ci","limits":{"usd_per_day":"2"},"user_id":)", user_id, "}"))
          .Json();
  const std::string path = StrCat("/api/v1/api-keys/", At(made, "id").as_int64(), "/windows");
  const Reply reply = As(ann, "GET", path);
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto json = reply.Json();
  const auto& windows = At(json, "windows").as_array();
  ASSERT_EQ(windows.size(), 1u) << reply.body;
  EXPECT_EQ(windows.at(0).at("subject").as_string(), "key");
  EXPECT_EQ(windows.at(0).at("cap_usd").as_string(), "2.00");
  EXPECT_EQ(windows.at(0).at("reserved_usd").as_string(), "0.25");
  EXPECT_EQ(As(MakeUser("bob"), "GET", path).status, 404);
  EXPECT_EQ(Send("GET", path).status, 401);
}

}  // namespace
}  // namespace weir::admin
