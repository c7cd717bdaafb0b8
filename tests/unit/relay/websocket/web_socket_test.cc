#include "services/relay/websocket/web_socket.h"

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

constexpr std::size_t kMessageMax = 1'000;
constexpr unsigned kText = 1;
constexpr unsigned kBinary = 2;
constexpr unsigned kClose = 8;
constexpr unsigned kPing = 9;
constexpr unsigned kPong = 10;
constexpr unsigned kFinal = 0x80;

// A frame as a client sends it, masked.
std::string Frame(unsigned first_byte, std::string_view payload, bool masked = true) {
  std::string out(1, static_cast<char>(first_byte));
  const unsigned mask_bit = masked ? 0x80U : 0U;
  if (payload.size() < 126) {
    out += static_cast<char>(mask_bit | payload.size());
  } else {
    out += static_cast<char>(mask_bit | 126U);
    out += static_cast<char>(payload.size() >> 8U);
    out += static_cast<char>(payload.size() & 0xffU);
  }
  const std::string mask = "\x11\x22\x33\x44";
  if (masked) out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out += masked ? static_cast<char>(payload[i] ^ mask[i % 4]) : payload[i];
  }
  return out;
}

constexpr unsigned kNoCode = 1005;

// The code in the close frame of `output`, kNoCode when it has none; 0 = no such frame.
unsigned CloseCode(const std::string& output) {
  for (std::size_t at = 0; at + 2 <= output.size();) {
    const unsigned opcode = static_cast<unsigned char>(output[at]) & 0xfU;
    const auto size = static_cast<unsigned char>(output[at + 1]);
    if (opcode == kClose && size == 0) return kNoCode;
    if (opcode == kClose) {
      const unsigned high = static_cast<unsigned char>(output[at + 2]);
      return (high << 8U) | static_cast<unsigned char>(output[at + 3]);
    }
    at += 2U + size;
  }
  return 0;
}

TEST(WebSocketTest, MessagesBothWays) {
  WebSocket socket(kMessageMax);
  socket.Receive(Frame(kFinal | kText, "hello"));
  EXPECT_EQ(socket.TakeMessage(), "hello");
  EXPECT_EQ(socket.TakeMessage(), std::nullopt);
  socket.SendText("there");
  EXPECT_EQ(socket.TakeOutput(), "\x81\x05there");
  EXPECT_EQ(socket.TakeOutput(), "");
  EXPECT_FALSE(socket.closed());
}

TEST(WebSocketTest, FragmentsAndAPingBetweenThemAtEveryCut) {
  const std::string bytes = Frame(kText, "Hello, ") + Frame(kFinal | kPing, "p") +
                            Frame(0, "w\xc3") + Frame(kFinal, "\xb6rld") +
                            Frame(kFinal | kText, std::string(300, 'x'));
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    WebSocket socket(kMessageMax);
    socket.Receive(std::string_view(bytes).substr(0, cut));
    socket.Receive(std::string_view(bytes).substr(cut));
    EXPECT_EQ(socket.TakeMessage(), "Hello, w\xc3\xb6rld") << cut;
    EXPECT_EQ(socket.TakeMessage(), std::string(300, 'x')) << cut;
    EXPECT_EQ(socket.TakeOutput(), std::string(1, static_cast<char>(kFinal | kPong)) + "\x01p");
  }
}

TEST(WebSocketTest, ClosesWithTheClient) {
  WebSocket socket(kMessageMax);
  socket.Receive(Frame(kFinal | kClose, std::string("\x03\xe8", 2)));
  EXPECT_TRUE(socket.input_over());
  EXPECT_EQ(CloseCode(socket.TakeOutput()), kCloseNormal);
  EXPECT_TRUE(socket.closed());
  socket.SendText("too late");
  EXPECT_EQ(socket.TakeOutput(), "");
}

TEST(WebSocketTest, ClosesFirst) {
  WebSocket socket(kMessageMax);
  socket.SendText("last");
  socket.Close(kCloseGoingAway, "bye");
  const std::string output = socket.TakeOutput();
  EXPECT_TRUE(output.starts_with("\x81\x04last"));
  EXPECT_EQ(CloseCode(output), kCloseGoingAway);
  EXPECT_FALSE(socket.closed()) << "the client has not answered";
  socket.Receive(Frame(kFinal | kClose, std::string("\x03\xe9", 2)));
  EXPECT_TRUE(socket.closed());
}

TEST(WebSocketTest, RefusesWhatBreaksTheRules) {
  struct Case {
    const char* what;
    std::string bytes;
    unsigned code;
  };
  for (const Case& c :
       {Case{"no mask", Frame(kFinal | kText, "a", false), 1002},
        Case{"reserved bits", Frame(kFinal | 0x40U | kText, "a"), 1002},
        Case{"an unknown kind", Frame(kFinal | 3U, "a"), 1002},
        Case{"a continuation of nothing", Frame(kFinal, "a"), 1002},
        Case{"a text within a text", Frame(kText, "a") + Frame(kFinal | kText, "b"), 1002},
        Case{"a ping in parts", Frame(kPing, "a"), kNoCode},
        Case{"a long ping", Frame(kFinal | kPing, std::string(126, 'a')), kNoCode},
        Case{"no UTF-8", Frame(kFinal | kText, "\xff"), 1007},
        Case{"cut UTF-8", Frame(kFinal | kText, "\xc3"), 1007},
        Case{"too long", Frame(kFinal | kText, std::string(kMessageMax + 1, 'a')), 1009},
        Case{"too long in parts",
             Frame(kText, std::string(600, 'a')) + Frame(kFinal, std::string(600, 'a')), 1009},
        Case{"binary", Frame(kFinal | kBinary, "a"), kCloseUnsupported}}) {
    WebSocket socket(kMessageMax);
    socket.Receive(c.bytes);
    EXPECT_EQ(socket.TakeMessage(), std::nullopt) << c.what;
    EXPECT_EQ(CloseCode(socket.TakeOutput()), c.code) << c.what;
    EXPECT_TRUE(socket.input_over()) << c.what;
    EXPECT_TRUE(socket.closed()) << c.what;
  }
}

}  // namespace
}  // namespace weir::relay
