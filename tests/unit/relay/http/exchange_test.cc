#include "services/relay/http/exchange.h"

#include <sys/socket.h>

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

using testing::Socket;
using testing::SocketPair;

constexpr std::string_view kHead = "POST /v1/messages HTTP/1.1\r\nHost: gateway\r\n";

std::string Request(std::string_view lines, std::string_view body) {
  return std::string(kHead) + std::string(lines) + "\r\n" + std::string(body);
}

class ExchangeTest : public testing::LoopTest {
 protected:
  ExchangeTest() {
    auto [near, far] = SocketPair();
    stream_ = std::make_unique<Stream>(loop_, near.Release());
    client_ = std::move(far);
    exchange_ = std::make_unique<Exchange>(*stream_, limits_, "192.0.2.7");
  }

  Task<void> Turn(std::int64_t ms = 20) { co_await SleepUntil(loop_, In(ms)); }

  // Reads the next request whole.
  Task<ReadStatus> ReadAll() {
    const ReadStatus head = co_await exchange_->ReadHead(limits_.keep_alive_timeout_ms);
    if (head != ReadStatus::kComplete) co_return head;
    co_return co_await exchange_->ReadBody();
  }

  HttpLimits limits_;
  std::unique_ptr<Stream> stream_;
  Socket client_;
  std::unique_ptr<Exchange> exchange_;
};

TEST_F(ExchangeTest, ReadsAHeadHoweverItComes) {
  const std::string request = Request("x-api-key: ck_1\r\nContent-Length: 5\r\n", "hello");
  const auto body = [&]() -> Task<void> {
    for (std::size_t cut = 1; cut <= request.size(); cut += 7) {
      client_.Send(std::string_view(request).substr(0, cut));
      std::thread later([this, &request, cut] {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        client_.Send(std::string_view(request).substr(cut));
      });
      const ReadStatus status = co_await ReadAll();
      later.join();
      EXPECT_EQ(status, ReadStatus::kComplete) << cut;
      EXPECT_EQ(exchange_->head().method, "POST");
      EXPECT_EQ(exchange_->head().path(), "/v1/messages");
      EXPECT_EQ(exchange_->head().Find("x-api-key"), "ck_1");
      EXPECT_EQ(exchange_->body(), "hello") << cut;
      EXPECT_TRUE(exchange_->keep_alive());
      EXPECT_GT(exchange_->began_ns(), 0);
      EXPECT_GE(exchange_->received_ns(), exchange_->began_ns());
      EXPECT_EQ(exchange_->client_address(), "192.0.2.7");
      exchange_->ReleaseRequest();
    }
  };
  Run(body());
}

TEST_F(ExchangeTest, ReadsAHeadByteByByte) {
  const std::string request = Request("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n");
  const auto body = [&]() -> Task<void> {
    std::thread slow([this, &request] {
      for (const char c : request) client_.Send(std::string(1, c));
    });
    const ReadStatus status = co_await ReadAll();
    slow.join();
    EXPECT_EQ(status, ReadStatus::kComplete);
    EXPECT_EQ(exchange_->body(), "abc");
  };
  Run(body());
}

TEST_F(ExchangeTest, PipelinedRequestsComeOneAfterTheOther) {
  const auto body = [&]() -> Task<void> {
    client_.Send(Request("Content-Length: 3\r\n", "one") +
                 Request("Transfer-Encoding: chunked\r\n", "3\r\ntwo\r\n0\r\nx: y\r\n\r\n") +
                 Request("", "") + Request("Content-Length: 4\r\n", "four"));
    for (const std::string_view wanted : {"one", "two", "", "four"}) {
      EXPECT_EQ(co_await ReadAll(), ReadStatus::kComplete) << wanted;
      EXPECT_EQ(exchange_->body(), wanted);
      EXPECT_TRUE(exchange_->keep_alive());
      exchange_->ReleaseRequest();
    }
  };
  Run(body());
}

TEST_F(ExchangeTest, TheBodyHasRoomBehindItsEnd) {
  const auto body = [&]() -> Task<void> {
    for (const std::string& request :
         {Request("Content-Length: 5\r\n", "hello"),
          Request("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n")}) {
      client_.Send(request);
      EXPECT_EQ(co_await ReadAll(), ReadStatus::kComplete);
      volatile char sum = 0;
      for (std::size_t i = 0; i < PaddedBuffer::kPaddingBytes; ++i) {
        sum = static_cast<char>(sum + exchange_->body().data()[exchange_->body().size() + i]);
      }
      exchange_->ReleaseRequest();
    }
  };
  Run(body());
}

