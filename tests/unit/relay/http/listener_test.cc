#include "services/relay/http/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/relay/support/loop_fixture.h"
#include "tests/unit/relay/support/sockets.h"

namespace weir::relay {
namespace {

using testing::Listening;
using testing::ListenOn;
using testing::Socket;

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
constexpr std::string_view kRefusal = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";

// Answers at once, or when it is let go.
class Handler final : public RequestHandler {
 public:
  explicit Handler(EventLoop& loop) : loop_(loop) {}

  Task<void> Handle(Exchange& exchange) override {
    ++requests;
    while (hold && !exchange.gone()) {
      co_await WaitFor(loop_, exchange.stream().watch(), ready::kHangup, loop_.now_ms() + 5);
    }
    if (exchange.gone()) ++gone;
    if (!exchange.keep_alive()) ++last_answers;
    exchange.Send(kAnswer);
    co_await exchange.Flush();
  }
  Task<void> HandleBadHead(Exchange& exchange, ReadStatus status) override {
    bad_heads.push_back(status);
    exchange.CloseAfter();
    exchange.Send(kRefusal);
    co_await exchange.Flush();
  }
  void OnConnection(bool opened) override { connections += opened ? 1 : -1; }

  bool hold = false;
  int requests = 0;
  int gone = 0;
  int last_answers = 0;
  int connections = 0;
  std::vector<ReadStatus> bad_heads;

 private:
  EventLoop& loop_;
};

class ListenerTest : public testing::LoopTest {
 protected:
  ListenerTest() {
    const Listening free = ListenOn("127.0.0.1");
    port_ = free.port;
  }

  void Listen() { ASSERT_TRUE(listener_.Listen("127.0.0.1", port_).ok()); }

  Socket Connect() const {
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(static_cast<std::uint16_t>(port_));
    ::inet_pton(AF_INET, "127.0.0.1", &where.sin_addr);
    EXPECT_EQ(::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&where), sizeof(where)), 0);
    return socket;
  }

  Task<void> Turn(std::int64_t ms = 20) { co_await SleepUntil(loop_, In(ms)); }

  int port_ = 0;
  HttpLimits limits_;
  Handler handler_{loop_};
  Listener listener_{loop_, handler_, limits_};
};

TEST_F(ListenerTest, APortThatIsTakenIsNotFree) {
  EXPECT_TRUE(Listener::CheckFree("127.0.0.1", port_).ok());
  Listen();
  EXPECT_FALSE(Listener::CheckFree("127.0.0.1", port_).ok());
  EXPECT_FALSE(Listener::CheckFree("no such host.invalid", port_).ok());
}

TEST_F(ListenerTest, LoopsShareAPort) {
  Listen();
  EventLoop other_loop;
  Listener other(other_loop, handler_, limits_);
  EXPECT_TRUE(other.Listen("127.0.0.1", port_).ok());
}

TEST_F(ListenerTest, ManyRequestsOnOneConnectionThenItsEnd) {
  Listen();
  const auto body = [&]() -> Task<void> {
    Socket client = Connect();
    for (int i = 0; i < 3; ++i) {
      client.Send(kRequest);
      co_await Turn();
      EXPECT_EQ(client.TakeAll(), kAnswer);
    }
    EXPECT_EQ(listener_.sessions(), 1U);
    EXPECT_EQ(handler_.connections, 1);
    client.Close();
    co_await Turn();
    EXPECT_EQ(listener_.sessions(), 0U);
    EXPECT_EQ(handler_.connections, 0);
    EXPECT_EQ(handler_.requests, 3);
  };
  Run(body());
}

