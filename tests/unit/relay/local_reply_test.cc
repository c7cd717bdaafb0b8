#include "services/relay/local_reply.h"

#include <set>
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
      {reason::kRateLimited, 429, 429},
      {reason::kModelNotFound, 404, 404},
      {reason::kDialectNotServed, 400, 400},
      {reason::kNativeOnly, 400, 400},
      {reason::kModelUnpriced, 400, 400},
      {reason::kResponseNotFound, 400, 400},
      {reason::kUpgradeRequired, 426, 426},
      {reason::kNoAccountAvailable, 529, 503},
      {reason::kUpstreamConnect, 502, 502},
      {reason::kUpstreamTimeout, 504, 504},
      {reason::kUpstreamMalformed, 502, 502},
      {reason::kUpstreamClosed, 502, 502},
      {reason::kUpstreamRateLimited, 429, 429},
      {reason::kUpstreamOverloaded, 529, 503},
      {reason::kUpstreamError, 502, 502},
      {reason::kModelRefused, 404, 404},
      {reason::kCredentialRejected, 503, 503},
      {reason::kStreamError, 502, 502},
      {reason::kStreamIncomplete, 502, 502},
      {reason::kNotReady, 503, 503},
      {reason::kSpoolFull, 503, 503},
      {reason::kLimitsUnavailable, 503, 503},
      {reason::kOverloadedMemory, 503, 503},
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

TEST(LocalReplyTest, EachReasonHasASentenceAndOneRow) {
  std::set<std::string_view> seen;
  for (const ReplyRow& row : ReplyTable()) {
    EXPECT_TRUE(seen.insert(row.reason).second) << row.reason;
    EXPECT_FALSE(row.sentence.empty()) << row.reason;
    const LocalReply reply = MakeReply(row.reason, "A", 2, std::string("C"), "D", "E");
    EXPECT_EQ(reply.reason, row.reason);
    EXPECT_EQ(reply.message.find("{}"), std::string::npos) << row.reason << " has more places";
    EXPECT_EQ(reply.retry_after_s, row.retry_after_s);
    EXPECT_EQ(reply.worth_retrying, row.worth_retrying);
  }
  for (const Row& row : Rows()) {
    EXPECT_EQ(seen.count(row.reason), row.reason == "no such reason" ? 0U : 1U) << row.reason;
  }
}

TEST(LocalReplyTest, ASentenceIsFilledInOrder) {
  EXPECT_EQ(MakeReply(reason::kMethodNotAllowed, "PUT", "/v1/messages").message,
            "The method PUT is not for /v1/messages.");
  EXPECT_EQ(MakeReply(reason::kModelNotFound, "{}", "left out").message,
            "The model {} is not served here for this key. GET /v1/models lists those that are.");
  EXPECT_EQ(MakeReply(reason::kHeadTooLarge, 7, 9).message,
            "The request's head is larger than 7 bytes or has over 9 fields.");
  EXPECT_EQ(MakeReply(Telling::kMidAnswer, reason::kUpstreamTimeout).message,
            "The provider stopped sending in the middle of its answer. Try again.");
  EXPECT_EQ(MakeReply(Telling::kMidAnswer, reason::kOverloadedMemory).message,
            MakeReply(reason::kOverloadedMemory).message)
      << "told no other way";
  EXPECT_EQ(MakeReply("no such reason").reason, reason::kInternal);
}

TEST(LocalReplyTest, TellsWhichLimitIsReached) {
  LocalReply reply{reason::kRateLimited, "x"};
  reply.limit = "tokens";
  const boost::json::object anthropic =
      Parsed(LocalReplyBody(reply, Dialect::kAnthropicMessages, kId));
  EXPECT_EQ(anthropic.at("error").at("type"), "rate_limit_error");
  EXPECT_EQ(anthropic.at("error").at("details").at("limit"), "tokens");
  const boost::json::object openai = Parsed(LocalReplyBody(reply, Dialect::kOpenAiChat, kId));
  EXPECT_EQ(openai.at("error").at("type"), "tokens");
  EXPECT_EQ(openai.at("error").at("param"), "tokens");
  EXPECT_EQ(openai.at("error").at("code"), "rate_limit_exceeded");
  reply.limit = "concurrency";
  const boost::json::object places = Parsed(LocalReplyBody(reply, Dialect::kOpenAiChat, kId));
  EXPECT_EQ(places.at("error").at("type"), "requests");
  EXPECT_EQ(places.at("error").at("param"), "concurrency");
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

TEST(LocalReplyTest, InsideAResponseItIsANumberedEvent) {
  for (const Row& row : Rows()) {
    const LocalReply reply{row.reason, "line one\nline two"};
    const std::string text = LocalReplyEvent(reply, Dialect::kOpenAiResponses, kId, 42);
    std::string_view rest = text;
    SseEvent event;
    std::string joined;
    ASSERT_TRUE(NextSseEvent(rest, event, joined));
    EXPECT_TRUE(rest.empty()) << text;
    EXPECT_EQ(event.name, "error");
    const boost::json::object data = Parsed(event.data);
    EXPECT_EQ(data.at("type"), "error");
    EXPECT_EQ(data.at("sequence_number"), 42);
    EXPECT_EQ(data.at("message"), "line one\nline two");
    EXPECT_TRUE(data.at("code").is_string());
    EXPECT_TRUE(data.at("param").is_null());
  }
}

TEST(LocalReplyTest, GeminisIsAStatusOfGoogles) {
  for (const Row& row : Rows()) {
    LocalReply reply{row.reason, "it says \"no\""};
    reply.retry_after_s = 7;
    const boost::json::object body = Parsed(LocalReplyBody(reply, Dialect::kGemini, kId));
    const boost::json::object& error = body.at("error").as_object();
    EXPECT_EQ(error.at("code"), row.openai) << row.reason;
    EXPECT_EQ(error.at("message"), "it says \"no\"");
    EXPECT_FALSE(error.at("status").as_string().empty());
    const boost::json::array& details = error.at("details").as_array();
    EXPECT_EQ(details.at(0).at("domain"), "weir");
    EXPECT_EQ(details.at(1).at("retryDelay"), "7s");
    const std::string event = LocalReplyEvent(reply, Dialect::kGemini, kId);
    EXPECT_TRUE(event.starts_with("data: {\"error\"") && event.ends_with("\r\n\r\n")) << event;
  }
}

}  // namespace
}  // namespace weir::relay
