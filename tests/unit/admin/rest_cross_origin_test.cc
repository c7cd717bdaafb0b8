#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/admin/http/cross_origin.h"
#include "tests/unit/admin/admin_server.h"

namespace weir::admin {
namespace {

using ::testing::HasSubstr;

constexpr char kAllowed[] = "access-control-allow-origin";

class RestCrossOriginTest : public AdminServerTest {
 protected:
  Reply Ask(const std::string& origin) {
    return Send("OPTIONS", "/api/v1/groups", "",
                {{"Origin", origin}, {"Access-Control-Request-Method", "POST"}});
  }
};

TEST_F(RestCrossOriginTest, NobodyIsAllowedByDefault) {
  EXPECT_NE(Ask("https://tools.example.com").status, 204);
  const Reply reply = Admin("GET", "/api/v1/groups", "", {{"Origin", "https://tools.example.com"}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header(kAllowed), "");
  EXPECT_EQ(reply.Header("vary"), "");
}

TEST_F(RestCrossOriginTest, WhoIsNamedMayAskByToken) {
  Start({{"allowed-origins", "https://tools.example.com:443, http://10.0.0.3:3000"}});
  const Reply preflight = Ask("http://10.0.0.3:3000");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.Header(kAllowed), "http://10.0.0.3:3000");
  EXPECT_THAT(preflight.Header("access-control-allow-headers"), HasSubstr("authorization"));
  EXPECT_THAT(preflight.Header("access-control-allow-methods"), HasSubstr("PATCH"));
  EXPECT_EQ(preflight.Header("access-control-allow-credentials"), "") << "cookies stay at home";

  const Reply reply = Admin("GET", "/api/v1/groups", "", {{"Origin", "https://tools.example.com"}});
  EXPECT_EQ(reply.Header(kAllowed), "https://tools.example.com");
  EXPECT_THAT(reply.Header("access-control-expose-headers"), HasSubstr("etag"));
  EXPECT_EQ(reply.Header("vary"), "Origin");
}

TEST_F(RestCrossOriginTest, NobodyElseIs) {
  Start({{"allowed-origins", "https://tools.example.com"}});
  for (const char* origin : {"https://tools.example.com.evil.example", "http://tools.example.com",
                             "https://tools.example.com:8443", "null", ""}) {
    EXPECT_NE(Ask(origin).status, 204) << origin;
    EXPECT_EQ(Ask(origin).Header(kAllowed), "") << origin;
  }
}

TEST(CrossOriginTest, RefusesWhatIsNoOrigin) {
  for (const char* text : {"*", "tools.example.com", "https://a.example/path", "https://a.example/",
                           "https://user@a.example", "ftp://a.example"}) {
    const auto parsed = CrossOrigin::Parse(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr("no origin")) << text;
  }
  EXPECT_TRUE(CrossOrigin::Parse("").ok());
}

}  // namespace
}  // namespace weir::admin
