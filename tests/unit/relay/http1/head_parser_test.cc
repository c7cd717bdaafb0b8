#include "services/relay/http1/head_parser.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::string_view kHost = "Host: gateway\r\n";

// A request head with these lines behind its Host.
std::string Request(std::string_view lines, std::string_view first = "POST /v1/messages HTTP/1.1") {
  return std::string(first) + "\r\n" + std::string(kHost) + std::string(lines) + "\r\n";
}

HeadStatus StatusOf(std::string_view data) {
  RequestHead head;
  return ParseRequestHead(data, head).status;
}

HeadStatus ResponseStatusOf(std::string_view data) {
  ResponseHead head;
  return ParseResponseHead(data, head).status;
}

std::string ManyFields(std::size_t count) {
  std::string lines;
  for (std::size_t i = 0; i < count; ++i) lines += "x-" + std::to_string(i) + ": v\r\n";
  return lines;
}

TEST(RequestHeadTest, TellsWhatStandsThere) {
  const std::string data =
      "POST /v1/messages?beta=true&x=%20 HTTP/1.1\r\nhost: gateway\r\nX-Api-Key: \t ck_1 \t\r\n"
      "CONTENT-LENGTH: 12\r\nempty:\r\nutf8: \xC3\xBC\r\nExpect: 100-Continue\r\n\r\nbody and more";
  RequestHead head;
  const HeadResult result = ParseRequestHead(data, head);
  ASSERT_EQ(result.status, HeadStatus::kComplete);
  EXPECT_EQ(data.substr(result.bytes), "body and more");
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.path(), "/v1/messages");
  EXPECT_EQ(head.query(), "beta=true&x=%20");
  EXPECT_EQ(head.minor_version, 1);
  EXPECT_EQ(head.content_length, 12);
  EXPECT_FALSE(head.chunked);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_TRUE(head.expect_continue);
  EXPECT_EQ(head.count, 6U);
  EXPECT_EQ(head.Find("x-api-key"), "ck_1");
  EXPECT_EQ(head.Find("empty"), "");
  EXPECT_EQ(head.Find("utf8"), "\xC3\xBC");
  EXPECT_EQ(head.Find("not-there"), "");
}

TEST(RequestHeadTest, TakesWhatIsGood) {
  const std::vector<std::string> good = {
      Request(""),
      Request("Content-Length: 0\r\n"),
      Request("Content-Length: 00012\r\n"),
      Request("Content-Length: 9223372036854775807\r\n"),
      Request("Transfer-Encoding: chunked\r\n"),
      Request("transfer-encoding:CHUNKED\r\n"),
      Request("a!#$%&'*+-.^_`|~9: odd name\r\n"),
      Request("x: a: b; \"c\"\r\n"),
      Request("x:\r\n"),
      Request("x: tab\tinside\r\n"),
      Request("x: 1\r\nx: 2\r\n"),
      Request("", "OPTIONS * HTTP/1.1"),
      Request("", "M-SEARCH /?q=a?b HTTP/1.1"),
      "GET / HTTP/1.0\r\n\r\n",  // 1.0 needs no Host
      "GET / HTTP/1.1\r\nHost:\r\n\r\n",
      "\r\n\r\n" + Request(""),  // RFC 9112 §2.2
      Request(ManyFields(kHeaderFieldsMax - 1)),
  };
  for (const std::string& data : good) EXPECT_EQ(StatusOf(data), HeadStatus::kComplete) << data;
}

