// Refusals of upstreams, in the shapes that providers and their kin give them.
#include "services/relay/translate/neutral/error_reader.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "tests/unit/relay/translate/translated.h"

namespace weir::relay {
namespace {

struct Case {
  std::string_view body;
  ErrorTopic topic;
  std::string_view message;
};

TEST(ErrorReader, TopicAndMessageOfEveryShape) {
  constexpr Case kCases[] = {
      {R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
       ErrorTopic::kOverload, "Overloaded"},
      {R"({"error":{"type":"invalid_request_error","message":"prompt is too long: 9 > 8"}})",
       ErrorTopic::kContextTooLong, "prompt is too long: 9 > 8"},
      {R"([{"error":{"code":429,"message":"slow","status":"RESOURCE_EXHAUSTED"}}])",
       ErrorTopic::kRateLimit, "slow"},
      {R"({"error":{"code":400,"message":"it exceeds the maximum number of tokens allowed",)"
       R"("status":"INVALID_ARGUMENT"}})",
       ErrorTopic::kContextTooLong, "it exceeds the maximum number of tokens allowed"},
      {R"({"error":{"message":"no","type":"x","code":"insufficient_quota"}})", ErrorTopic::kQuota,
       "no"},
      {R"({"error":{"message":"no","type":"rate_limit_error","code":"other"}})",
       ErrorTopic::kRateLimit, "no"},
      {R"({"object":"error","message":"This model's maximum context length is 8 tokens.",)"
       R"("type":"BadRequestError","param":null,"code":400})",
       ErrorTopic::kContextTooLong, "This model's maximum context length is 8 tokens."},
      {R"({"detail":"Not Found"})", ErrorTopic::kOther, "Not Found"},
      {R"({"error":"plain \"words\""})", ErrorTopic::kOther, R"(plain \"words\")"},
  };
  for (const Case& one : kCases) {
    const UpstreamError error = ReadError(400, one.body);
    EXPECT_EQ(error.topic, one.topic) << one.body;
    EXPECT_EQ(error.message, one.message) << one.body;
    EXPECT_EQ(error.status, 400);
  }
}

TEST(ErrorReader, TheFieldAtFault) {
  EXPECT_EQ(ReadError(400, R"({"error":{"message":"no","param":"tools[0]"}})").param, "tools[0]");
}

TEST(ErrorReader, WhatCannotBeReadSaysItsStatus) {
  for (const std::string_view body :
       {"", "<html>", "{", "[]", "null", R"({"error":7})", R"({"error":{"message":"\q"}})"}) {
    const UpstreamError error = ReadError(502, body);
    EXPECT_EQ(error.message, "The provider refused the request with status 502.") << body;
    EXPECT_EQ(error.topic, ErrorTopic::kOther) << body;
  }
}

TEST(ErrorReader, ARedirectionIsAnErrorOfTheGateway) {
  const auto translation = testing::MakeTranslation(testing::kAnthropic, testing::kChat);
  translation->BeginAnswer(Translation::AnswerForm::kError, /*wants_stream=*/false, 301);
  EXPECT_EQ(translation->StatusFor(301), 502);
  const std::string body(translation->Feed(R"({"error":{"message":"moved"}})", /*last=*/true));
  EXPECT_NE(body.find(R"("type":"api_error")"), std::string::npos) << body;
  EXPECT_NE(body.find("moved"), std::string::npos);
}

}  // namespace
}  // namespace weir::relay
