#include "services/relay/net/tunnel.h"

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/relay/support/loop_fixture.h"
#include "tests/unit/relay/support/sockets.h"

namespace weir::relay {
namespace {

using testing::Socket;
using testing::SocketPair;
using Kind = TunnelProxy::Kind;

// What the proxy expects next, and what it answers.
struct Step {
  std::string expected;
  std::string answer;
};

class TunnelTest : public testing::LoopTest {
 protected:
  TunnelTest() {
    auto [near, far] = SocketPair();
    client_ = std::make_unique<Stream>(loop_, near.Release());
    client_peer_ = std::move(far);
    Reconnect();
  }

  void Reconnect() {
    auto [near, far] = SocketPair();
    stream_ = std::make_unique<Stream>(loop_, near.Release());
    proxy_end_ = std::move(far);
  }

  // Opens a tunnel through a proxy that goes through `steps`, its answers in pieces of `piece`
  // bytes, and then closes if `closes`.
  TunnelResult Open(const TunnelProxy& proxy, const std::vector<Step>& steps,
                    std::size_t piece = 1'000, bool closes = false,
                    const std::string& host = "api.example") {
    Reconnect();
    TunnelResult result = TunnelResult::kOpen;
    const auto body = [&]() -> Task<void> {
      std::thread far([&] {
        for (const Step& step : steps) {
          EXPECT_EQ(proxy_end_.Receive(step.expected.size()), step.expected);
          for (std::size_t at = 0; at < step.answer.size(); at += piece) {
            proxy_end_.Send(std::string_view(step.answer).substr(at, piece));
            if (piece < step.answer.size()) {
              std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
          }
        }
        if (closes) proxy_end_.Close();
      });
      result = co_await OpenTunnel(loop_, *stream_, proxy, host, 443, client_->watch(), In(5'000));
      far.join();
      EXPECT_EQ(client_->watch().waiter, nullptr);
    };
    Run(body());
    return result;
  }

  static TunnelProxy Proxy(Kind kind, std::string_view username = "",
                           std::string_view password = "") {
    TunnelProxy proxy;
    proxy.kind = kind;
    proxy.username = username;
    proxy.password = password;
    return proxy;
  }

  std::unique_ptr<Stream> client_;
  Socket client_peer_;
  std::unique_ptr<Stream> stream_;
  Socket proxy_end_;
};

const std::string kConnect = "CONNECT api.example:443 HTTP/1.1\r\nhost: api.example:443\r\n";

TEST_F(TunnelTest, HttpConnectOpens) {
  for (const std::size_t piece : {1U, 5U, 1'000U}) {
    EXPECT_EQ(
        Open(Proxy(Kind::kHttpConnect),
             {{kConnect + "\r\n", "HTTP/1.1 200 Connection established\r\nvia: x\r\n\r\n"}}, piece),
        TunnelResult::kOpen);
  }
  // What follows is the far host's alone.
  EXPECT_EQ(stream_->Write("hello").bytes, 5U);
  EXPECT_EQ(proxy_end_.Receive(5), "hello");
}

TEST_F(TunnelTest, HttpConnectSaysWhoWeAre) {
  EXPECT_EQ(Open(Proxy(Kind::kHttpConnect, "Aladdin", "open sesame"),
                 {{kConnect + "proxy-authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n",
                   "HTTP/1.0 200 OK\r\n\r\n"}}),
            TunnelResult::kOpen);
}

TEST_F(TunnelTest, HttpConnectPutsAnIpv6AddressInBrackets) {
  EXPECT_EQ(Open(Proxy(Kind::kHttpConnect),
                 {{"CONNECT [2001:db8::1]:443 HTTP/1.1\r\nhost: [2001:db8::1]:443\r\n\r\n",
                   "HTTP/1.1 200 OK\r\n\r\n"}},
                 1'000, false, "2001:db8::1"),
            TunnelResult::kOpen);
}

TEST_F(TunnelTest, HttpConnectIsRefused) {
  for (const std::string& answer :
       {std::string("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
        std::string("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n"),
        std::string("HTTP/1.1 302 Found\r\n\r\n"), std::string("SSH-2.0-x 200 OK\r\n\r\n"),
        std::string("\r\n\r\n"), std::string("HTTP/1.1 200 OK\r\n\r\nunasked"),
        std::string(20'000, 'x')}) {
    EXPECT_EQ(Open(Proxy(Kind::kHttpConnect), {{kConnect + "\r\n", answer}}),
              TunnelResult::kRefused)
        << answer.substr(0, 60);
  }
  EXPECT_EQ(Open(Proxy(Kind::kHttpConnect), {{kConnect + "\r\n", "HTTP/1.1 200"}}, 1'000, true),
            TunnelResult::kRefused);
}

const std::string kSocksRequest(
    "\x05\x01\x00\x03\x0b"
    "api.example\x01\xbb",
    18);
const std::string kSocksGranted("\x05\x00\x00\x01\x7f\x00\x00\x01\x10\x20", 10);

TEST_F(TunnelTest, Socks5Opens) {
  const std::vector<std::string> granted = {
      kSocksGranted,
      std::string("\x05\x00\x00\x03\x03"
                  "abc\x10\x20",
                  10),
      std::string("\x05\x00\x00\x03\x00\x10\x20", 7),
      std::string("\x05\x00\x00\x04", 4) + std::string(16, '\x01') + "\x10\x20"};
  for (const std::string& answer : granted) {
    for (const std::size_t piece : {1U, 1'000U}) {
      EXPECT_EQ(Open(Proxy(Kind::kSocks5),
                     {{std::string("\x05\x01\x00", 3), std::string("\x05\x00", 2)},
                      {kSocksRequest, answer}},
                     piece),
                TunnelResult::kOpen);
    }
  }
}

TEST_F(TunnelTest, Socks5LogsIn) {
  const std::string login(
      "\x01\x03"
      "ann\x06"
      "secret",
      12);
  const std::string greeting("\x05\x01\x02", 3);
  const std::string wants_login("\x05\x02", 2);
  const TunnelProxy proxy = Proxy(Kind::kSocks5, "ann", "secret");
  EXPECT_EQ(Open(proxy, {{greeting, wants_login},
                         {login, std::string("\x01\x00", 2)},
                         {kSocksRequest, kSocksGranted}}),
            TunnelResult::kOpen);
  EXPECT_EQ(Open(proxy, {{greeting, wants_login}, {login, "\x01\x01"}}), TunnelResult::kRefused);
  EXPECT_EQ(Open(proxy, {{greeting, "\x05\xff"}}), TunnelResult::kRefused);
}

TEST_F(TunnelTest, Socks5IsRefused) {
  const std::string greeting("\x05\x01\x00", 3);
  const std::string fine("\x05\x00", 2);
  EXPECT_EQ(Open(Proxy(Kind::kSocks5), {{greeting, "\x05\x02"}}), TunnelResult::kRefused);
  EXPECT_EQ(Open(Proxy(Kind::kSocks5), {{greeting, std::string("\x04\x00", 2)}}),
            TunnelResult::kRefused);
  for (char status = 1; status < 9; ++status) {
    std::string answer = kSocksGranted;
    answer[1] = status;
    EXPECT_EQ(Open(Proxy(Kind::kSocks5), {{greeting, fine}, {kSocksRequest, answer}}),
              TunnelResult::kRefused);
  }
  std::string odd_form = kSocksGranted;
  odd_form[3] = 7;
  EXPECT_EQ(Open(Proxy(Kind::kSocks5), {{greeting, fine}, {kSocksRequest, odd_form}}),
            TunnelResult::kRefused);
  EXPECT_EQ(Open(Proxy(Kind::kSocks5), {{greeting, fine}, {kSocksRequest, kSocksGranted + "x"}}),
            TunnelResult::kRefused);
  EXPECT_EQ(Open(Proxy(Kind::kSocks5), {{greeting, fine}, {kSocksRequest, "\x05"}}, 1'000, true),
            TunnelResult::kRefused);
}

// A length is one byte there: a longer text would be cut in its middle and read as something else.
TEST_F(TunnelTest, Socks5RefusesTextsThatDoNotFit) {
  const std::string long_text(256, 'x');
  EXPECT_EQ(Open(Proxy(Kind::kSocks5), {}, 1'000, true, long_text), TunnelResult::kRefused);
  EXPECT_EQ(Open(Proxy(Kind::kSocks5, long_text, "x"), {}, 1'000), TunnelResult::kRefused);
  EXPECT_EQ(Open(Proxy(Kind::kSocks5, "x", long_text), {}, 1'000), TunnelResult::kRefused);
  EXPECT_EQ(proxy_end_.TakeAll(), "");
}

TEST_F(TunnelTest, TellsTimeoutAndClientGone) {
  const auto body = [&]() -> Task<void> {
    const TunnelProxy proxy = Proxy(Kind::kHttpConnect);
    const std::string host = "api.example";
    EXPECT_EQ(co_await OpenTunnel(loop_, *stream_, proxy, host, 443, client_->watch(), In(60)),
              TunnelResult::kTimeout);
    client_peer_.Close();
    EXPECT_EQ(co_await OpenTunnel(loop_, *stream_, proxy, host, 443, client_->watch(), In(5'000)),
              TunnelResult::kClientGone);
  };
  Run(body());
}

}  // namespace
}  // namespace weir::relay
