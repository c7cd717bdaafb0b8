#include "services/relay/net/connector.h"

#include <sys/socket.h>

#include <csignal>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "tests/unit/relay/net/tls_server.h"
#include "tests/unit/relay/support/loop_fixture.h"
#include "tests/unit/relay/support/sockets.h"

namespace weir::relay {
namespace {

using testing::CertificateAuthority;
using testing::FullBacklog;
using testing::Listening;
using testing::ListenOn;
using testing::Socket;
using testing::SocketPair;
using testing::TlsServer;

class ConnectorTest : public testing::LoopTest {
 protected:
  ConnectorTest() {
    std::signal(SIGPIPE, SIG_IGN);  // as the services do
    auto [near, far] = SocketPair();
    client_ = std::make_unique<Stream>(loop_, near.Release());
    client_peer_ = std::move(far);
  }

  static ConnectTarget Target(std::string host, int port, bool tls = false) {
    ConnectTarget target;
    target.host = std::move(host);
    target.port = port;
    target.tls = tls;
    target.pool_key = target.host;
    return target;
  }

  // Connects and tells how that ended and how long it took.
  ConnectError Try(const ConnectTarget& target, std::int64_t limit_ms = 10'000) {
    ConnectError error = ConnectError::kNone;
    const auto body = [&]() -> Task<void> {
      const std::int64_t began_ms = loop_.now_ms();
      result_ = co_await Connect(loop_, resolver_, *tls_, target, client_->watch(), In(limit_ms));
      took_ms_ = loop_.now_ms() - began_ms;
      error = result_.error;
      EXPECT_EQ(result_.stream == nullptr, error != ConnectError::kNone);
      EXPECT_EQ(client_->watch().waiter, nullptr);
    };
    Run(body());
    return error;
  }

