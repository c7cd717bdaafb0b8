// Recorded bodies: who may see them, how they are shown and deleted; and the settings behind them.
#include <memory>
#include <mutex>
#include <string>

#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "libs/common/zstd_text.h"
#include "tests/unit/admin/admin_server.h"
#include "tests/unit/admin/usage_double.h"
#include "weir/v1/bodies.grpc.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

class FakeBodies final : public v1::UsageBodies::Service {
 public:
  grpc::Status GetBodies(grpc::ServerContext*, const v1::GetBodiesRequest* request,
                         v1::GetBodiesResponse* response) override {
    if (request->request_id() != id) return {grpc::StatusCode::NOT_FOUND, "none"};
    v1::RecordedBody& body = *response->add_bodies();
    body.set_kind(v1::BODY_KIND_CLIENT_REQUEST);
    body.set_content_type("application/json");
    body.set_zstd(*ZstdCompress("{\"a\":\"\u00e9\"}"));
    body.set_original_bytes(90'000);
    body.set_cut(true);
    body.set_whole(true);
    body.set_masked(2);
    v1::RecordedBody& picture = *response->add_bodies();
    picture.set_kind(v1::BODY_KIND_CLIENT_ANSWER);
    picture.set_content_type("image/png");
    picture.set_binary(true);
    v1::RecordedBody& broken = *response->add_bodies();
    broken.set_kind(v1::BODY_KIND_UPSTREAM_ANSWER);
    broken.set_zstd("no frame");
    return grpc::Status::OK;
  }
  grpc::Status DeleteBodies(grpc::ServerContext*, const v1::DeleteBodiesRequest* request,
                            v1::DeleteBodiesResponse* response) override {
    const std::lock_guard lock(mutex);
    deleted = *request;
    response->set_deleted(5);
    return grpc::Status::OK;
  }

  std::mutex mutex;
  std::string id;
  v1::DeleteBodiesRequest deleted;
};

class RestBodiesTest : public AdminServerTest {
 protected:
  void SetUp() override {
    bodies_.id = NewUuid7Bytes(1'771'923'600'000);
    path_ = StrCat("/api/v1/admin/logs/", UuidToText(bodies_.id), "/body");
    AdminServerTest::SetUp();
    Start({{"usage-target", double_.target()}});
  }

