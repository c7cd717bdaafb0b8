// Latency over time, against a usage service that the test controls.
#include <memory>
#include <mutex>
#include <string>

#include "libs/common/text.h"
#include "tests/unit/admin/admin_server.h"
#include "tests/unit/admin/usage_double.h"
#include "weir/v1/report.grpc.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

class FakeReports final : public v1::UsageReports::Service {
 public:
  // Something in the second bucket, and what no bucket stands for.
  grpc::Status Latency(grpc::ServerContext*, const v1::LatencyRequest* request,
                       v1::LatencyResponse* response) override {
    const std::lock_guard lock(mutex);
    latency = *request;
    response->set_exact(true);
    for (const std::uint32_t bucket : {1U, 2'000'000'000U}) {
      v1::BucketLatency& row = *response->add_rows();
      row.set_bucket(bucket);
      row.mutable_latency()->set_measured(3);
      row.mutable_latency()->set_p50_ms(120);
      row.mutable_latency()->set_p99_ms(900);
    }
    *response->mutable_total() = response->rows(0);
    v1::LatencyBar& bar = *response->add_bars();
    bar.set_from_ms(1'000'000);
    bar.set_answers(3);
    return grpc::Status::OK;
  }

  std::mutex mutex;
  v1::LatencyRequest latency;
};

class RestLatencyTest : public AdminServerTest {
 protected:
  void SetUp() override {
    AdminServerTest::SetUp();
    Start({{"usage-target", double_.target()}});
  }

  FakeReports reports_;
  UsageDouble double_{&reports_};
};

TEST_F(RestLatencyTest, LatencyOverTimeHasGapsWhereNothingWasMeasured) {
  const auto json = Admin("GET",
                          "/api/v1/usage/latency?tz=Europe/Berlin&from=2026-03-28&to=2026-03-30&"
                          "account_id=4")
                        .Json();
  EXPECT_EQ(reports_.latency.edges_unix_ms_size(), 3);
  EXPECT_EQ(reports_.latency.filter().account_ids(0), 4);
  EXPECT_TRUE(At(json, "exact").as_bool());
  EXPECT_TRUE(At(json, "since").is_null());
  const auto& data = At(json, "data").as_array();
  ASSERT_EQ(data.size(), 2u);
  EXPECT_TRUE(data.at(0).at("latency").at("p50_ms").is_null());
  EXPECT_EQ(data.at(0).at("latency").at("measured").as_int64(), 0);
  EXPECT_EQ(data.at(1).at("latency").at("p99_ms").as_int64(), 900);
  EXPECT_TRUE(data.at(1).at("first_token").at("p99_ms").is_null()) << "none was told";
  EXPECT_EQ(At(json, "latency", "p50_ms").as_int64(), 120);
  const auto& bars = At(json, "histogram").as_array();
  ASSERT_EQ(bars.size(), 1u);
  EXPECT_EQ(bars.at(0).at("from_ms").as_int64(), 1'000'000);
  EXPECT_TRUE(bars.at(0).at("below_ms").is_null());
}

TEST_F(RestLatencyTest, LatencyOverTimeIsOnesOwn) {
  for (const char* bad : {"bucket=week", "tz=Nowhere/City", "top=3", "status=500"}) {
    EXPECT_EQ(Admin("GET", std::string("/api/v1/usage/latency?") + bad).status, 400) << bad;
  }
  std::int64_t id = 0;
  const std::string ann = MakeUser("ann", &id);
  EXPECT_EQ(As(ann, "GET", "/api/v1/usage/latency?bucket=hour").status, 200);
  ASSERT_EQ(reports_.latency.filter().user_ids_size(), 1);
  EXPECT_EQ(reports_.latency.filter().user_ids(0), id);
}

}  // namespace
}  // namespace weir::admin