  // Sends `text` over the connection that Try made, and waits until it comes back.
  void ExpectEcho(std::string_view text) {
    const auto body = [this, text]() -> Task<void> {
      Stream& stream = *result_.stream;
      EXPECT_EQ(stream.Write(text).bytes, text.size());
      std::string got;
      while (got.size() < text.size()) {
        char buffer[256];
        const IoResult read = stream.Read(buffer, sizeof(buffer));
        if (read.status == IoStatus::kDone) {
          got.append(buffer, read.bytes);
          continue;
        }
        if (read.status != IoStatus::kWouldBlock) break;
        if (co_await WaitFor(loop_, stream.watch(), ready::kRead, In(5'000)) ==
            WaitResult::kTimeout) {
          break;
        }
      }
      EXPECT_EQ(got, text);
    };
    Run(body());
  }

  void Trust(const std::string& ca_file) { tls_ = TlsClient::Make(ca_file).value(); }

  std::unique_ptr<Stream> client_;  // the one on whose behalf we connect
  Socket client_peer_;
  std::unique_ptr<TlsClient> tls_ = TlsClient::Make("").value();
  Resolver resolver_;
  ConnectResult result_;
  std::int64_t took_ms_ = 0;
};

TEST_F(ConnectorTest, ConnectsToAnAddressAndToAName) {
  const Listening listening = ListenOn("127.0.0.1");
  for (const char* host : {"127.0.0.1", "good.test"}) {
    ASSERT_EQ(Try(Target(host, listening.port)), ConnectError::kNone) << host;
    EXPECT_EQ(result_.stream->Write("x").status, IoStatus::kDone);
    EXPECT_FALSE(result_.stream->tls());
  }
}

TEST_F(ConnectorTest, TellsThatNobodyIsThere) {
  int port = 0;
  { port = ListenOn("127.0.0.1").port; }
  EXPECT_EQ(Try(Target("127.0.0.1", port)), ConnectError::kRefused);
  EXPECT_LT(took_ms_, 2'000);
}

TEST_F(ConnectorTest, TellsThatTheNameIsUnknown) {
  EXPECT_EQ(Try(Target("none.test", 80)), ConnectError::kResolve);
  EXPECT_EQ(Try(Target("none.test", 80)), ConnectError::kResolve);  // from the cache
}

TEST_F(ConnectorTest, GivesUpOnOneThatSwallowsPackets) {
  const FullBacklog full("127.0.0.1");
  EXPECT_EQ(Try(Target("127.0.0.1", full.port()), 150), ConnectError::kTimeout);
  EXPECT_GE(took_ms_, 140);
  EXPECT_LT(took_ms_, 2'000);
}

TEST_F(ConnectorTest, TheDeadlineHoldsForTheNameToo) {
  const Listening listening = ListenOn("127.0.0.1");
  EXPECT_EQ(Try(Target("slow.test", listening.port), 100), ConnectError::kTimeout);
  EXPECT_LT(took_ms_, 600);
  // The answer that came too late harms nobody and serves the next one.
  std::this_thread::sleep_for(std::chrono::milliseconds(800));
  EXPECT_EQ(Try(Target("slow.test", listening.port)), ConnectError::kNone);
  EXPECT_LT(took_ms_, 600);
}

TEST_F(ConnectorTest, StopsWhenTheClientLeaves) {
  const FullBacklog full("127.0.0.1");
  std::thread leaves([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(80));
    client_peer_.Close();
  });
  EXPECT_EQ(Try(Target("127.0.0.1", full.port())), ConnectError::kClientGone);
  leaves.join();
  EXPECT_LT(took_ms_, 5'000);
}

TEST_F(ConnectorTest, StopsWhenTheClientLeavesWhileTheNameIsLookedUp) {
  std::thread leaves([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    client_peer_.Close();
  });
  EXPECT_EQ(Try(Target("slow.test", 1)), ConnectError::kClientGone);
  leaves.join();
  EXPECT_LT(took_ms_, 600);
  EXPECT_EQ(Try(Target("slow.test", 2)), ConnectError::kClientGone);  // gone before it began
}

TEST_F(ConnectorTest, GoesOnToTheNextAddress) {
  const Listening listening = ListenOn("127.0.0.1");
  ASSERT_EQ(Try(Target("two.test", listening.port)), ConnectError::kNone);
}

TEST_F(ConnectorTest, GoesToNoMetadataAddress) {
  for (const char* host : {"meta.test", "169.254.169.254", "fe80::1", "168.63.129.16"}) {
    EXPECT_EQ(Try(Target(host, 80)), ConnectError::kForbidden) << host;
    EXPECT_LT(took_ms_, 1'000) << host;
  }
  const TunnelProxy proxy = {.kind = TunnelProxy::Kind::kHttpConnect,
                             .host = "meta.test",
                             .port = 80,
                             .username = {},
                             .password = {}};
  ConnectTarget by_proxy = Target("good.test", 443);
  by_proxy.proxy = &proxy;
  EXPECT_EQ(Try(by_proxy), ConnectError::kForbidden);
  const Listening listening = ListenOn("127.0.0.1");
  EXPECT_EQ(Try(Target("mixed.test", listening.port)), ConnectError::kNone) << "the other one";
}

TEST_F(ConnectorTest, AnAddressThatSwallowsPacketsLeavesTimeForTheNext) {
  const FullBacklog full("127.0.0.2");
  const Listening listening = ListenOn("127.0.0.1", full.port());
  ASSERT_EQ(Try(Target("two.test", listening.port), 5'000), ConnectError::kNone);
  EXPECT_LT(took_ms_, 4'000);
}

class TlsConnectorTest : public ConnectorTest {
 protected:
  TlsConnectorTest() : server_(authority_, "DNS:good.test,IP:127.0.0.1") {
    Trust(authority_.file());
  }
  // The server waits for the end of the connection that it serves.
  ~TlsConnectorTest() override { result_.stream.reset(); }

  CertificateAuthority authority_;
  TlsServer server_;
};

TEST_F(TlsConnectorTest, TrustsItsAuthorityForThatName) {
  ASSERT_EQ(Try(Target("good.test", server_.port(), true)), ConnectError::kNone);
  EXPECT_TRUE(result_.stream->tls());
  ExpectEcho("over TLS");
}

TEST_F(TlsConnectorTest, TrustsItsAuthorityForThatAddress) {
  ASSERT_EQ(Try(Target("127.0.0.1", server_.port(), true)), ConnectError::kNone);
  ExpectEcho("by address");
}

TEST_F(TlsConnectorTest, RefusesAnotherName) {
  EXPECT_EQ(Try(Target("other.test", server_.port(), true)), ConnectError::kTls);
  EXPECT_EQ(Try(Target("sub.good.test", server_.port(), true)), ConnectError::kTls);
}

TEST_F(TlsConnectorTest, RefusesAnotherAuthority) {
  const CertificateAuthority other;
  Trust(other.file());
  EXPECT_EQ(Try(Target("good.test", server_.port(), true)), ConnectError::kTls);
  Trust("");  // the system's, which know nothing of it
  EXPECT_EQ(Try(Target("good.test", server_.port(), true)), ConnectError::kTls);
}

TEST_F(TlsConnectorTest, ResumesASession) {
  for (const bool resumed : {false, true}) {
    ASSERT_EQ(Try(Target("good.test", server_.port(), true)), ConnectError::kNone);
    EXPECT_EQ(SSL_session_reused(result_.stream->ssl()) == 1, resumed);
    ExpectEcho("the ticket comes with the first answer");
    result_.stream.reset();
  }
}

TEST_F(TlsConnectorTest, ASessionOfOneNameOpensNoOther) {
  ASSERT_EQ(Try(Target("good.test", server_.port(), true)), ConnectError::kNone);
  ExpectEcho("ticket");
  result_.stream.reset();
  EXPECT_EQ(Try(Target("other.test", server_.port(), true)), ConnectError::kTls);
}

TEST_F(TlsConnectorTest, RefusesWhatIsNoTls) {
  const Listening listening = ListenOn("127.0.0.1");
  std::thread plain([&listening] {
    const Socket client(::accept(listening.socket.fd(), nullptr, nullptr));
    client.Send("HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  EXPECT_EQ(Try(Target("127.0.0.1", listening.port, true)), ConnectError::kTls);
  plain.join();
}

TEST_F(TlsConnectorTest, GivesUpOnOneThatNeverAnswers) {
  const Listening silent = ListenOn("127.0.0.1");
  EXPECT_EQ(Try(Target("127.0.0.1", silent.port, true), 150), ConnectError::kTimeout);
}

TEST(TlsClientTest, MissesAnAuthorityThatIsNotThere) {
  EXPECT_EQ(TlsClient::Make("/nowhere/ca.pem").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace weir::relay
