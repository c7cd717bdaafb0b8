// What models cost those who may use them.
#include <string>

#include <boost/json/parse.hpp>

#include "libs/common/text.h"
#include "tests/unit/admin/admin_server.h"

namespace weir::admin {
namespace {

class RestModelPricesTest : public AdminServerTest {
 protected:
  void SetUp() override {
    AdminServerTest::SetUp();
    Start();
    for (const char* price :
         {R"({"provider":"p","model":"big","input":"3","output":"15","cache_read":"0.3",
              "tier_above_input_tokens":200000,"tier_input":"6","tier_output":"22.5"})",
          R"({"provider":"p","model":"small","input":"0.1","output":"0.333"})"}) {
      const Reply made = Admin("POST", "/api/v1/admin/prices", price);
      ASSERT_EQ(made.status, 201) << made.body;
    }
    group_id_ = Id(Admin("POST", "/api/v1/groups",
                         R"({"name":"dear","price_multiplier":"1.5",
                             "model_mapping":{"nice":"small"}})"));
    Account(R"("name":"first","priority":1,"models":["big","odd"],"model_mapping":{"odd":"none"})");
    Account(R"("name":"second","priority":2)");
  }

  static std::int64_t Id(const Reply& reply) {
    EXPECT_EQ(reply.status, 201) << reply.body;
    return At(reply.Json(), "id").as_int64();
  }

  std::int64_t Account(const std::string& fields) {
    return Id(Admin("POST", "/api/v1/admin/accounts",
                    StrCat(R"({"platform_type":"openai","request_url":"https://x.example",
                              "provider":"p","group_ids":[1,)",
                           group_id_, "],", fields, "}")));
  }

  std::string Ask(const std::string& token, const std::string& query, int status = 200) {
    const Reply reply = As(token, "GET", "/api/v1/models/prices" + query);
    EXPECT_EQ(reply.status, status) << reply.body;
    return reply.body;
  }

  // "name input output" of each, or "name -".
  static std::string Lines(const boost::json::value& json) {
    std::string lines;
    for (const auto& model : At(json, "data").as_array()) {
      const auto& price = model.at("price");
      StrAppend(lines, std::string(model.at("name").as_string()), " ",
                price.is_null() ? "-"
                                : StrCat(std::string(price.at("input").as_string()), " ",
                                         std::string(price.at("output").as_string())),
                "\n");
    }
    return lines;
  }

  std::int64_t group_id_ = 0;
};

TEST_F(RestModelPricesTest, OfTheOwnGroupWithItsMultiplier) {
  const std::string ann = MakeUser("ann");
  const auto json = boost::json::parse(Ask(ann, ""));
  EXPECT_EQ(At(json, "group_name").as_string(), "default");
  EXPECT_EQ(Lines(json), "big 3.00 15.00\nodd -\nsmall 0.10 0.333\n");
  const auto& big = At(json, "data").as_array().at(0);
  EXPECT_EQ(big.at("provider").as_string(), "p");
  EXPECT_EQ(big.at("price").at("cache_read").as_string(), "0.30");
  EXPECT_EQ(big.at("price").at("cache_write_5m").as_string(), "3.00") << "as the input, unpriced";
  EXPECT_EQ(big.at("price").at("tier_above_input_tokens").as_int64(), 200'000);
  EXPECT_EQ(big.at("price").at("tier").at("input").as_string(), "6.00");
  EXPECT_TRUE(At(json, "data").as_array().at(2).at("price").at("tier").is_null());
}

TEST_F(RestModelPricesTest, OfAKeysGroupAndNoOther) {
  std::int64_t id = 0;
  const std::string ann = MakeUser("ann", &id);
  const std::string query = StrCat("?group_id=", group_id_);
  Ask(ann, query, 404);
  const Reply key =
      Admin("POST", "/api/v1/api-keys",
            StrCat(R"({"name":"k","user_id":)", id, R"(,"group_id":)", group_id_, "}"));
  ASSERT_EQ(key.status, 201) << key.body;
  const auto json = boost::json::parse(Ask(ann, query));
  EXPECT_EQ(At(json, "price_multiplier").as_string(), "1.5");
  EXPECT_EQ(At(json, "groups").as_array().size(), 2U);
  EXPECT_EQ(Lines(json), "big 4.50 22.50\nnice 0.15 0.4995\nodd -\nsmall 0.15 0.4995\n");
  EXPECT_EQ(As(ann, "GET", "/api/v1/models/prices?group_id=0").status, 400);
  EXPECT_EQ(Admin("GET", "/api/v1/models/prices" + query).status, 200);
  EXPECT_EQ(Admin("GET", "/api/v1/models/prices?group_id=4711").status, 404);
}

TEST_F(RestModelPricesTest, ADisabledAccountHasNone) {
  const std::string ann = MakeUser("ann");
  const auto accounts = Admin("GET", "/api/v1/admin/accounts").Json();
  for (const auto& account : At(accounts, "data").as_array()) {
    const std::string path = StrCat("/api/v1/admin/accounts/", account.at("id").as_int64());
    ASSERT_EQ(Admin("POST", path + "/disable").status, 200);
  }
  EXPECT_EQ(Lines(boost::json::parse(Ask(ann, ""))), "");
}

// What is kept must not outlive what it is made of.
TEST_F(RestModelPricesTest, AChangeIsSeenAtOnce) {
  const std::string ann = MakeUser("ann");
  const auto asked = [&] { return Lines(boost::json::parse(Ask(ann, ""))); };
  EXPECT_EQ(asked(), "big 3.00 15.00\nodd -\nsmall 0.10 0.333\n");
  const std::int64_t none =
      Id(Admin("POST", "/api/v1/admin/prices",
               R"({"provider":"p","model":"none","input":"1","output":"2"})"));
  EXPECT_EQ(asked(), "big 3.00 15.00\nnone 1.00 2.00\nodd 1.00 2.00\nsmall 0.10 0.333\n");
  EXPECT_EQ(As(ann, "GET", "/api/v1/models").Json().as_array().size(), 4U);
  EXPECT_EQ(Admin("DELETE", StrCat("/api/v1/admin/prices/", none)).status, 204);
  EXPECT_EQ(asked(), "big 3.00 15.00\nodd -\nsmall 0.10 0.333\n");
  EXPECT_EQ(As(ann, "GET", "/api/v1/models").Json().as_array().size(), 3U);
  EXPECT_EQ(Admin("PATCH", "/api/v1/groups/1", R"({"price_multiplier":"2"})").status, 200);
  EXPECT_EQ(asked(), "big 6.00 30.00\nodd -\nsmall 0.20 0.666\n");
  EXPECT_EQ(Admin("PATCH", "/api/v1/groups/1", R"({"model_mapping":{"big":"small"}})").status, 200);
  EXPECT_EQ(asked(), "big 0.20 0.666\nodd -\nsmall 0.20 0.666\n");
}

}  // namespace
}  // namespace weir::admin
