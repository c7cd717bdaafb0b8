#include <string>

#include "libs/common/text.h"
#include "tests/unit/admin/admin_server.h"

namespace weir::admin {
namespace {

using RestConventionsTest = AdminServerTest;

TEST_F(RestConventionsTest, EveryErrorHasItsShape) {
  struct Case {
    const char* method;
    const char* path;
    const char* body;
    int status;
    int code;
    const char* reason;
  };
  const Case cases[] = {
      {"GET", "/api/v1/nothing", "", 404, 40401, "unknown_endpoint"},
      {"DELETE", "/api/v1/users", "", 405, 40501, "method_not_allowed"},
      {"TRACE", "/api/v1/users", "", 405, 40501, "method_not_allowed"},
      {"TRACE", "/api/v1/nothing", "", 404, 40401, "unknown_endpoint"},
      {"GET", "/api/v1/admin/logs/bodies", "", 405, 40501, "method_not_allowed"},
      {"GET", "/api/v1/users/999", "", 404, 40401, "not_found"},
      {"GET", "/api/v1/users/zero", "", 404, 40401, "not_found"},
      {"POST", "/api/v1/groups", "{", 400, 40001, "malformed_json"},
      {"POST", "/api/v1/groups", "[]", 400, 40001, "malformed_json"},
      {"POST", "/api/v1/groups", "{}", 400, 40001, "bad_parameter"},
      {"POST", "/api/v1/groups", R"({"name":"default"})", 409, 40901, "conflict"},
      {"DELETE", "/api/v1/groups/1", "", 409, 40901, "conflict"},
      {"GET", "/api/v1/users?limit=201", "", 400, 40001, "bad_parameter"},
      {"GET", "/api/v1/users?page=0", "", 400, 40001, "bad_parameter"},
      {"GET", "/api/v1/users?sort=password", "", 400, 40001, "bad_parameter"},
      {"GET", "/api/v1/users?nmae=x", "", 400, 40001, "bad_parameter"},
      {"GET", "/api/v1/admin/logs", "", 503, 50301, "service_away"},
      {"GET", "/api/v1/usage/summary", "", 503, 50301, "service_away"},
  };
  for (const Case& one : cases) {
    const Reply reply = Admin(one.method, one.path, one.body);
    EXPECT_EQ(reply.status, one.status) << one.path << " " << reply.body;
    const auto json = reply.Json();
    EXPECT_EQ(At(json, "code").as_int64(), one.code) << one.path;
    EXPECT_EQ(At(json, "reason").as_string(), one.reason) << one.path;
    EXPECT_FALSE(At(json, "error").as_string().empty());
    EXPECT_EQ(At(json, "request_id").as_string().c_str(), reply.Header("x-request-id"));
    EXPECT_TRUE(At(json, "fields").is_object());
  }
}

TEST_F(RestConventionsTest, FieldsAreNamed) {
  const Reply reply = Admin("POST", "/api/v1/admin/accounts",
                            R"({"name":"a","platform_type":"openai","request_url":"nowhere",
                                "priority":1001,"speed":9,"limits":{"rmp":1}})");
  EXPECT_EQ(reply.status, 400);
  const auto fields = At(reply.Json(), "fields").as_object();
  EXPECT_EQ(fields.size(), 4u) << reply.body;
  for (const char* name : {"request_url", "priority", "speed", "limits.rmp"}) {
    EXPECT_EQ(fields.count(name), 1u) << name;
  }
}

TEST_F(RestConventionsTest, ListsPageSortAndFilter) {
  for (const char* name : {"a1", "a2", "b1"}) {
    ASSERT_EQ(Admin("POST", "/api/v1/groups", StrCat(R"({"name":")", name, R"("})")).status, 201);
  }
  const auto page = Admin("GET", "/api/v1/groups?page=2&limit=1&sort=-name&name=a").Json();
  EXPECT_EQ(At(page, "total").as_int64(), 3) << "a1, a2 and default";
  EXPECT_EQ(At(page, "page").as_int64(), 2);
  EXPECT_EQ(At(page, "limit").as_int64(), 1);
  ASSERT_EQ(At(page, "data").as_array().size(), 1u);
  EXPECT_EQ(At(page, "data").as_array().at(0).at("name").as_string(), "a2");
}

TEST_F(RestConventionsTest, IfMatchGuardsChanges) {
  const Reply made = Admin("POST", "/api/v1/groups", R"({"name":"g"})");
  EXPECT_EQ(made.Header("etag"), "\"1\"");
  const std::string path = StrCat("/api/v1/groups/", At(made.Json(), "id").as_int64());
  EXPECT_EQ(Admin("PATCH", path, R"({"remark":"x"})", {{"If-Match", "\"1\""}}).status, 200);
  const Reply stale = Admin("PATCH", path, R"({"remark":"y"})", {{"If-Match", "\"1\""}});
  EXPECT_EQ(stale.status, 409);
  EXPECT_EQ(At(stale.Json(), "code").as_int64(), 40901);
  EXPECT_EQ(Admin("DELETE", path, "", {{"If-Match", "1"}}).status, 409);
  EXPECT_EQ(Admin("DELETE", path, "", {{"If-Match", "2"}}).status, 204);
  EXPECT_EQ(Admin("GET", path).status, 404);
}

TEST_F(RestConventionsTest, PutIsWholeAndPatchIsPart) {
  const Reply made =
      Admin("POST", "/api/v1/groups", R"({"name":"g","remark":"r","fallbacks":["m"]})");
  const std::string path = StrCat("/api/v1/groups/", At(made.Json(), "id").as_int64());
  const auto patched = Admin("PATCH", path, R"({"price_multiplier":"1.5"})").Json();
  EXPECT_EQ(At(patched, "remark").as_string(), "r");
  EXPECT_EQ(At(patched, "price_multiplier").as_string(), "1.5");
  const auto put = Admin("PUT", path, R"({"name":"g2"})").Json();
  EXPECT_EQ(At(put, "name").as_string(), "g2");
  EXPECT_EQ(At(put, "remark").as_string(), "");
  EXPECT_TRUE(At(put, "fallbacks").as_array().empty());
  EXPECT_EQ(At(put, "version").as_int64(), 3);
  // What was got can be put back.
  const Reply got = Admin("GET", path);
  EXPECT_EQ(Admin("PUT", path, got.body).status, 200);
}

// By what costs little, whatever else the client takes.
TEST_F(RestConventionsTest, AnswersArePackedByGzipAlone) {
  const auto coding = [&](const std::string& accepted) {
    const Reply reply = Admin("GET", "/api/openapi.json", "", {{"Accept-Encoding", accepted}});
    EXPECT_EQ(reply.status, 200);
    return reply.Header("content-encoding");
  };
  EXPECT_EQ(coding("gzip, deflate, br, zstd"), "gzip");
  EXPECT_EQ(coding("br"), "");
  EXPECT_EQ(coding("br, gzip;q=0"), "");
  EXPECT_EQ(coding("identity"), "");
}

TEST_F(RestConventionsTest, BodiesHaveALimit) {
  const std::string large = R"({"name":")" + std::string(2 << 20, 'x') + R"("})";
  const Reply reply = Admin("POST", "/api/v1/groups", large);
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(At(reply.Json(), "reason").as_string(), "body_too_large");
  // An import may be larger.
  const std::string csv =
      "provider,model,input,output\n" + std::string(2 << 20, '\n') + "x,m,1,2\n";
  EXPECT_EQ(Admin("POST", "/api/v1/admin/prices/import", csv).status, 200);
}

TEST_F(RestConventionsTest, AnAddressMayAskSoOften) {
  Start({{"requests-per-minute", "20"}});
  Reply reply;
  for (int i = 0; i < 25; ++i) reply = Send("GET", "/api/v1/status");
  EXPECT_EQ(reply.status, 429) << "the log-in of Start() was the first";
  EXPECT_EQ(At(reply.Json(), "reason").as_string(), "too_many_requests");
  EXPECT_FALSE(reply.Header("retry-after").empty());
  EXPECT_EQ(Send("GET", "/health").status, 200) << "probes are not counted";
}

TEST_F(RestConventionsTest, FiguresAreNotForWhoComesThroughAProxy) {
  for (const char* name : {"X-Forwarded-For", "Forwarded"}) {
    const Reply reply = Send("GET", "/metrics", "", {{name, "for=192.0.2.7"}});
    EXPECT_EQ(reply.status, 404) << name;
    EXPECT_EQ(reply.body.find("weir_admin_"), std::string::npos) << name;
  }
}

TEST_F(RestConventionsTest, OperationPagesAreOpen) {
  EXPECT_EQ(Send("GET", "/health").status, 200);
  EXPECT_EQ(Send("GET", "/ready").status, 200);
  EXPECT_NE(Send("GET", "/metrics").body.find("weir_admin_http_requests_total"), std::string::npos);
  const Reply page = Send("GET", "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.Header("content-type").find("text/html"), std::string::npos);
  const auto status = Send("GET", "/api/v1/status").Json();
  EXPECT_EQ(At(status, "database_status").as_string(), "ok");
  EXPECT_EQ(At(status, "usage_status").as_string(), "down");
  EXPECT_EQ(status.as_object().count("relays"), 0u) << "not for everybody";
  EXPECT_TRUE(At(Admin("GET", "/api/v1/status").Json(), "relays").is_array());
}

TEST_F(RestConventionsTest, AListThatIsAsTheClientHasItIsNotSentAgain) {
  const Reply first = Admin("GET", "/api/v1/groups");
  const std::string etag = first.Header("etag");
  ASSERT_FALSE(etag.empty());
  for (const std::string& known : {etag, "W/" + etag, "\"other\", " + etag}) {
    const Reply again = Admin("GET", "/api/v1/groups", "", {{"If-None-Match", known}});
    EXPECT_EQ(again.status, 304) << known;
    EXPECT_TRUE(again.body.empty());
    EXPECT_EQ(again.Header("etag"), etag);
  }
  EXPECT_EQ(Admin("GET", "/api/v1/groups", "", {{"If-None-Match", "\"other\""}}).status, 200);
  ASSERT_EQ(Admin("POST", "/api/v1/groups", R"({"name":"new"})").status, 201);
  EXPECT_EQ(Admin("GET", "/api/v1/groups", "", {{"If-None-Match", etag}}).status, 200);
}

TEST_F(RestConventionsTest, ARecordsETagIsItsVersionAndItsFiguresMayChangeWithoutIt) {
  const Reply one = Admin("GET", "/api/v1/groups/1");
  EXPECT_EQ(one.Header("etag"), "\"1\"");
  EXPECT_EQ(Admin("GET", "/api/v1/groups/1", "", {{"If-None-Match", "\"1\""}}).status, 200);
}

TEST_F(RestConventionsTest, AChangeSaysWhichRevisionItMade) {
  const Reply made = Admin("POST", "/api/v1/groups", R"({"name":"seen"})");
  const auto revision = At(Admin("GET", "/api/v1/status").Json(), "revision").as_int64();
  EXPECT_EQ(made.Header("x-weir-revision"), std::to_string(revision));
  const Reply next = Admin("PATCH", "/api/v1/groups/1", R"({"remark":"x"})");
  EXPECT_EQ(next.Header("x-weir-revision"), std::to_string(revision + 1));
  EXPECT_EQ(Admin("GET", "/api/v1/groups").Header("x-weir-revision"), "");
  EXPECT_EQ(Admin("POST", "/api/v1/groups", R"({"name":"seen"})").Header("x-weir-revision"), "");
}

}  // namespace
}  // namespace weir::admin
