#include "services/relay/providers/upstream_request.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class UpstreamRequestTest : public ::testing::Test {
 protected:
  UpstreamRequestTest() {
    account_.url.host = "api.example";
    account_.url.host_header = "api.example";
    account_.credential = Secret("sk-account");
  }

  std::string Write(const std::vector<HeaderField>& fields = {}) {
    client_.count = 0;
    for (const HeaderField& field : fields) client_.storage[client_.count++] = field;
    std::string out = "left from before";
    WriteUpstreamHead({&account_, &client_, dialect_, path_, "req-1", 42, model_}, out);
    // Whatever was put in, what comes out must be one proper head.
    RequestHead head;
    const HeadResult result = ParseRequestHead(out, head);
    EXPECT_EQ(result.status, HeadStatus::kComplete) << out << result.problem;
    EXPECT_EQ(result.bytes, out.size());
    return out;
  }

  // The values of all fields of that name.
  std::vector<std::string> Values(std::string_view head_text, std::string_view name) {
    RequestHead head;
    ParseRequestHead(head_text, head);
    std::vector<std::string> values;
    for (const HeaderField& field : head.all()) {
      if (EqualsIgnoreCase(field.name, name)) values.emplace_back(field.value);
    }
    return values;
  }

  Account account_;
  RequestHead client_;
  Dialect dialect_ = Dialect::kAnthropicMessages;
  std::string path_ = "/v1/messages";
  std::string model_ = "gpt-4o";
};

TEST_F(UpstreamRequestTest, ATraceIsToldUnlessTheAccountHasItsOwn) {
  const auto write = [this](std::string_view parent, std::string_view state) {
    UpstreamRequest request{&account_, &client_, dialect_, path_, "req-1", 42, model_};
    request.trace_parent = parent;
    request.trace_state = state;
    std::string out;
    WriteUpstreamHead(request, out);
    return out;
  };
  client_.storage[client_.count++] = {"traceparent", "the client's"};
  EXPECT_THAT(Values(write("", ""), "traceparent"), IsEmpty()) << "never by itself";
  EXPECT_THAT(Values(write("00-1", "a=1"), "traceparent"), ElementsAre("00-1"));
  EXPECT_THAT(Values(write("00-1", "a=1"), "tracestate"), ElementsAre("a=1"));
  EXPECT_THAT(Values(write("00-1", ""), "tracestate"), IsEmpty());
  account_.headers = {{"traceparent", "the account's"}};
  EXPECT_THAT(Values(write("00-1", "a=1"), "traceparent"), ElementsAre("the account's"));
  EXPECT_THAT(Values(write("00-1", "a=1"), "tracestate"), IsEmpty());
}

TEST_F(UpstreamRequestTest, WritesWhatEveryUpstreamNeeds) {
  const std::string head = Write();
  EXPECT_TRUE(head.starts_with("POST /v1/messages HTTP/1.1\r\nhost: api.example\r\n")) << head;
  EXPECT_THAT(Values(head, "content-length"), ElementsAre("42"));
  EXPECT_THAT(Values(head, "accept-encoding"), ElementsAre("identity"));
  EXPECT_THAT(Values(head, "x-request-id"), ElementsAre("req-1"));
  EXPECT_THAT(Values(head, "anthropic-version"), ElementsAre("2023-06-01"));
}

TEST_F(UpstreamRequestTest, PassesOnlyWhatIsListed) {
  const std::vector<HeaderField> listed = {{"Accept", "text/event-stream"},
                                           {"anthropic-beta", "a,b"},
                                           {"Anthropic-Version", "2024-01-01"},
                                           {"content-type", "application/json"},
                                           {"idempotency-key", "i"},
                                           {"user-agent", "claude-cli"},
                                           {"X-Stainless-Lang", "js"},
                                           {"x-codex-turn", "1"},
                                           {"x-app", "cli"},
                                           {"openai-beta", "x"}};
  const std::string head = Write(listed);
  for (const HeaderField& field : listed) {
    EXPECT_THAT(Values(head, field.name), ElementsAre(std::string(field.value))) << field.name;
  }
}

