#include "services/relay/upstream/upstream_call.h"

#include <sys/socket.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/relay/support/loop_fixture.h"
#include "tests/unit/relay/support/sockets.h"

namespace weir::relay {
namespace {

using testing::Listening;
using testing::ListenOn;
using testing::Socket;
using testing::SocketPair;

const std::string kRequest = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const std::string kAnswer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
const std::string kClose;          // the end instead of an answer
const std::string kSilence = "-";  // neither

// An upstream that answers each connection's requests by a script, then closes it.
class Scripted {
 public:
  using Answers = std::vector<std::string>;

  explicit Scripted(std::vector<Answers> connections)
      : listening_(ListenOn("127.0.0.1")), thread_([this, connections] { Serve(connections); }) {}
  ~Scripted() {
    ::shutdown(listening_.socket.fd(), SHUT_RDWR);
    thread_.join();
  }

  int port() const { return listening_.port; }
  int accepted() const { return accepted_; }

 private:
  void Serve(const std::vector<Answers>& connections) {
    for (const Answers& answers : connections) {
      const Socket peer(::accept(listening_.socket.fd(), nullptr, nullptr));
      if (peer.fd() < 0) return;
      ++accepted_;
      for (const std::string& answer : answers) {
        if (peer.Receive(kRequest.size()).empty() || answer == kClose) break;
        if (answer == kSilence) {
          peer.Receive(1);  // until the other side has had enough
          break;
        }
        peer.Send(answer);
      }
    }
  }

  Listening listening_;
  std::atomic<int> accepted_{0};
  std::thread thread_;
};

class UpstreamCallTest : public testing::LoopTest {
 protected:
  UpstreamCallTest() {
    std::signal(SIGPIPE, SIG_IGN);  // as the services do
    auto [near, far] = SocketPair();
    client_ = std::make_unique<Stream>(loop_, near.Release());
    client_peer_ = std::move(far);
    account_.url.host = "127.0.0.1";
    account_.url.tls = false;
    account_.url.pool_key = "upstream";
    account_.timeouts = {2'000, 2'000, 2'000, 10'000};
  }

  struct Result {
    AttemptOutcome outcome = AttemptOutcome::kClosed;
    int status = 0;
    std::string body;
    bool whole = false;
  };