TEST_F(ExchangeTest, LargeBodiesInBothFramings) {
  std::string large(3'000'000, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>('a' + i % 26);
  std::string chunked;
  for (std::size_t at = 0; at < large.size(); at += 70'001) {
    const std::string part = large.substr(at, 70'001);
    char line[32];
    std::snprintf(line, sizeof(line), "%zx\r\n", part.size());
    chunked += line + part + "\r\n";
  }
  chunked += "0\r\n\r\n";
  const auto body = [&]() -> Task<void> {
    for (const std::string& request :
         {Request("Content-Length: " + std::to_string(large.size()) + "\r\n", large),
          Request("Transfer-Encoding: chunked\r\n", chunked)}) {
      std::thread sender([this, &request] { client_.Send(request); });
      const ReadStatus status = co_await ReadAll();
      sender.join();
      EXPECT_EQ(status, ReadStatus::kComplete);
      EXPECT_TRUE(exchange_->body() == large);
      exchange_->ReleaseRequest();
    }
  };
  Run(body());
}

TEST_F(ExchangeTest, AnswersExpectContinueOnce) {
  const auto body = [&]() -> Task<void> {
    for (const char* framing : {"Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
      client_.Send(Request(std::string(framing) + "Expect: 100-continue\r\n", ""));
      EXPECT_EQ(co_await exchange_->ReadHead(limits_.keep_alive_timeout_ms), ReadStatus::kComplete);
      EXPECT_EQ(client_.TakeAll(), "");  // not before somebody wants the body
      const bool chunked = exchange_->head().chunked;
      std::thread waits([this, chunked] {
        EXPECT_EQ(client_.Receive(25), "HTTP/1.1 100 Continue\r\n\r\n");
        client_.Send(chunked ? "5\r\nhello\r\n0\r\n\r\n" : "hello");
      });
      EXPECT_EQ(co_await exchange_->ReadBody(), ReadStatus::kComplete);
      waits.join();
      EXPECT_EQ(exchange_->body(), "hello");
      exchange_->ReleaseRequest();
    }
    // Who sends the body anyhow needs no leave, and HTTP/1.0 would not understand it.
    client_.Send(Request("Content-Length: 5\r\nExpect: 100-continue\r\n", "hello"));
    EXPECT_EQ(co_await ReadAll(), ReadStatus::kComplete);
    exchange_->ReleaseRequest();
    client_.Send("POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(co_await exchange_->ReadHead(limits_.keep_alive_timeout_ms), ReadStatus::kComplete);
    std::thread later([this] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      client_.Send("hello");
    });
    EXPECT_EQ(co_await exchange_->ReadBody(), ReadStatus::kComplete);
    later.join();
    EXPECT_EQ(client_.TakeAll(), "");
  };
  Run(body());
}

// The bytes of a body that nobody read must never be read as the next request.
TEST_F(ExchangeTest, ABodyLeftUnreadEndsTheConnection) {
  const std::string smuggled = Request("", "");
  const auto body = [&]() -> Task<void> {
    client_.Send("GET /v1/models HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                 std::to_string(smuggled.size()) + "\r\n\r\n");
    EXPECT_EQ(co_await exchange_->ReadHead(limits_.keep_alive_timeout_ms), ReadStatus::kComplete);
    EXPECT_FALSE(exchange_->keep_alive());
    exchange_->ReleaseRequest();
    EXPECT_FALSE(exchange_->keep_alive());
  };
  Run(body());
}

TEST_F(ExchangeTest, AChunkedBodyLeftUnreadEndsTheConnection) {
  const auto body = [&]() -> Task<void> {
    client_.Send("GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    EXPECT_EQ(co_await exchange_->ReadHead(limits_.keep_alive_timeout_ms), ReadStatus::kComplete);
    EXPECT_FALSE(exchange_->keep_alive());
    EXPECT_EQ(co_await exchange_->ReadBody(), ReadStatus::kComplete);
    EXPECT_TRUE(exchange_->keep_alive());
  };
  Run(body());
}

TEST_F(ExchangeTest, KeepsTheConnectionAsAsked) {
  const auto body = [&]() -> Task<void> {
    client_.Send(Request("Connection: close\r\n", ""));
    EXPECT_EQ(co_await ReadAll(), ReadStatus::kComplete);
    EXPECT_FALSE(exchange_->keep_alive());
    exchange_->ReleaseRequest();
    client_.Send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(co_await ReadAll(), ReadStatus::kComplete);
    EXPECT_FALSE(exchange_->keep_alive());
    EXPECT_TRUE(exchange_->http_1_0());
    exchange_->ReleaseRequest();
    client_.Send(Request("", ""));
    EXPECT_EQ(co_await ReadAll(), ReadStatus::kComplete);
    EXPECT_TRUE(exchange_->keep_alive());
    EXPECT_FALSE(exchange_->http_1_0());
    exchange_->CloseAfter();
    EXPECT_FALSE(exchange_->keep_alive());
  };
  Run(body());
}

TEST_F(ExchangeTest, RefusesWhatIsBrokenOrTooLarge) {
  limits_.request_head_bytes_max = 1'000;
  limits_.request_body_bytes_max = 1'000;
  struct Case {
    std::string bytes;
    ReadStatus status;
  };
  const std::string chunk_line = "Transfer-Encoding: chunked\r\n";
  const std::vector<Case> cases = {
      {"NONSENSE\r\n\r\n", ReadStatus::kMalformed},
      {Request("Content-Length: 1\r\n" + chunk_line, ""), ReadStatus::kMalformed},
      {Request("x: " + std::string(2'000, 'y') + "\r\n", ""), ReadStatus::kTooManyFields},
      {std::string(kHead) + "x: " + std::string(2'000, 'y'), ReadStatus::kTooLarge},
      {Request("Content-Length: 1001\r\n", ""), ReadStatus::kTooLarge},
      {Request("Content-Length: 1001\r\n", std::string(1'001, 'x')), ReadStatus::kTooLarge},
      {Request("Content-Length: 9223372036854775807\r\n", "x"), ReadStatus::kTooLarge},
      {Request(chunk_line, "3e9\r\n" + std::string(1'001, 'x')), ReadStatus::kTooLarge},
      {Request(chunk_line, "nonsense"), ReadStatus::kMalformed},
      {Request(chunk_line, "1\r\nxx\r\n0\r\n\r\n"), ReadStatus::kMalformed},
  };
  for (const Case& item : cases) {
    auto [near, far] = SocketPair();
    Stream stream(loop_, near.Release());
    Exchange exchange(stream, limits_, "");
    const auto body = [&, peer = &far]() -> Task<void> {
      peer->Send(item.bytes);
      ReadStatus status = co_await exchange.ReadHead(limits_.keep_alive_timeout_ms);
      if (status == ReadStatus::kComplete) status = co_await exchange.ReadBody();
      EXPECT_EQ(status, item.status) << item.bytes.substr(0, 120);
      if (status == ReadStatus::kMalformed) {
        EXPECT_FALSE(exchange.problem().empty());
      }
    };
    Run(body());
  }
}

TEST_F(ExchangeTest, TheEdgesOfTheLimitsAreWithin) {
  limits_.request_body_bytes_max = 1'000;
  const auto body = [&]() -> Task<void> {
    client_.Send(Request("Content-Length: 1000\r\n", std::string(1'000, 'x')));
    EXPECT_EQ(co_await ReadAll(), ReadStatus::kComplete);
    exchange_->ReleaseRequest();
    client_.Send(Request("Transfer-Encoding: chunked\r\n",
                         "3e8\r\n" + std::string(1'000, 'x') + "\r\n0\r\n\r\n"));
    EXPECT_EQ(co_await ReadAll(), ReadStatus::kComplete);
    EXPECT_EQ(exchange_->body().size(), 1'000U);
  };
  Run(body());
}

TEST_F(ExchangeTest, SlowClientsRunOutOfTime) {
  limits_.keep_alive_timeout_ms = 60;
  limits_.request_head_timeout_ms = 60;
  limits_.request_body_timeout_ms = 60;
  const auto body = [&]() -> Task<void> {
    EXPECT_EQ(co_await exchange_->ReadHead(limits_.keep_alive_timeout_ms),
              ReadStatus::kClosed);  // idle: nobody to answer
    client_.Send(Request("Content-Length: 5\r\n", "he"));
    EXPECT_EQ(co_await ReadAll(), ReadStatus::kTimeout);
    EXPECT_FALSE(exchange_->keep_alive());
    exchange_->ReleaseRequest();
    client_.Send("POST / HT");
    EXPECT_EQ(co_await exchange_->ReadHead(limits_.keep_alive_timeout_ms), ReadStatus::kTimeout);
  };
  Run(body());
}

TEST_F(ExchangeTest, AClientThatLeavesIsClosed) {
  const auto body = [&]() -> Task<void> {
    client_.Send(Request("Content-Length: 5\r\n", "he"));
    EXPECT_EQ(co_await exchange_->ReadHead(limits_.keep_alive_timeout_ms), ReadStatus::kComplete);
    EXPECT_FALSE(exchange_->gone());
    client_.Close();
    EXPECT_EQ(co_await exchange_->ReadBody(), ReadStatus::kClosed);
    co_await Turn();
    EXPECT_TRUE(exchange_->gone());
    EXPECT_FALSE(exchange_->keep_alive());
    EXPECT_TRUE(exchange_->Send("nobody reads this"));
  };
  Run(body());
}

TEST_F(ExchangeTest, ASlowReaderGetsAllInOrder) {
  const auto body = [&]() -> Task<void> {
    std::string all;
    bool sent = true;
    for (int i = 0; sent; ++i) {
      const std::string part(10'000, static_cast<char>('a' + i % 26));
      all += part;
      const iovec pieces[2] = {{const_cast<char*>(part.data()), 4'000},
                               {const_cast<char*>(part.data()) + 4'000, 6'000}};
      sent = exchange_->Send(pieces);
    }
    all += "the end";
    EXPECT_FALSE(exchange_->Send("the end"));  // kept behind what waits already
    std::string got;
    std::thread reader([this, &got, size = all.size()] { got = client_.Receive(size); });
    EXPECT_TRUE(co_await exchange_->Flush());
    reader.join();
    EXPECT_TRUE(got == all);
    EXPECT_TRUE(exchange_->Send("more"));
    EXPECT_EQ(client_.Receive(4), "more");
  };
  Run(body());
}

TEST_F(ExchangeTest, OneWhoNeverReadsIsGivenUp) {
  limits_.client_write_timeout_ms = 60;
  const auto body = [&]() -> Task<void> {
    const std::string part(100'000, 'x');
    while (exchange_->Send(part)) {
    }
    EXPECT_FALSE(co_await exchange_->Flush());
    EXPECT_TRUE(exchange_->gone());
  };
  Run(body());
}

TEST_F(ExchangeTest, OneWhoLeavesWhileWeSendIsNoticed) {
  const auto body = [&]() -> Task<void> {
    const std::string part(100'000, 'x');
    while (exchange_->Send(part)) {
    }
    std::thread leaves([this] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      client_.Close();
    });
    EXPECT_FALSE(co_await exchange_->Flush());
    leaves.join();
    EXPECT_TRUE(exchange_->gone());
  };
  Run(body());
}

TEST_F(ExchangeTest, LingersUntilTheClientHasReadTheAnswer) {
  const auto body = [&]() -> Task<void> {
    client_.Send(Request("Content-Length: 1000000\r\n", "the rest is never wanted"));
    EXPECT_EQ(co_await exchange_->ReadHead(limits_.keep_alive_timeout_ms), ReadStatus::kComplete);
    EXPECT_TRUE(exchange_->Send("HTTP/1.1 413 Content Too Large\r\n\r\n"));
    std::thread client([this] {
      client_.Send(std::string(500'000, 'x'));
      EXPECT_EQ(client_.Receive(1'000), "HTTP/1.1 413 Content Too Large\r\n\r\n");
      client_.Close();
    });
    co_await exchange_->Linger();
    client.join();
  };
  Run(body());
}

// A client that sends as fast as it can must neither keep the connection nor the loop.
TEST_F(ExchangeTest, LingersNotForEver) {
  const auto body = [&]() -> Task<void> {
    std::thread floods([this] {
      const std::string block(256 * 1024, 'x');
      const std::int64_t until_ms = 6'000;
      const auto began = std::chrono::steady_clock::now();
      while (std::chrono::steady_clock::now() - began < std::chrono::milliseconds(until_ms)) {
        if (::send(client_.fd(), block.data(), block.size(), MSG_NOSIGNAL) < 0) break;
      }
    });
    const std::int64_t began_ms = loop_.now_ms();
    co_await exchange_->Linger();
    EXPECT_LT(loop_.now_ms() - began_ms, 4'000);
    ::shutdown(stream_->watch().fd, SHUT_RDWR);
    floods.join();
  };
  Run(body());
}

}  // namespace
}  // namespace weir::relay