TEST_F(UpstreamRequestTest, NothingOfTheClientsSurroundingsPasses) {
  const std::vector<HeaderField> secret = {{"Authorization", "Bearer ck_client"},
                                           {"x-api-key", "ck_client"},
                                           {"api-key", "ck_client"},
                                           {"x-goog-api-key", "ck_client"},
                                           {"Cookie", "session=ck_client"},
                                           {"Proxy-Authorization", "Basic ck_client"},
                                           {"X-Forwarded-For", "ck_client"},
                                           {"forwarded", "for=ck_client"},
                                           {"x-real-ip", "ck_client"},
                                           {"cf-connecting-ip", "ck_client"},
                                           {"referer", "ck_client"},
                                           {"origin", "ck_client"},
                                           {"host", "ck_client"},
                                           {"connection", "ck_client"},
                                           {"te", "ck_client"},
                                           {"upgrade", "ck_client"},
                                           {"expect", "ck_client"},
                                           {"accept-encoding", "ck_client"},
                                           {"content-encoding", "ck_client"},
                                           {"x-stainless", "ck_client"},
                                           {"x-stainless-", "ck_client"},
                                           {"x-codex", "ck_client"},
                                           {"traceparent", "ck_client"},
                                           {"x-request-id", "ck_client"},
                                           {"x-unknown", "ck_client"},
                                           {"openai-organization", "ck_client"},
                                           {"openai-project", "ck_client"},
                                           {"acceptx", "ck_client"},
                                           {"content-length", "7"},
                                           {"transfer-encoding", "chunked"}};
  for (const CredentialType type :
       {CredentialType::kApiKey, CredentialType::kBearer, CredentialType::kOauth,
        CredentialType::kCookie, CredentialType::kNone}) {
    account_.credential_type = type;
    for (const Dialect dialect : {Dialect::kAnthropicMessages, Dialect::kOpenAiChat}) {
      dialect_ = dialect;
      const std::string head = Write(secret);
      EXPECT_THAT(head, Not(HasSubstr("ck_client")));
      EXPECT_THAT(Values(head, "content-length"), ElementsAre("42"));
      EXPECT_THAT(Values(head, "transfer-encoding"), IsEmpty());
    }
  }
}

TEST_F(UpstreamRequestTest, TheCredentialGoesWhereThePlatformWantsIt) {
  const auto expect = [this](CredentialType type, Dialect dialect, const std::string& name,
                             const std::string& value) {
    account_.credential_type = type;
    dialect_ = dialect;
    const std::string head = Write();
    for (const char* place : {"authorization", "x-api-key", "cookie"}) {
      if (name == place) {
        EXPECT_THAT(Values(head, place), ElementsAre(value));
      } else {
        EXPECT_THAT(Values(head, place), IsEmpty()) << place;
      }
    }
  };
  const Dialect anthropic = Dialect::kAnthropicMessages;
  const Dialect openai = Dialect::kOpenAiChat;
  expect(CredentialType::kApiKey, anthropic, "x-api-key", "sk-account");
  expect(CredentialType::kApiKey, openai, "authorization", "Bearer sk-account");
  expect(CredentialType::kBearer, anthropic, "authorization", "Bearer sk-account");
  expect(CredentialType::kOauth, anthropic, "authorization", "Bearer sk-account");
  expect(CredentialType::kCookie, anthropic, "cookie", "sk-account");
  expect(CredentialType::kNone, anthropic, "none", "");
  expect(CredentialType::kNone, openai, "none", "");
}

