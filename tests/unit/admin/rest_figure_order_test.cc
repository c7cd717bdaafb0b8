// Lists in the order of figures that usage has, against a usage service that the test controls.
#include <mutex>
#include <string>
#include <vector>

#include "libs/common/text.h"
#include "tests/unit/admin/admin_server.h"
#include "tests/unit/admin/usage_double.h"
#include "weir/v1/query.grpc.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

// Tells what it is asked for the first time: in the order of `ids`, when it is asked for an order.
class FakeQuery final : public v1::UsageQuery::Service {
 public:
  grpc::Status Summarize(grpc::ServerContext*, const v1::SummarizeRequest* request,
                         v1::SummarizeResponse* response) override {
    const std::lock_guard lock(mutex);
    if (request->limit() == 0) return grpc::Status::OK;
    asked = *request;
    for (const std::int64_t id : ids) {
      v1::SummaryRow& row = *response->add_rows();
      row.set_requests(1);
      if (request->by(0) == v1::DIMENSION_USER) {
        row.set_user_id(id);
      } else {
        row.set_key_id(id);
      }
    }
    return grpc::Status::OK;
  }

  std::mutex mutex;
  std::vector<std::int64_t> ids;
  v1::SummarizeRequest asked;
};

class RestFigureOrderTest : public AdminServerTest {
 protected:
  void SetUp() override {
    AdminServerTest::SetUp();
    Start({{"usage-target", double_.target()}});
  }

  std::int64_t MakeKey(const std::string& name, std::int64_t user_id = 1) {
    return At(Admin("POST", "/api/v1/api-keys",
                    StrCat(R"({"name":")", name, R"(","user_id":)", user_id, "}"))
                  .Json(),
              "id")
        .as_int64();
  }

  std::vector<std::int64_t> Ids(const Reply& reply) {
    EXPECT_EQ(reply.status, 200) << reply.body;
    std::vector<std::int64_t> ids;
    const auto json = reply.Json();
    for (const auto& one : At(json, "data").as_array()) ids.push_back(one.at("id").as_int64());
    return ids;
  }

  FakeQuery query_;
  UsageDouble double_{&query_};
};

using Found = std::vector<std::int64_t>;

TEST_F(RestFigureOrderTest, KeysByWhatTheyCostTodayAndPageByPage) {
  const std::int64_t a = MakeKey("key-a");
  const std::int64_t b = MakeKey("key-b");
  const std::int64_t c = MakeKey("key-c");
  query_.ids = {c, a};
  const std::string path = "/api/v1/api-keys?name=key-&sort=-today_cost";
  EXPECT_EQ(Ids(Admin("GET", path)), (Found{c, a, b}));
  EXPECT_EQ(query_.asked.by(0), v1::DIMENSION_KEY);
  EXPECT_EQ(query_.asked.order(), v1::REPORT_ORDER_UNSPECIFIED);
  EXPECT_EQ(query_.asked.filter().to_unix_ms() - query_.asked.filter().from_unix_ms(), 86'400'000);
  EXPECT_EQ(Ids(Admin("GET", path + "&limit=2&page=2")), Found{b});
  EXPECT_EQ(Ids(Admin("GET", "/api/v1/api-keys?name=key-a&sort=-today_cost")), Found{a});
  EXPECT_EQ(Ids(Admin("GET", "/api/v1/api-keys?sort=-today_requests&limit=1")), Found{c});
  EXPECT_EQ(query_.asked.order(), v1::REPORT_ORDER_REQUESTS);
}

TEST_F(RestFigureOrderTest, OnesOwnKeysAreOrderedAmongThemselves) {
  std::int64_t user_id = 0;
  const std::string ann = MakeUser("ann", &user_id);
  const std::int64_t first = MakeKey("first", user_id);
  const std::int64_t second = MakeKey("second", user_id);
  query_.ids = {second, MakeKey("another's"), first};
  EXPECT_EQ(Ids(As(ann, "GET", "/api/v1/api-keys?sort=-today_cost")), (Found{second, first}));
  ASSERT_EQ(query_.asked.filter().user_ids_size(), 1);
  EXPECT_EQ(query_.asked.filter().user_ids(0), user_id);
}

TEST_F(RestFigureOrderTest, TheMonthIsAFigureOfUsersAlone) {
  std::int64_t ann = 0;
  MakeUser("ann", &ann);
  query_.ids = {ann};
  EXPECT_EQ(Ids(Admin("GET", "/api/v1/users?sort=-month_cost")).front(), ann);
  EXPECT_GE(query_.asked.filter().to_unix_ms() - query_.asked.filter().from_unix_ms(),
            28LL * 86'400'000);
  EXPECT_EQ(Admin("GET", "/api/v1/api-keys?sort=-month_cost").status, 400);
}

TEST_F(RestFigureOrderTest, TheGreatestComeFirstAndNoOtherWay) {
  for (const char* list :
       {"/api/v1/api-keys", "/api/v1/users", "/api/v1/groups", "/api/v1/admin/accounts"}) {
    EXPECT_EQ(Admin("GET", std::string(list) + "?sort=-today_cost").status, 200) << list;
    EXPECT_EQ(Admin("GET", std::string(list) + "?sort=today_cost").status, 400) << list;
    EXPECT_EQ(Admin("GET", std::string(list) + "?sort=--today_cost").status, 400) << list;
  }
}

TEST_F(RestFigureOrderTest, WithoutUsageThereIsNoSuchOrder) {
  Start({{"usage-target", "127.0.0.1:1"}});
  EXPECT_EQ(Admin("GET", "/api/v1/api-keys?sort=-today_cost").status, 503);
  EXPECT_EQ(Admin("GET", "/api/v1/api-keys").status, 200);
}

}  // namespace
}  // namespace weir::admin
