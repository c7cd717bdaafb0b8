#include <stdexcept>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "services/admin/credentials/password.h"
#include "services/admin/http/api_error.h"
#include "services/admin/http/jwt.h"
#include "services/admin/http/login_limiter.h"
#include "services/admin/http/router.h"
#include "services/admin/model/problem.h"

namespace weir::admin {
namespace {

TEST(TokenSignerTest, VerifiesItsOwnOnly) {
  const TokenSigner signer(Secret(std::string(32, 'k')));
  const auto token = signer.Sign({.user_id = 3, .session_id = "s", .expires_at_ms = 10'000});
  ASSERT_TRUE(token.ok());
  const auto claims = signer.Verify(*token, 9'999);
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ(claims->user_id, 3);
  EXPECT_EQ(claims->session_id, "s");
  EXPECT_TRUE(absl::IsUnauthenticated(signer.Verify(*token, 10'000).status())) << "expired";
  const TokenSigner other(Secret(std::string(32, 'x')));
  EXPECT_TRUE(absl::IsUnauthenticated(other.Verify(*token, 0).status()));
  EXPECT_FALSE(signer.Verify("", 0).ok());
  EXPECT_FALSE(signer.Verify("a.b.c", 0).ok());
}

TEST(TokenSignerTest, RefusesTheAlgorithmNone) {
  const TokenSigner signer(Secret(std::string(32, 'k')));
  // {"alg":"none"} . {"iss":"weir-admin","sub":"1","sid":"s","exp":9999999999} without a signature
  const std::string forged =
      "eyJhbGciOiJub25lIn0."
      "eyJpc3MiOiJ3ZWlyLWFkbWluIiwic3ViIjoiMSIsInNpZCI6InMiLCJleHAiOjk5OTk5OTk5OTl9.";
  EXPECT_FALSE(signer.Verify(forged, 0).ok());
}

TEST(PasswordTest, ArgonHashesVerify) {
  const auto hash = HashPassword(Secret("correct horse"));
  ASSERT_TRUE(hash.ok());
  EXPECT_EQ(hash->rfind("$argon2id$", 0), 0u);
  EXPECT_TRUE(VerifyPassword(*hash, Secret("correct horse")).ok());
  EXPECT_TRUE(absl::IsUnauthenticated(VerifyPassword(*hash, Secret("wrong horse"))));
  EXPECT_TRUE(absl::IsUnauthenticated(VerifyPassword("", Secret("")))) << "no password set";
  EXPECT_NE(NewPassword().Reveal(), NewPassword().Reveal());
  EXPECT_EQ(NewPassword().Reveal().size(), 20u);
}

TEST(LoginLimiterTest, LocksANameAtAnAddressAndLetsItGoAgain) {
  FakeClock clock(1000);
  LoginLimiter limiter(clock);
  for (int i = 0; i < LoginLimiter::kFailuresPerName; ++i) {
    EXPECT_TRUE(limiter.Check("1.1.1.1", "ann").ok());
    limiter.Failed("1.1.1.1", "ann");
  }
  EXPECT_TRUE(absl::IsResourceExhausted(limiter.Check("1.1.1.1", "ann")));
  EXPECT_TRUE(limiter.Check("1.1.1.1", "bob").ok());
  EXPECT_TRUE(limiter.Check("2.2.2.2", "ann").ok());
  clock.AdvanceMs(LoginLimiter::kWindowMs);
  EXPECT_TRUE(limiter.Check("1.1.1.1", "ann").ok());
}

TEST(LoginLimiterTest, LocksAnAddressThatTriesManyNames) {
  FakeClock clock(1000);
  LoginLimiter limiter(clock);
  for (int i = 0; i < LoginLimiter::kFailuresPerAddress; ++i) {
    limiter.Failed("1.1.1.1", "name" + std::to_string(i));
  }
  EXPECT_TRUE(absl::IsResourceExhausted(limiter.Check("1.1.1.1", "another")));
}

TEST(ApiErrorTest, TellsNothingOfOurOwnTrouble) {
  Request request;
  request.request_id = "r1";
  const Response response =
      ErrorResponse(absl::InternalError("relation \"users\" does not exist"), request);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("relation"), std::string::npos);
  EXPECT_NE(response.body.find("\"code\":50001"), std::string::npos);
  EXPECT_NE(response.body.find("\"request_id\":\"r1\""), std::string::npos);
}

Request Ask(std::string method, std::string path, std::string body = "") {
  Request request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.body = std::move(body);
  return request;
}

TEST(RouterTest, FindsRoutesAndKeepsPeopleOut) {
  const auto echo = [](const Request& request, const Caller&) -> absl::StatusOr<Response> {
    Response response;
    response.body = request.path_params.count("id") > 0 ? request.path_params.at("id") : "fixed";
    return response;
  };
  const auto throwing = [](const Request&, const Caller&) -> absl::StatusOr<Response> {
    throw std::runtime_error("secret detail");
  };
  const RouteDoc doc = {.summary = "test", .answers = {}};
  const Router router({{"GET", "/a/fixed", Access::kPublic, echo, doc},
                       {"GET", "/a/{id}", Access::kPublic, echo, doc},
                       {"POST", "/a/{id}", Access::kPublic, echo, doc, 4},
                       {"GET", "/user", Access::kUser, echo, doc},
                       {"GET", "/admin", Access::kAdmin, echo, doc},
                       {"GET", "/nobody", Access::kNobody, echo, doc},
                       {"GET", "/throws", Access::kPublic, throwing, doc}},
                      [](const Request& request) -> absl::StatusOr<Caller> {
                        if (request.Header("authorization").empty()) {
                          return Problem(absl::StatusCode::kUnauthenticated, "not_logged_in",
                                         "log in");
                        }
                        Caller caller;
                        caller.user.id = 1;
                        return caller;
                      });
  const auto status = [&](Request request) { return router.Handle(request).status; };
  Request fixed = Ask("GET", "/a/fixed");
  EXPECT_EQ(router.Handle(fixed).body, "fixed");
  Request by_id = Ask("GET", "/a/12");
  EXPECT_EQ(router.Handle(by_id).body, "12");
  EXPECT_EQ(status(Ask("HEAD", "/a/12")), 200);
  EXPECT_EQ(status(Ask("GET", "/a/")), 404);
  EXPECT_EQ(status(Ask("GET", "/a/1/2")), 404);
  EXPECT_EQ(status(Ask("DELETE", "/a/12")), 405);
  EXPECT_EQ(status(Ask("POST", "/a/fixed")), 405) << "it is itself, not an {id}";
  EXPECT_EQ(status(Ask("POST", "/a/12", "12345")), 413);
  EXPECT_EQ(status(Ask("POST", "/a/12", "1234")), 200);
  EXPECT_EQ(status(Ask("GET", "/user")), 401);
  EXPECT_EQ(status(Ask("GET", "/nobody")), 403) << "a row that does not say is for nobody";
  Request user = Ask("GET", "/user");
  user.headers["authorization"] = "x";
  EXPECT_EQ(status(user), 200);
  user.path = "/admin";
  EXPECT_EQ(status(user), 403);
  Request throws = Ask("GET", "/throws");
  const Response response = router.Handle(throws);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("secret detail"), std::string::npos);
}

}  // namespace
}  // namespace weir::admin
