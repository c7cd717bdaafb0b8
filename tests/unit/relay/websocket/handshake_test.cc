#include "services/relay/websocket/handshake.h"

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::string_view kGood =
    "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

// The head keeps views of `text`.
RequestHead Parse(const std::string& text) {
  RequestHead head;
  EXPECT_EQ(ParseRequestHead(text, head).status, HeadStatus::kComplete) << text;
  return head;
}

std::string Request(std::string_view fields, std::string_view method = "GET") {
  return std::string(method) + " /v1/responses HTTP/1.1\r\nHost: a\r\n" + std::string(fields) +
         "\r\n";
}

TEST(HandshakeTest, AnswersAsTheStandardsExample) {
  EXPECT_EQ(HandshakeAnswer("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(HandshakeTest, TakesWhatIsAskedWell) {
  const std::string text = Request(kGood);
  const RequestHead head = Parse(text);
  EXPECT_TRUE(WantsWebSocket(head));
  EXPECT_EQ(HandshakeProblem(head), "");
}

TEST(HandshakeTest, OtherRequestsWantNone) {
  for (const char* fields : {"", "Upgrade: h2c\r\n", "Connection: upgrade\r\n"}) {
    const std::string text = Request(fields);
    EXPECT_FALSE(WantsWebSocket(Parse(text))) << fields;
  }
}

TEST(HandshakeTest, SaysWhatIsWrong) {
  const auto without = [](std::string_view what, std::string_view instead) {
    std::string fields(kGood);
    fields.replace(fields.find(what), what.size(), instead);
    return fields;
  };
  struct Case {
    std::string text;
    std::string_view word;
  };
  for (const Case& c : {Case{Request(kGood, "POST"), "GET"},
                        Case{Request(without("keep-alive, Upgrade", "close")), "Connection"},
                        Case{Request(without("13", "8")), "Version"},
                        Case{Request(without("dGhlIHNhbXBsZSBub25jZQ==", "dGhl")), "Key"},
                        Case{Request(without("dGhlIHNhbXBsZSBub25jZQ==", "{}")), "Key"}}) {
    EXPECT_NE(HandshakeProblem(Parse(c.text)).find(c.word), std::string_view::npos) << c.text;
  }
}

}  // namespace
}  // namespace weir::relay