// A version that nobody knows must not change how we sign: the provider would refuse the account.
TEST_F(UpstreamRequestTest, AKnownVersionDecidesHowAKeyTravels) {
  for (const auto& [version, bearer] :
       std::vector<std::pair<std::string_view, bool>>{{"2023-06-01", false},
                                                      {"2026-10-20", false},
                                                      {"2026-10-21", true},
                                                      {"2027-01-01", false},
                                                      {"zzz", false}}) {
    const std::string head = Write({{"anthropic-version", version}});
    EXPECT_EQ(Values(head, "authorization").size(), bearer ? 1U : 0U) << version;
    EXPECT_EQ(Values(head, "x-api-key").size(), bearer ? 0U : 1U) << version;
    EXPECT_THAT(Values(head, "anthropic-version"), ElementsAre(std::string(version)));
  }
}

TEST_F(UpstreamRequestTest, TheAccountsHeadersWin) {
  account_.headers = {{"accept-encoding", "gzip"},
                      {"anthropic-beta", "account"},
                      {"user-agent", "weir-account"},
                      {"x-extra", "1"},
                      {"x-request-id", "account"}};
  const std::string head =
      Write({{"Anthropic-Beta", "client"}, {"User-Agent", "client"}, {"x-extra", "client"}});
  EXPECT_THAT(Values(head, "anthropic-beta"), ElementsAre("account"));
  EXPECT_THAT(Values(head, "user-agent"), ElementsAre("weir-account"));
  EXPECT_THAT(Values(head, "x-extra"), ElementsAre("1"));
  EXPECT_THAT(Values(head, "accept-encoding"), ElementsAre("gzip"));
  EXPECT_THAT(Values(head, "x-request-id"), ElementsAre("account"));
}

TEST_F(UpstreamRequestTest, TheAccountsVersionWinsAndDecides) {
  account_.headers = {{"anthropic-version", "2026-10-21"}};
  for (const std::vector<HeaderField>& sent :
       {std::vector<HeaderField>{},
        std::vector<HeaderField>{{"anthropic-version", "2023-06-01"}}}) {
    const std::string head = Write(sent);
    EXPECT_THAT(Values(head, "anthropic-version"), ElementsAre("2026-10-21"));
    EXPECT_THAT(Values(head, "authorization"), ElementsAre("Bearer sk-account"));
    EXPECT_THAT(Values(head, "x-api-key"), IsEmpty());
  }
}

TEST_F(UpstreamRequestTest, AnAccountsOwnCredentialHeaderStandsAlone) {
  account_.headers = {{"authorization", "Token abc"}};
  account_.credential_type = CredentialType::kBearer;
  EXPECT_THAT(Values(Write(), "authorization"), ElementsAre("Token abc"));
  account_.headers = {{"x-api-key", "other"}};
  account_.credential_type = CredentialType::kApiKey;
  EXPECT_THAT(Values(Write(), "x-api-key"), ElementsAre("other"));
}

TEST_F(UpstreamRequestTest, OpenAiGetsNoAnthropicVersion) {
  dialect_ = Dialect::kOpenAiChat;
  EXPECT_THAT(Values(Write(), "anthropic-version"), IsEmpty());
}

TEST_F(UpstreamRequestTest, JoinsBaseAndPath) {
  const auto target = [this](std::string base, std::string path) {
    account_.url.base_path = std::move(base);
    path_ = std::move(path);
    const std::string head = Write();
    return head.substr(5, head.find(" HTTP/1.1") - 5);
  };
  EXPECT_EQ(target("", "/v1/messages"), "/v1/messages");
  EXPECT_EQ(target("/v1", "/v1/messages"), "/v1/messages");
  EXPECT_EQ(target("/anthropic", "/v1/messages"), "/anthropic/v1/messages");
  EXPECT_EQ(target("/anthropic/v1", "/v1/messages/count_tokens"),
            "/anthropic/v1/messages/count_tokens");
  EXPECT_EQ(target("/v1", "/chat/completions"), "/v1/chat/completions");
  EXPECT_EQ(target("/apiv1", "/v1/messages"), "/apiv1/v1/messages");
}