  Task<Result> Ask(std::string_view request) {
    UpstreamCall call(environment_, account_, account_.timeouts, client_->watch());
    const iovec piece{const_cast<char*>(request.data()), request.size()};
    Result result;
    result.outcome = co_await call.Start({&piece, 1}, In(10'000));
    if (result.outcome != AttemptOutcome::kAnswered) co_return result;
    result.status = call.head().status;
    result.whole = call.body_empty();
    while (!result.whole) {
      const BodyRead read = call.ReadBody();
      if (read.status == BodyReadStatus::kFailed) co_return result;
      result.body += read.payload;
      result.whole = read.finished;
      if (read.status != BodyReadStatus::kWouldBlock) continue;
      co_await WaitFor(loop_, call.watch(), ready::kRead | ready::kHangup, In(2'000));
    }
    call.Finish();
    co_return result;
  }

  // One request to `upstream`.
  Result Get(const Scripted& upstream, std::string_view request = kRequest) {
    account_.url.port = upstream.port();
    Result result;
    const auto body = [&]() -> Task<void> { result = co_await Ask(request); };
    Run(body());
    EXPECT_EQ(loop_.buffers().charged(), 0) << "all that was held is let go";
    return result;
  }

  Resolver resolver_;
  std::unique_ptr<TlsClient> tls_ = *TlsClient::Make("");
  ConnectionPool pool_{loop_, 60'000, 4};
  UpstreamEnvironment environment_{loop_, resolver_, *tls_, pool_};
  Account account_;
  std::unique_ptr<Stream> client_;
  Socket client_peer_;
};

TEST_F(UpstreamCallTest, AKeptConnectionIsUsedAgain) {
  const Scripted upstream({{kAnswer, kAnswer, kSilence}});
  for (int i = 0; i < 2; ++i) {
    const Result result = Get(upstream);
    EXPECT_EQ(result.status, 200);
    EXPECT_EQ(result.body, "{}");
    EXPECT_EQ(pool_.idle(), 1U);
  }
  EXPECT_EQ(upstream.accepted(), 1);
}

TEST_F(UpstreamCallTest, AKeptConnectionThatDiesUnderTheRequestIsReplacedOnce) {
  const Scripted upstream({{kAnswer, kClose}, {kAnswer}});
  EXPECT_EQ(Get(upstream).status, 200);
  EXPECT_EQ(Get(upstream).status, 200);
  EXPECT_EQ(upstream.accepted(), 2);
}

TEST_F(UpstreamCallTest, AFreshConnectionThatClosesIsNotTriedAgain) {
  const Scripted upstream({{kClose}, {kAnswer}});
  EXPECT_EQ(Get(upstream).outcome, AttemptOutcome::kClosed);
  EXPECT_EQ(upstream.accepted(), 1) << "the request may have been executed";
}

TEST_F(UpstreamCallTest, NoSecondRequestOnceAByteOfTheAnswerHasCome) {
  const Scripted upstream({{kAnswer, "HTTP/1.1 20"}, {kAnswer}});
  EXPECT_EQ(Get(upstream).status, 200);
  EXPECT_EQ(Get(upstream).outcome, AttemptOutcome::kClosed);
  EXPECT_EQ(upstream.accepted(), 1);
}

TEST_F(UpstreamCallTest, InterimAnswersArePassedOverAndNotForEver) {
  const std::string interim = "HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n";
  EXPECT_EQ(Get(Scripted({{interim + interim + kAnswer}})).body, "{}");
  std::string flood;
  for (int i = 0; i < 5'000; ++i) flood += interim;
  EXPECT_EQ(Get(Scripted({{flood}})).outcome, AttemptOutcome::kMalformed);
}

TEST_F(UpstreamCallTest, WhatIsNoHeadIsMalformed) {
  const std::string start = "HTTP/1.1 200 OK\r\n";
  for (const std::string& answer :
       {std::string("garbage\r\n\r\n"), std::string("garbage"), start + "x y\r\n\r\n",
        start + "x: " + std::string(100'000, 'a') + "\r\n\r\n",
        start + "content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n"}) {
    EXPECT_EQ(Get(Scripted({{answer}})).outcome, AttemptOutcome::kMalformed)
        << answer.substr(0, 40);
  }
  EXPECT_EQ(Get(Scripted({{start + "x: y\r\n"}})).outcome, AttemptOutcome::kClosed) << "cut";
}

TEST_F(UpstreamCallTest, BytesBehindTheEndMakeAConnectionUnfitForTheNext) {
  const Scripted upstream({{kAnswer + kAnswer}, {kAnswer}});
  EXPECT_EQ(Get(upstream).body, "{}");
  EXPECT_EQ(pool_.idle(), 0U);
  EXPECT_EQ(Get(upstream).body, "{}");
  EXPECT_EQ(upstream.accepted(), 2);
}

TEST_F(UpstreamCallTest, ALengthThatIsNotReachedIsNoWholeAnswer) {
  const Result result = Get(Scripted({{"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}"}}));
  EXPECT_EQ(result.body, "{}");
  EXPECT_FALSE(result.whole);
  EXPECT_EQ(pool_.idle(), 0U);
}

TEST_F(UpstreamCallTest, WhatWasPeekedAtIsOursAlsoAfterAWaitInVain) {
  const Scripted upstream(
      {{"HTTP/1.1 400 Bad Request\r\ncontent-length: 99\r\n\r\n{\"half\"", kSilence}});
  account_.url.port = upstream.port();
  std::string body;
  const auto ask = [&]() -> Task<void> {
    UpstreamCall call(environment_, account_, account_.timeouts, client_->watch());
    const iovec piece{const_cast<char*>(kRequest.data()), kRequest.size()};
    const AttemptOutcome outcome = co_await call.Start({&piece, 1}, In(10'000));
    EXPECT_EQ(outcome, AttemptOutcome::kAnswered);
    while (call.Peek().empty()) {
      co_await WaitFor(loop_, call.watch(), ready::kRead, In(2'000));
    }
    const AttemptOutcome waited = co_await call.AwaitMore(In(30));
    EXPECT_EQ(waited, AttemptOutcome::kTimedOut);
    // Other connections have used the scratch meanwhile.
    std::memset(loop_.scratch(), 'x', EventLoop::kScratchBytes);
    body = call.ReadBody().payload;
  };
  Run(ask());
  EXPECT_EQ(body, "{\"half\"");
  EXPECT_EQ(loop_.buffers().charged(), 0);
}

TEST_F(UpstreamCallTest, AHeadThatCameInPartsOutlivesAPeekInVain) {
  const Listening listening = ListenOn("127.0.0.1");
  account_.url.port = listening.port;
  std::thread upstream([&] {
    const Socket peer(::accept(listening.socket.fd(), nullptr, nullptr));
    peer.Receive(kRequest.size());
    peer.Send("HTTP/1.1 200 OK\r\ncontent-type: text/");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    peer.Send("event-stream\r\ncontent-length: 99\r\n\r\n");
    peer.Receive(1);  // until the other side has had enough
  });
  std::string type;
  const auto ask = [&]() -> Task<void> {
    UpstreamCall call(environment_, account_, account_.timeouts, client_->watch());
    const iovec piece{const_cast<char*>(kRequest.data()), kRequest.size()};
    const AttemptOutcome outcome = co_await call.Start({&piece, 1}, In(10'000));
    EXPECT_EQ(outcome, AttemptOutcome::kAnswered);
    EXPECT_EQ(call.Peek(), "");
    std::vector<std::string> memory_of_others;
    for (std::size_t bytes = 16; bytes < 512; bytes += 16)
      memory_of_others.emplace_back(bytes, 'x');
    type = call.head().Find("content-type");
  };
  Run(ask());
  upstream.join();
  EXPECT_EQ(type, "text/event-stream");
}

TEST_F(UpstreamCallTest, SilenceEndsWithTheFirstByteTime) {
  account_.timeouts.first_byte_ms = 50;
  const Scripted upstream({{kSilence}});
  EXPECT_EQ(Get(upstream).outcome, AttemptOutcome::kTimedOut);
}

TEST_F(UpstreamCallTest, AClientThatLeavesEndsTheWait) {
  const Scripted upstream({{kSilence}});
  std::thread leaving([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    client_peer_.Close();
  });
  EXPECT_EQ(Get(upstream).outcome, AttemptOutcome::kClientGone);
  leaving.join();
}

TEST_F(UpstreamCallTest, AnAnswerThatComesBeforeTheRequestIsSentCounts) {
  const std::string refusal =
      "HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
  const Scripted upstream({{refusal}});
  const Result result = Get(upstream, kRequest + std::string(64 << 20, 'x'));
  // Its end may reach us as a reset that takes the answer with it.
  if (result.outcome == AttemptOutcome::kAnswered) {
    EXPECT_EQ(result.status, 413);
  } else {
    EXPECT_EQ(result.outcome, AttemptOutcome::kClosed);
  }
  EXPECT_EQ(upstream.accepted(), 1);
}

}  // namespace
}  // namespace weir::relay
