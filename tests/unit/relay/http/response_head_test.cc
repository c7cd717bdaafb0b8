#include "services/relay/http/response_head.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "services/relay/http1/head_parser.h"

namespace weir::relay {
namespace {

// Parses what was written; the parser is strict, so this is the test that it is proper HTTP.
ResponseHead Parsed(const std::string& text) {
  ResponseHead head;
  const HeadResult result = ParseResponseHead(text, head);
  EXPECT_EQ(result.status, HeadStatus::kComplete) << text << result.problem;
  EXPECT_EQ(result.bytes, text.size());
  return head;
}

TEST(ResponseHeadTextTest, SpeaksOfOriginsToPagesOfTheConsoleAlone) {
  AnswerHead answer;
  answer.request_id = "id-1";
  std::string text;
  WriteAnswerHead(answer, text);
  text += "\r\n";
  EXPECT_EQ(text.find("access-control"), std::string::npos);
  EXPECT_EQ(Parsed(text).Find("vary"), "");

  answer.console_origin = "https://weir.example.com";
  WriteAnswerHead(answer, text);
  AppendPreflightFields(text);
  text += "\r\n";
  EXPECT_EQ(Parsed(text).Find("access-control-allow-origin"), "https://weir.example.com");
  EXPECT_EQ(Parsed(text).Find("vary"), "origin");
  EXPECT_EQ(Parsed(text).Find("access-control-allow-credentials"), "");
}

TEST(ResponseHeadTextTest, FramesTheBody) {
  AnswerHead answer;
  answer.request_id = "id-1";
  std::string text = "left from before";
  answer.content_length = 12;
  WriteAnswerHead(answer, text);
  text += "\r\n";
  EXPECT_EQ(Parsed(text).content_length, 12);
  EXPECT_TRUE(Parsed(text).keep_alive);
  EXPECT_EQ(Parsed(text).Find("x-weir-request-id"), "id-1");

  answer.framing = AnswerFraming::kChunked;
  answer.close = true;
  WriteAnswerHead(answer, text);
  text += "\r\n";
  EXPECT_TRUE(Parsed(text).chunked);
  EXPECT_FALSE(Parsed(text).keep_alive);
  EXPECT_EQ(Parsed(text).content_length, kNoContentLength);

  answer.framing = AnswerFraming::kUntilClose;
  WriteAnswerHead(answer, text);
  text += "\r\n";
  EXPECT_FALSE(Parsed(text).chunked);
  EXPECT_EQ(Parsed(text).content_length, kNoContentLength);
}

TEST(ResponseHeadTextTest, EachStatusHasAProperLine) {
  for (int status = 200; status < 600; ++status) {
    AnswerHead answer;
    answer.status = status;
    std::string text;
    WriteAnswerHead(answer, text);
    text += "\r\n";
    EXPECT_EQ(Parsed(text).status, status);
  }
}

TEST(ResponseHeadTextTest, TellsTimes) {
  AnswerHead answer;
  answer.overhead_us = 42;
  answer.upstream_us = 1'234'567;
  answer.retry_after_s = 9;
  std::string text;
  WriteAnswerHead(answer, text);
  text += "\r\n";
  EXPECT_EQ(Parsed(text).Find("x-weir-overhead-us"), "42");
  EXPECT_EQ(Parsed(text).Find("server-timing"), "weir;dur=0.042, upstream;dur=1234.567");
  EXPECT_EQ(Parsed(text).Find("retry-after"), "9");
  answer = {};
  for (const auto& [us, timing] :
       {std::pair{0, "weir;dur=0.000"}, std::pair{5, "weir;dur=0.005"},
        std::pair{999, "weir;dur=0.999"}, std::pair{1'000, "weir;dur=1.000"},
        std::pair{10'010, "weir;dur=10.010"}}) {
    answer.overhead_us = us;
    WriteAnswerHead(answer, text);
    text += "\r\n";
    EXPECT_EQ(Parsed(text).Find("server-timing"), timing);
    EXPECT_EQ(Parsed(text).Find("retry-after"), "");
  }
}

TEST(ResponseHeadTextTest, OnlyListedFieldsOfTheUpstreamPass) {
  const std::string upstream =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nrequest-id: r\r\nRetry-After: 3\r\n"
      "set-cookie: secret\r\ncontent-length: 5\r\nconnection: close\r\nserver: secret\r\n"
      "anthropic-organization-id: secret\r\nanthropic-ratelimit-requests-limit: secret\r\n"
      "openai-organization: secret\r\ncontent-encoding: gzip\r\nx-weir-request-id: secret\r\n"
      "www-authenticate: secret\r\nlocation: secret\r\nalt-svc: secret\r\n\r\n";
  ResponseHead head;
  ASSERT_EQ(ParseResponseHead(upstream, head).status, HeadStatus::kComplete);
  std::string out;
  AppendUpstreamFields(head, out);
  AppendStreamFields(out);
  const std::string text = "HTTP/1.1 200 OK\r\n" + out + "\r\n";
  EXPECT_EQ(text.find("secret"), std::string::npos) << text;
  EXPECT_EQ(Parsed(text).Find("content-type"), "text/event-stream");
  EXPECT_EQ(Parsed(text).Find("request-id"), "r");
  EXPECT_EQ(Parsed(text).Find("retry-after"), "3");
  EXPECT_EQ(Parsed(text).Find("content-encoding"), "");
  EXPECT_EQ(Parsed(text).content_length, kNoContentLength);
  EXPECT_EQ(Parsed(text).Find("cache-control"), "no-cache");
}

}  // namespace
}  // namespace weir::relay