TEST_F(UpstreamRequestTest, AzureHasTheDeploymentInThePath) {
  account_.platform = Platform::kAzureOpenAi;
  dialect_ = Dialect::kOpenAiChat;
  const auto target = [this](std::string base, std::string path, std::string version = "") {
    account_.url.base_path = std::move(base);
    account_.url.api_version = std::move(version);
    path_ = std::move(path);
    const std::string head = Write();
    return head.substr(5, head.find(" HTTP/1.1") - 5);
  };
  const std::string chat = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21";
  EXPECT_EQ(target("", "/chat/completions"), chat);
  EXPECT_EQ(target("/openai", "/v1/chat/completions"), chat);
  EXPECT_EQ(target("", "/embeddings", "2025-01-01-preview"),
            "/openai/deployments/gpt-4o/embeddings?api-version=2025-01-01-preview");
  EXPECT_EQ(target("/openai/deployments/mine", "/chat/completions"),
            "/openai/deployments/mine/chat/completions?api-version=2024-10-21");
  EXPECT_EQ(target("/openai/v1", "/chat/completions"), "/openai/v1/chat/completions");
  EXPECT_EQ(target("/openai/v1", "/chat/completions", "preview"),
            "/openai/v1/chat/completions?api-version=preview");
  model_ = "a/b ?ü";
  EXPECT_EQ(target("", "/chat/completions"),
            "/openai/deployments/a%2Fb%20%3F%C3%BC/chat/completions?api-version=2024-10-21");
}

TEST_F(UpstreamRequestTest, AzureTakesItsKeyInAHeaderOfItsOwn) {
  account_.platform = Platform::kAzureOpenAi;
  dialect_ = Dialect::kOpenAiChat;
  const std::string head = Write();
  EXPECT_THAT(Values(head, "api-key"), ElementsAre("sk-account"));
  EXPECT_THAT(Values(head, "authorization"), IsEmpty());
  account_.credential_type = CredentialType::kBearer;
  EXPECT_THAT(Values(Write(), "authorization"), ElementsAre("Bearer sk-account"));
}

TEST_F(UpstreamRequestTest, OllamaIsFoundWithAndWithoutItsVersion) {
  account_.platform = Platform::kOllama;
  account_.credential_type = CredentialType::kNone;
  dialect_ = Dialect::kOpenAiChat;
  for (const std::string_view base : {"", "/v1"}) {
    for (const std::string_view path : {"/chat/completions", "/v1/chat/completions"}) {
      account_.url.base_path = base;
      path_ = path;
      const std::string head = Write();
      EXPECT_TRUE(head.starts_with("POST /v1/chat/completions HTTP/1.1")) << head;
      EXPECT_THAT(Values(head, "authorization"), IsEmpty());
    }
  }
}

// A session's credential travels in the cookie or header that its operator named, and once.
TEST_F(UpstreamRequestTest, ASessionSignsAsItsOperatorSaid) {
  account_.platform = Platform::kSession;
  account_.credential_type = CredentialType::kCookie;
  EXPECT_THAT(Values(Write({{"cookie", "client=1"}}), "cookie"), ElementsAre("sk-account"));
  account_.credential_name = "sid";
  EXPECT_THAT(Values(Write({{"cookie", "client=1"}}), "cookie"), ElementsAre("sid=sk-account"));
  account_.credential_type = CredentialType::kApiKey;
  account_.credential_name = "X-App";  // one that clients send, too
  const std::string head = Write({{"x-app", "cli"}, {"x-api-key", "client"}});
  EXPECT_THAT(Values(head, "x-app"), ElementsAre("sk-account"));
  EXPECT_THAT(Values(head, "x-api-key"), IsEmpty());
  EXPECT_THAT(Values(head, "authorization"), IsEmpty());
  account_.credential_type = CredentialType::kBearer;
  account_.credential_name.clear();
  EXPECT_THAT(Values(Write(), "authorization"), ElementsAre("Bearer sk-account"));
}

}  // namespace
}  // namespace weir::relay