  FakeBodies bodies_;
  std::string path_;
  UsageDouble double_{&bodies_};
};

TEST_F(RestBodiesTest, AreShownUnpacked) {
  const Reply reply = Admin("GET", path_);
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto json = reply.Json();
  EXPECT_EQ(At(json, "id").as_string().c_str(), UuidToText(bodies_.id));
  const auto& first = At(json, "bodies").as_array().at(0);
  EXPECT_EQ(first.at("kind").as_string(), "client_request");
  EXPECT_EQ(first.at("content_type").as_string(), "application/json");
  EXPECT_EQ(first.at("bytes").as_int64(), 90'000);
  EXPECT_TRUE(first.at("truncated").as_bool());
  EXPECT_TRUE(first.at("complete").as_bool());
  EXPECT_FALSE(first.at("binary").as_bool());
  EXPECT_EQ(first.at("masked").as_int64(), 2);
  EXPECT_EQ(first.at("text").as_string(), "{\"a\":\"\u00e9\"}");
  const auto& picture = At(json, "bodies").as_array().at(1);
  EXPECT_EQ(picture.at("kind").as_string(), "client_answer");
  EXPECT_TRUE(picture.at("binary").as_bool());
  EXPECT_TRUE(picture.at("text").is_null());
  EXPECT_TRUE(At(json, "bodies").as_array().at(2).at("text").is_null());
}

TEST_F(RestBodiesTest, AreNotThereForOthers) {
  EXPECT_EQ(Send("GET", path_).status, 401);
  const std::string token = MakeUser("ann");
  EXPECT_EQ(As(token, "GET", path_).status, 403);
  EXPECT_EQ(As(token, "DELETE", path_).status, 403);
  EXPECT_EQ(As(token, "DELETE", "/api/v1/admin/logs/bodies?key_id=1").status, 403);
  EXPECT_EQ(Admin("GET", "/api/v1/admin/logs/nonsense/body").status, 404);
  EXPECT_EQ(
      Admin("GET", StrCat("/api/v1/admin/logs/", UuidToText(NewUuid7Bytes(1'000)), "/body")).status,
      404);
}

TEST_F(RestBodiesTest, AreDeletedByWhatIsNamed) {
  Reply reply = Admin("DELETE", path_);
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(At(reply.Json(), "bodies_deleted").as_int64(), 5);
  EXPECT_EQ(bodies_.deleted.request_id(), bodies_.id);
  reply = Admin("DELETE",
                "/api/v1/admin/logs/bodies?from=2026-01-01T00:00:00Z&before=2026-01-02T00:00:00Z&"
                "key_id=3&user_id=4&group_id=5");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(bodies_.deleted.from_unix_ms(), 1'767'225'600'000);
  EXPECT_EQ(bodies_.deleted.before_unix_ms(), 1'767'312'000'000);
  EXPECT_EQ(bodies_.deleted.key_id(), 3);
  EXPECT_EQ(bodies_.deleted.user_id(), 4);
  EXPECT_EQ(bodies_.deleted.group_id(), 5);
  EXPECT_TRUE(bodies_.deleted.request_id().empty());
}

TEST_F(RestBodiesTest, NeverAllBecauseNothingWasNamed) {
  for (const char* query : {"", "?tz=UTC", "?key_id=0", "?key_id=x", "?before=yesterday",
                            "?before=1970-01-01T00:00:00Z", "?all=true"}) {
    EXPECT_EQ(Admin("DELETE", StrCat("/api/v1/admin/logs/bodies", query)).status, 400) << query;
  }
  EXPECT_TRUE(bodies_.deleted.ByteSizeLong() == 0);
}

TEST_F(RestBodiesTest, SettingsAreChecked) {
  const auto refused = [&](const std::string& body, const std::string& field) {
    const Reply reply = Admin("PUT", "/api/v1/admin/settings", body);
    EXPECT_EQ(reply.status, 400) << body;
    return At(reply.Json(), "fields").as_object().contains(field);
  };
  EXPECT_TRUE(refused(R"({"body_mask_patterns":["a","("]})", "body_mask_patterns[1]"));
  EXPECT_TRUE(refused(R"({"body_mask_patterns":["a*"]})", "body_mask_patterns[0]"));
  EXPECT_TRUE(refused(R"({"body_mask_patterns":"a"})", "body_mask_patterns"));
  EXPECT_TRUE(refused(R"({"body_bytes_max":1023})", "body_bytes_max"));
  EXPECT_TRUE(refused(R"({"body_bytes_max":1048577})", "body_bytes_max"));
  EXPECT_TRUE(refused(R"({"bodies_forbidden":"yes"})", "bodies_forbidden"));
  const Reply reply = Admin("PUT", "/api/v1/admin/settings",
                            R"({"body_mask_patterns":["\\d{4}"],"body_bytes_max":2048,)"
                            R"("bodies_forbidden":true,"body_mask_emails":true})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto json = Admin("GET", "/api/v1/admin/settings").Json();
  EXPECT_EQ(At(json, "body_mask_patterns").as_array().at(0).as_string(), "\\d{4}");
  EXPECT_EQ(At(json, "body_bytes_max").as_int64(), 2048);
  EXPECT_TRUE(At(json, "bodies_forbidden").as_bool());
  EXPECT_TRUE(At(json, "body_mask_emails").as_bool());
}

TEST_F(RestBodiesTest, RecordingIsForAdministratorsToSwitch) {
  std::int64_t user_id = 0;
  const std::string token = MakeUser("ann", &user_id);
  EXPECT_EQ(As(token, "POST", "/api/v1/api-keys", R"({"name":"a","record_bodies":true})").status,
            400);
  const Reply made = As(token, "POST", "/api/v1/api-keys", R"({"name":"a"})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_FALSE(At(made.Json(), "record_bodies").as_bool());
  const std::string path = StrCat("/api/v1/api-keys/", At(made.Json(), "id").as_int64());
  ASSERT_EQ(Admin("PATCH", path, R"({"record_bodies":true})").status, 200);
  EXPECT_EQ(As(token, "PATCH", path, R"({"record_bodies":false})").status, 400);
  const Reply renamed = As(token, "PUT", path, R"({"name":"b"})");
  ASSERT_EQ(renamed.status, 200) << renamed.body;
  EXPECT_TRUE(At(renamed.Json(), "record_bodies").as_bool()) << "its user sees it, and keeps it";
}

}  // namespace
}  // namespace weir::admin
