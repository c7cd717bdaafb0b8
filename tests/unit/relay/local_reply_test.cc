#include "services/relay/local_reply.h"

#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "libs/common/reason.h"
#include "services/relay/dialects/sse.h"

namespace weir::relay {
namespace {

struct Row {
  std::string_view reason;
  int anthropic;
  int openai;
};

// The statuses on which the SDKs act: what they retry and what they do not must not change
// unnoticed.
const std::vector<Row>& Rows() {
  static const std::vector<Row> rows = {
      {reason::kBadRequest, 400, 400},
      {reason::kBadParameter, 400, 400},
      {reason::kMalformedJson, 400, 400},
      {reason::kBodyTooLarge, 413, 413},
      {reason::kHeadTooLarge, 431, 431},
      {reason::kRequestTimeout, 408, 408},
      {reason::kUnknownEndpoint, 404, 404},
      {reason::kMethodNotAllowed, 405, 405},
      {reason::kUnsupportedEncoding, 415, 415},
      {reason::kKeyMissing, 401, 401},
      {reason::kKeyUnknown, 401, 401},
      {reason::kKeyDisabled, 403, 403},
      {reason::kKeyExpired, 403, 403},
      {reason::kKeyExhausted, 403, 403},
      {reason::kUserDisabled, 403, 403},
      {reason::kGroupDisabled, 403, 403},
      {reason::kIpNotAllowed, 403, 403},
      {reason::kModelNotAllowed, 403, 403},
      {reason::kModelNotFound, 404, 404},
      {reason::kDialectNotServed, 400, 400},
      {reason::kModelUnpriced, 400, 400},
      {reason::kNoAccountAvailable, 529, 503},
      {reason::kUpstreamConnect, 502, 502},
      {reason::kUpstreamTimeout, 504, 504},
      {reason::kUpstreamMalformed, 502, 502},
      {reason::kUpstreamClosed, 502, 502},
      {reason::kUpstreamRateLimited, 429, 429},
      {reason::kUpstreamOverloaded, 529, 503},
      {reason::kUpstreamError, 502, 502},
      {reason::kCredentialRejected, 503, 503},
      {reason::kStreamError, 502, 502},
      {reason::kStreamIncomplete, 502, 502},
      {reason::kNotReady, 503, 503},
      {reason::kSpoolFull, 503, 503},
      {reason::kInternal, 500, 500},
      {"no such reason", 500, 500},
  };
  return rows;
}

constexpr std::string_view kId = "019a5b2c-0000-7000-8000-000000000000";

boost::json::object Parsed(std::string_view json) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse({json.data(), json.size()}, error);
  EXPECT_FALSE(error) << json;
  EXPECT_TRUE(value.is_object()) << json;
  return value.is_object() ? value.as_object() : boost::json::object();
}

TEST(LocalReplyTest, EachReasonHasItsStatus) {
  for (const Row& row : Rows()) {
    EXPECT_EQ(LocalReplyStatus({row.reason, {}}, Dialect::kAnthropicMessages), row.anthropic)
        << row.reason;
    EXPECT_EQ(LocalReplyStatus({row.reason, {}}, Dialect::kOpenAiChat), row.openai) << row.reason;
  }
}

TEST(LocalReplyTest, EachBodyIsJsonInItsDialect) {
  const std::string message = "it says \"\\\n\x01 \xff and \xC3\xBC";
  for (const Row& row : Rows()) {
    const LocalReply reply{row.reason, message};
    boost::json::object anthropic = Parsed(LocalReplyBody(reply, Dialect::kAnthropicMessages, kId));
    EXPECT_EQ(anthropic.at("type"), "error");
    EXPECT_TRUE(anthropic.at("error").at("type").is_string());
    EXPECT_EQ(anthropic.at("error").at("message"), "it says \"\\\n\x01 \xEF\xBF\xBD and \xC3\xBC");
    EXPECT_EQ(anthropic.at("request_id"), boost::json::string_view(kId.data(), kId.size()));

    boost::json::object openai = Parsed(LocalReplyBody(reply, Dialect::kOpenAiChat, kId));
    const boost::json::object& error = openai.at("error").as_object();
    EXPECT_TRUE(error.at("type").is_string());
    EXPECT_TRUE(error.at("code").is_string());
    EXPECT_TRUE(error.at("param").is_null());
    EXPECT_EQ(error.at("message"), anthropic.at("error").at("message"));
  }
}

TEST(LocalReplyTest, UsesTheWordsThatSdksCompareWith) {
  const auto code = [](std::string_view reason) {
    return Parsed(LocalReplyBody({reason, "x"}, Dialect::kOpenAiChat, kId)).at("error").at("code");
  };
  EXPECT_EQ(code(reason::kKeyUnknown), "invalid_api_key");
  EXPECT_EQ(code(reason::kKeyExhausted), "insufficient_quota");
  EXPECT_EQ(code(reason::kUpstreamRateLimited), "rate_limit_exceeded");
  EXPECT_EQ(code(reason::kModelNotFound), "model_not_found");
  const auto type = [](std::string_view reason) {
    return Parsed(LocalReplyBody({reason, "x"}, Dialect::kAnthropicMessages, kId))
        .at("error")
        .at("type");
  };
  EXPECT_EQ(type(reason::kKeyMissing), "authentication_error");
  EXPECT_EQ(type(reason::kUpstreamRateLimited), "rate_limit_error");
  EXPECT_EQ(type(reason::kNoAccountAvailable), "overloaded_error");
}

TEST(LocalReplyTest, InsideAStreamItIsOneEvent) {
  for (const Row& row : Rows()) {
    const LocalReply reply{row.reason, "line one\nline two\r\n\r\ndata: [DONE]"};
    for (const Dialect dialect : {Dialect::kAnthropicMessages, Dialect::kOpenAiChat}) {
      const std::string text = LocalReplyEvent(reply, dialect, kId);
      std::string_view rest = text;
      SseEvent event;
      std::string joined;
      ASSERT_TRUE(NextSseEvent(rest, event, joined));
      EXPECT_TRUE(rest.empty()) << text;
      EXPECT_EQ(event.data, LocalReplyBody(reply, dialect, kId));
      EXPECT_EQ(event.name, dialect == Dialect::kAnthropicMessages ? "error" : "");
    }
  }
}

}  // namespace
}  // namespace weir::relay
