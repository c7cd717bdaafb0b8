// Who may make a user of themselves: nobody, whoever has an invite, everybody.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "libs/common/text.h"
#include "tests/unit/admin/admin_server.h"

namespace weir::admin {
namespace {

class RestRegistrationTest : public AdminServerTest {
 protected:
  void SetMode(const std::string& mode) {
    const Reply reply =
        Admin("PUT", "/api/v1/admin/settings", StrCat(R"({"registration":")", mode, R"("})"));
    ASSERT_EQ(reply.status, 200) << reply.body;
  }
  // The code of a new invite.
  std::string Invite(const std::string& body = "{}", std::int64_t* id = nullptr) {
    const Reply made = Admin("POST", "/api/v1/admin/invites", body);
    EXPECT_EQ(made.status, 201) << made.body;
    if (made.status != 201) return "";
    const auto json = made.Json();
    if (id != nullptr) *id = At(json, "id").as_int64();
    return At(json, "code").as_string().c_str();
  }
  Reply Register(const std::string& username, const std::string& invite = "") {
    std::string body = StrCat(R"({"username":")", username, R"(","email":")", username,
                              R"(@example.com","password":"correct horse")");
    if (!invite.empty()) StrAppend(body, R"(,"invite":")", invite, "\"");
    return Send("POST", "/api/v1/auth/register", body + "}");
  }
};

TEST_F(RestRegistrationTest, WithoutAnInviteNobodyComesIn) {
  SetMode("invite");
  EXPECT_EQ(At(Send("GET", "/api/v1/public").Json(), "registration").as_string(), "invite");
  for (const char* code : {"", "wi_0000000000000000000000000000000000000000", "'; DROP TABLE x"}) {
    const Reply reply = Register("ann", code);
    EXPECT_EQ(reply.status, 400) << reply.body;
    EXPECT_EQ(At(reply.Json(), "fields").as_object().count("invite"), 1u) << reply.body;
  }
}

TEST_F(RestRegistrationTest, AnInviteCountsOnceAndLeadsToItsGroup) {
  SetMode("invite");
  const Reply group = Admin("POST", "/api/v1/groups", R"({"name":"guests"})");
  const std::int64_t group_id = At(group.Json(), "id").as_int64();
  std::int64_t id = 0;
  const std::string code = Invite(StrCat(R"({"name":"for Ann","group_id":)", group_id, "}"), &id);
  const Reply ann = Register("ann", code + "\\n");
  ASSERT_EQ(ann.status, 201) << ann.body;
  EXPECT_EQ(At(ann.Json(), "group_id").as_int64(), group_id);
  EXPECT_EQ(At(ann.Json(), "role").as_string(), "user");
  EXPECT_NE(LogIn("ann", "correct horse"), "");
  EXPECT_EQ(Register("bob", code).status, 400);

  const Reply listed = Admin("GET", "/api/v1/admin/invites?status=used");
  ASSERT_EQ(listed.status, 200) << listed.body;
  EXPECT_EQ(listed.body.find(code), std::string::npos) << "shown once";
  EXPECT_EQ(listed.body.find("code"), std::string::npos);
  const auto json = listed.Json();
  const auto& invite = At(json, "data").as_array().at(0);
  EXPECT_EQ(At(invite, "id").as_int64(), id);
  EXPECT_EQ(At(invite, "used_by"), At(ann.Json(), "id"));
  EXPECT_EQ(At(Admin("GET", "/api/v1/admin/invites?status=open").Json(), "total").as_int64(), 0);
}

TEST_F(RestRegistrationTest, OfManyWithOneInviteOneComesIn) {
  SetMode("invite");
  const std::string code = Invite();
  std::atomic<int> in = 0;
  std::vector<std::thread> threads;
  threads.reserve(6);
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      if (Register(StrCat("ann", i), code).status == 201) ++in;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(in, 1);
}

TEST_F(RestRegistrationTest, AnInviteMayBeForOneAddressAndCanBeTakenBack) {
  SetMode("invite");
  const std::string for_bob = Invite(R"({"email":"Bob@example.com"})");
  EXPECT_EQ(Register("ann", for_bob).status, 400);
  EXPECT_EQ(Register("bob", for_bob).status, 201);
  std::int64_t id = 0;
  const std::string code = Invite("{}", &id);
  EXPECT_EQ(Admin("DELETE", StrCat("/api/v1/admin/invites/", id)).status, 204);
  EXPECT_EQ(Register("ann", code).status, 400);
}

TEST_F(RestRegistrationTest, ClosedIsClosedForInvitesTooAndOpenTakesThem) {
  const std::string code = Invite();
  EXPECT_EQ(Register("ann", code).status, 403);
  SetMode("open");
  EXPECT_EQ(Register("ann").status, 201);
  EXPECT_EQ(Register("bob", "wi_not_one").status, 400) << "who shows an invite means it";
  EXPECT_EQ(Register("bob", code).status, 201);
}

TEST_F(RestRegistrationTest, BadInvitesAndStrangers) {
  for (const char* body :
       {R"({"group_id":99})", R"({"group_id":0})", R"({"expires_at":"2001-01-01T00:00:00Z"})",
        R"({"expires_at":"2999-01-01T00:00:00Z"})", R"({"email":"nobody"})",
        R"({"code":"mine"})"}) {
    EXPECT_EQ(Admin("POST", "/api/v1/admin/invites", body).status, 400) << body;
  }
  const std::string token = MakeUser("ann");
  EXPECT_EQ(As(token, "GET", "/api/v1/admin/invites").status, 403);
  EXPECT_EQ(As(token, "POST", "/api/v1/admin/invites", "{}").status, 403);
  EXPECT_EQ(Admin("DELETE", "/api/v1/admin/invites/77").status, 404);
}

TEST_F(RestRegistrationTest, TheAuditLogKnowsWhoCameAndNoCode) {
  SetMode("invite");
  const std::string code = Invite();
  ASSERT_EQ(Register("ann", code).status, 201);
  const Reply log = Admin("GET", "/api/v1/admin/audit?resource=invite");
  EXPECT_EQ(At(log.Json(), "total").as_int64(), 2) << log.body;
  EXPECT_EQ(log.body.find(code), std::string::npos);
  EXPECT_NE(log.body.find(R"("ann")"), std::string::npos) << log.body;
}

}  // namespace
}  // namespace weir::admin