TEST(RequestHeadTest, RefusesWhatTwoReadersCouldReadInTwoWays) {
  const std::vector<std::string> smuggling = {
      Request("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
      Request("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
      Request("Content-Length: 5\r\nContent-Length: 5\r\n"),
      Request("Content-Length: 5\r\ncontent-length: 6\r\n"),
      Request("Content-Length: 5, 5\r\n"),
      Request("Content-Length: +5\r\n"),
      Request("Content-Length: -5\r\n"),
      Request("Content-Length: -0\r\n"),
      Request("Content-Length: 5 5\r\n"),
      Request("Content-Length: 0x5\r\n"),
      Request("Content-Length: 5.0\r\n"),
      Request("Content-Length: 5e1\r\n"),
      Request("Content-Length:\r\n"),
      Request("Content-Length: five\r\n"),
      Request("Content-Length: 9223372036854775808\r\n"),
      Request("Content-Length: 18446744073709551621\r\n"),  // 5 modulo 2^64
      Request("Content-Length : 5\r\n"),
      Request("Content-Length\t: 5\r\n"),
      Request(" Content-Length: 5\r\n"),
      Request("Content-Length: 5\nx: y\r\n"),
      Request("x: y\nContent-Length: 5\r\n"),
      Request("x: y\rContent-Length: 5\r\n"),
      Request("x: y\r\n\tfolded\r\n"),
      Request("x: y\r\n folded: 1\r\n"),
      Request(": no name\r\n"),
      Request("no colon\r\n"),
      Request("na me: v\r\n"),
      Request("näme: v\r\n"),
      Request("name(: v\r\n"),
      Request(std::string("x: a\0b\r\n", 8)),
      Request(std::string("x\0: b\r\n", 7)),
      Request("x: \x7f\r\n"),
      Request("x: \x1b[0m\r\n"),
      Request("Transfer-Encoding: gzip, chunked\r\n"),
      Request("Transfer-Encoding: chunked, gzip\r\n"),
      Request("Transfer-Encoding: chunked, chunked\r\n"),
      Request("Transfer-Encoding: identity\r\n"),
      Request("Transfer-Encoding: xchunked\r\n"),
      Request("Transfer-Encoding: \x0b"
              "chunked\r\n"),
      Request("Transfer-Encoding: \"chunked\"\r\n"),
      Request("Transfer-Encoding:\r\n"),
      Request("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
      Request("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
      Request("Transfer-Encoding: chunked;q=1\r\n"),
      Request("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0"),
      Request("Host: other\r\n"),
      Request("host: gateway\r\n"),
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nX-Host: gateway\r\n\r\n",
  };
  for (const std::string& data : smuggling) {
    EXPECT_EQ(StatusOf(data), HeadStatus::kMalformed) << data;
  }
}

// Two readers could go by different ones.
TEST(RequestHeadTest, RefusesDoubledFieldsOfWhichThereIsOne) {
  RequestHead head;
  for (const char* name : {"content-type", "Content-Encoding", "authorization", "X-API-Key",
                           "api-key", "x-goog-api-key", "anthropic-version", "last-event-id"}) {
    const std::string once = std::string(name) + ": a\r\n";
    EXPECT_EQ(StatusOf(Request(once)), HeadStatus::kComplete) << once;
    const HeadResult result = ParseRequestHead(Request(once + once), head);
    EXPECT_EQ(result.status, HeadStatus::kMalformed) << once;
    EXPECT_TRUE(std::string_view(result.problem).find("more than one") == 0) << result.problem;
  }
  EXPECT_EQ(
      StatusOf(Request("accept: a\r\naccept: b\r\nanthropic-beta: c\r\nanthropic-beta: d\r\n")),
      HeadStatus::kComplete);
}

TEST(RequestHeadTest, RefusesBrokenFirstLines) {
  for (const std::string_view line : {std::string_view("GET / HTTP/1.2"),
                                      std::string_view("GET / HTTP/2.0"),
                                      std::string_view("GET / HTTP/0.9"),
                                      std::string_view("GET / http/1.1"),
                                      std::string_view("GET / HTTP/1.1 "),
                                      std::string_view("GET / HTTP/01.1"),
                                      std::string_view("GET / HTTP/1.10"),
                                      std::string_view("GET /"),
                                      std::string_view("GET"),
                                      std::string_view("GET  HTTP/1.1"),
                                      std::string_view(" GET / HTTP/1.1"),
                                      std::string_view("GET  / HTTP/1.1"),
                                      std::string_view("GET /  HTTP/1.1"),
                                      std::string_view("GET\t/\tHTTP/1.1"),
                                      std::string_view("GET /a b HTTP/1.1"),
                                      std::string_view("GET http://gateway/v1/messages HTTP/1.1"),
                                      std::string_view("CONNECT gateway:443 HTTP/1.1"),
                                      std::string_view("GET *x HTTP/1.1"),
                                      std::string_view("GET v1/messages HTTP/1.1"),
                                      std::string_view("G(T / HTTP/1.1"),
                                      std::string_view("GET /\xC3\xBC HTTP/1.1"),
                                      std::string_view("GET /\x7f HTTP/1.1"),
                                      std::string_view("GET /\0 HTTP/1.1", 15),
                                      std::string_view("GET /\r HTTP/1.1"),
                                      std::string_view("GET /\n HTTP/1.1"),
                                      std::string_view("GET / HTTP/1.1\nx: y"),
                                      std::string_view("GET / HTTP/1.1\r"),
                                      std::string_view("")}) {
    EXPECT_EQ(StatusOf(Request("", line)), HeadStatus::kMalformed) << line;
  }
  EXPECT_EQ(StatusOf("\r\n\r\n\r\n" + Request("")), HeadStatus::kMalformed);
}

TEST(RequestHeadTest, BareLineFeedsNeverEndAHead) {
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\nHost: x\n\n"), HeadStatus::kIncomplete);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: x\r\n\n"), HeadStatus::kIncomplete);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\rHost: x\r\r"), HeadStatus::kIncomplete);
}

TEST(RequestHeadTest, CountsItsFields) {
  EXPECT_EQ(StatusOf(Request(ManyFields(kHeaderFieldsMax))), HeadStatus::kTooManyFields);
  EXPECT_EQ(StatusOf(Request(ManyFields(kHeaderFieldsMax * 10))), HeadStatus::kTooManyFields);
}

TEST(RequestHeadTest, IsIncompleteAtEachPointBeforeItsEnd) {
  const std::vector<std::string> heads = {Request("Content-Length: 5\r\nx: y\r\n"),
                                          "\r\n" + Request("Transfer-Encoding: chunked\r\n"),
                                          "GET / HTTP/1.0\r\n\r\n"};
  for (const std::string& data : heads) {
    RequestHead head;
    for (std::size_t cut = 0; cut < data.size(); ++cut) {
      // Memory of exactly that size, so that reading behind its end is found out.
      const std::unique_ptr<char[]> part(new char[cut]);
      data.copy(part.get(), cut);
      EXPECT_EQ(ParseRequestHead({part.get(), cut}, head).status, HeadStatus::kIncomplete) << cut;
    }
    EXPECT_EQ(ParseRequestHead(data, head).bytes, data.size());
  }
}

TEST(RequestHeadTest, OneHeadLeavesNothingToTheNext) {
  RequestHead head;
  ASSERT_EQ(ParseRequestHead(Request("Transfer-Encoding: chunked\r\nConnection: close\r\n"
                                     "Expect: 100-continue\r\n"),
                             head)
                .status,
            HeadStatus::kComplete);
  EXPECT_TRUE(head.chunked);
  EXPECT_FALSE(head.keep_alive);
  ASSERT_EQ(ParseRequestHead(Request(""), head).status, HeadStatus::kComplete);
  EXPECT_FALSE(head.chunked);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.expect_continue);
  EXPECT_EQ(head.content_length, kNoContentLength);
  EXPECT_EQ(head.count, 1U);
}

TEST(RequestHeadTest, KeepsTheConnectionAsAsked) {
  const auto keeps = [](std::string_view connection, std::string_view version) {
    RequestHead head;
    const std::string line = "Connection: " + std::string(connection) + "\r\n";
    EXPECT_EQ(ParseRequestHead(Request(line, "GET / HTTP/" + std::string(version)), head).status,
              HeadStatus::kComplete);
    return head.keep_alive;
  };
  EXPECT_TRUE(keeps("keep-alive", "1.1"));
  EXPECT_TRUE(keeps("upgrade", "1.1"));
  EXPECT_FALSE(keeps("close", "1.1"));
  EXPECT_FALSE(keeps("upgrade , Close", "1.1"));
  EXPECT_TRUE(keeps("closed", "1.1"));
  EXPECT_FALSE(keeps("upgrade", "1.0"));
  EXPECT_TRUE(keeps("Keep-Alive", "1.0"));
}

TEST(ResponseHeadTest, TellsWhatStandsThere) {
  const std::string data =
      "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\nContent-Length: 3\r\n\r\n{}\n";
  ResponseHead head;
  const HeadResult result = ParseResponseHead(data, head);
  ASSERT_EQ(result.status, HeadStatus::kComplete);
  EXPECT_EQ(head.status, 429);
  EXPECT_EQ(head.Find("retry-after"), "7");
  EXPECT_EQ(head.content_length, 3);
  EXPECT_EQ(data.substr(result.bytes), "{}\n");
}

TEST(ResponseHeadTest, TakesAnyReasonAndNone) {
  for (const std::string_view line :
       {"HTTP/1.1 200 OK", "HTTP/1.1 200 ", "HTTP/1.1 200", "HTTP/1.0 100 Continue",
        "HTTP/1.1 599 A b  c", "HTTP/1.1 200 \xC3\xBC"}) {
    EXPECT_EQ(ResponseStatusOf(std::string(line) + "\r\n\r\n"), HeadStatus::kComplete) << line;
  }
}

TEST(ResponseHeadTest, RefusesWhatIsNoHead) {
  for (const std::string_view line :
       {"HTTP/1.1 099 X", "HTTP/1.1 600 X", "HTTP/1.1 2x0 X", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK",
        "HTTP/1.1  200 OK", "HTTP/1.1 +20 X", "HTTP/1.1 -20 X", "HTTP/2 200 OK", "HTTP/1.2 200 OK",
        "http/1.1 200 OK", "ICY 200 OK", "HTTP/1.1\t200\tOK", "", "SSH-2.0-OpenSSH_9.2",
        "HTTP/1.1 200 O\rK", "HTTP/1.1 200 O\nx: y", "HTTP/1.1 200 \x01"}) {
    EXPECT_EQ(ResponseStatusOf(std::string(line) + "\r\n\r\n"), HeadStatus::kMalformed) << line;
  }
  for (const std::string_view lines :
       {"Content-Length: 1\r\nContent-Length: 1\r\n",
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n",
        " folded: x\r\n", "x : y\r\n", "x\r\n", "x: \x01\r\n"}) {
    EXPECT_EQ(ResponseStatusOf("HTTP/1.1 200 OK\r\n" + std::string(lines) + "\r\n"),
              HeadStatus::kMalformed)
        << lines;
  }
}

TEST(ResponseHeadTest, IsIncompleteAtEachPointBeforeItsEnd) {
  const std::string data = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nx: y\r\n\r\n";
  for (std::size_t cut = 0; cut < data.size(); ++cut) {
    EXPECT_EQ(ResponseStatusOf(data.substr(0, cut)), HeadStatus::kIncomplete) << cut;
  }
}

TEST(HeadParserTest, AControlIsRefusedWhereverItStandsInAValue) {
  for (std::size_t size = 1; size <= 50; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string value(size, 'v');
        value[at] = static_cast<char>(byte);
        const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7F;
        RequestHead head;
        const HeadStatus status =
            ParseRequestHead("GET / HTTP/1.1\r\nHost: a\r\nx: " + value + "\r\n\r\n", head).status;
        ASSERT_EQ(status == HeadStatus::kComplete, !control) << size << " " << at << " " << byte;
      }
    }
  }
}

}  // namespace
}  // namespace weir::relay
