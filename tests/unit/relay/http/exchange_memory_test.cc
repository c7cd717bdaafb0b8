// What an exchange holds is accounted for, and refused when there is no room for it.
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>

#include "services/relay/http/exchange.h"
#include "tests/unit/relay/support/loop_fixture.h"
#include "tests/unit/relay/support/sockets.h"

namespace weir::relay {
namespace {

using testing::Socket;
using testing::SocketPair;

constexpr std::int64_t kCapBytes = 256 * 1024;
constexpr std::string_view kHead = "POST /v1/messages HTTP/1.1\r\nHost: gateway\r\n";

class ExchangeMemoryTest : public testing::LoopTest {
 protected:
  ExchangeMemoryTest() {
    loop_.buffers().SetCap(cap_);
    auto [near, far] = SocketPair();
    stream_ = std::make_unique<Stream>(loop_, near.Release());
    client_ = std::move(far);
    exchange_ = std::make_unique<Exchange>(*stream_, limits_, "192.0.2.7");
  }

  // Sends `request` and reads it whole.
  ReadStatus Read(const std::string& request) {
    ReadStatus status = ReadStatus::kClosed;
    std::thread sender([&] { client_.Send(request); });  // more than a socket takes at once
    const auto body = [&]() -> Task<void> {
      status = co_await exchange_->ReadHead(limits_.keep_alive_timeout_ms);
      if (status == ReadStatus::kComplete) status = co_await exchange_->ReadBody();
      // The rest must be taken, or its sender waits for ever.
      if (status == ReadStatus::kNoMemory && request.size() > 64 * 1024) {
        co_await exchange_->Linger();
      }
    };
    Run(body());
    sender.join();
    return status;
  }

  std::string WithLength(std::size_t bytes, std::string_view body) {
    return std::string(kHead) + "Content-Length: " + std::to_string(bytes) + "\r\n\r\n" +
           std::string(body);
  }

  std::int64_t charged() { return loop_.buffers().charged(); }

  HttpLimits limits_;
  BufferCap cap_{kCapBytes};
  std::unique_ptr<Stream> stream_;
  Socket client_;
  std::unique_ptr<Exchange> exchange_;
};

TEST_F(ExchangeMemoryTest, AnIdleConnectionHoldsNextToNothing) { EXPECT_LT(charged(), 100); }

TEST_F(ExchangeMemoryTest, ARequestIsHeldUntilItIsReleased) {
  const std::string body(5'000, 'x');
  EXPECT_EQ(Read(WithLength(body.size(), body)), ReadStatus::kComplete);
  EXPECT_GE(charged(), 5'000);
  exchange_->ReleaseRequest();
  EXPECT_LT(charged(), 100);
}

TEST_F(ExchangeMemoryTest, ALengthThatDoesNotFitIsRefusedBeforeTheBodyComes) {
  EXPECT_EQ(Read(WithLength(kCapBytes + 1, "")), ReadStatus::kNoMemory);
  EXPECT_LT(charged(), 1'000);
  EXPECT_FALSE(exchange_->keep_alive()) << "its body is not read";
  EXPECT_EQ(loop_.buffers().refusals(), 1);
}

TEST_F(ExchangeMemoryTest, AChunkedBodyIsChargedAsItGrows) {
  std::string request = std::string(kHead) + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) request += "4000\r\n" + std::string(0x4000, 'x') + "\r\n";
  EXPECT_EQ(Read(request + "0\r\n\r\n"), ReadStatus::kNoMemory);
  EXPECT_LE(charged(), kCapBytes);
  exchange_->ReleaseRequest();
  EXPECT_LT(charged(), 100);
}

TEST_F(ExchangeMemoryTest, ASmallRequestIsRefusedWhenAllIsTaken) {
  BufferCharge others(loop_.buffers());
  EXPECT_TRUE(others.Set(kCapBytes));
  EXPECT_EQ(Read(WithLength(2, "{}")), ReadStatus::kNoMemory);
  exchange_->ReleaseRequest();
  others.SetAnyway(0);
  EXPECT_EQ(Read(WithLength(2, "{}")), ReadStatus::kComplete);
}

TEST_F(ExchangeMemoryTest, AHeadInPartsIsRefusedWhenAllIsTaken) {
  BufferCharge others(loop_.buffers());
  EXPECT_TRUE(others.Set(kCapBytes));
  EXPECT_EQ(Read(std::string(kHead)), ReadStatus::kNoMemory);
}

TEST_F(ExchangeMemoryTest, AnAnswerThatIsNotReadIsHeldAndItsClientGivenUpBeyondTheCap) {
  const std::string part(60'000, 'x');
  int parts = 0;
  while (exchange_->Send(part) && parts < 1'000) ++parts;  // until the socket takes no more
  EXPECT_LT(parts, 1'000);
  EXPECT_GT(charged(), 0);
  while (!exchange_->gone() && parts < 2'000) {
    EXPECT_LE(charged(), kCapBytes);
    exchange_->Send(part);
    ++parts;
  }
  EXPECT_TRUE(exchange_->gone());
  EXPECT_LT(charged(), 1'000) << "what nobody will read is let go";
}

}  // namespace
}  // namespace weir::relay