TEST_F(ListenerTest, NothingIsReadBehindABadHead) {
  Listen();
  const auto body = [&]() -> Task<void> {
    const Socket client = Connect();
    client.Send("garbage\r\n\r\n" + std::string(kRequest));
    co_await Turn();
    EXPECT_EQ(client.TakeAll(), kRefusal);
    EXPECT_EQ(handler_.bad_heads, std::vector<ReadStatus>{ReadStatus::kMalformed});
    EXPECT_EQ(handler_.requests, 0);
    listener_.CloseAll();
    co_await Turn();
    EXPECT_EQ(listener_.sessions(), 0U);
  };
  Run(body());
}

TEST_F(ListenerTest, DrainClosesIdleConnectionsAndLetsBusyOnesEnd) {
  limits_.drain_idle_ms = 0;
  Listen();
  const auto body = [&]() -> Task<void> {
    const Socket idle = Connect();
    const Socket busy = Connect();
    co_await Turn();
    handler_.hold = true;
    busy.Send(kRequest);
    co_await Turn();
    EXPECT_EQ(listener_.sessions(), 2U);
    const Socket queued = Connect();  // the kernel has it, the listener has not seen it yet
    queued.Send(kRequest);
    listener_.Drain();
    co_await Turn(40);
    EXPECT_EQ(listener_.sessions(), 2U) << "the busy one and the one that was queued";
    EXPECT_EQ(idle.Receive(1), "");
    handler_.hold = false;
    co_await Turn(100);
    EXPECT_EQ(busy.TakeAll(), kAnswer);
    EXPECT_EQ(queued.TakeAll(), kAnswer);
    EXPECT_EQ(handler_.gone, 0) << "nobody was taken for gone";
    listener_.CloseAll();
    co_await Turn();
    EXPECT_EQ(listener_.sessions(), 0U);
  };
  Run(body());
}

TEST_F(ListenerTest, WhoDoesNotKnowOfTheDrainYetIsStillAnswered) {
  limits_.drain_idle_ms = 200;
  Listen();
  const auto body = [&]() -> Task<void> {
    const Socket unused = Connect();
    const Socket used = Connect();
    const Socket busy = Connect();
    handler_.hold = true;
    busy.Send(kRequest);
    co_await Turn();
    listener_.Drain();
    co_await Turn(100);
    EXPECT_EQ(listener_.sessions(), 3U);
    handler_.hold = false;
    used.Send(kRequest);
    co_await Turn(40);
    EXPECT_EQ(used.TakeAll(), kAnswer);
    EXPECT_EQ(handler_.last_answers, 1) << "the one that began in the drain, and knows it";
    EXPECT_EQ(busy.TakeAll(), kAnswer);
    busy.Send(
        kRequest);  // its first answer had begun before: it could not say that it was the last
    co_await Turn(40);
    EXPECT_EQ(busy.TakeAll(), kAnswer);
    EXPECT_EQ(handler_.last_answers, 2);
    co_await Turn(100);
    EXPECT_EQ(unused.Receive(1), "");
    EXPECT_EQ(handler_.requests, 3);
  };
  Run(body());
}

TEST_F(ListenerTest, DrainWaitsForNobodyWhoSendsNothing) {
  limits_.drain_idle_ms = 60;
  Listen();
  const auto body = [&]() -> Task<void> {
    const Socket unused = Connect();
    const Socket answered = Connect();
    answered.Send(kRequest);
    co_await Turn();
    listener_.Drain();
    co_await Turn(30);
    EXPECT_EQ(listener_.sessions(), 2U);
    co_await Turn(100);
    EXPECT_EQ(listener_.sessions(), 0U);
  };
  Run(body());
}

TEST_F(ListenerTest, CloseAllEndsRequestsAsIfTheirClientsHadGone) {
  Listen();
  const auto body = [&]() -> Task<void> {
    const Socket client = Connect();
    handler_.hold = true;
    client.Send(kRequest);
    co_await Turn();
    listener_.CloseAll();
    co_await Turn(50);
    EXPECT_EQ(handler_.gone, 1);
    EXPECT_EQ(listener_.sessions(), 0U);
  };
  Run(body());
}

}  // namespace
}  // namespace weir::relay
