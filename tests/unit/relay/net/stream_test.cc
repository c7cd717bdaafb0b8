#include "services/relay/net/stream.h"

#include <sys/socket.h>

#include <array>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "tests/unit/relay/support/loop_fixture.h"
#include "tests/unit/relay/support/sockets.h"

namespace weir::relay {
namespace {

using testing::SocketPair;

iovec Piece(std::string_view text) { return {const_cast<char*>(text.data()), text.size()}; }

class StreamTest : public testing::LoopTest {};

TEST_F(StreamTest, ReadsWhatCameThenTheEnd) {
  auto [near, far] = SocketPair();
  Stream stream(loop_, near.Release());
  const auto body = [&, peer = &far]() -> Task<void> {
    std::array<char, 16> buffer;
    peer->Send("hello");
    peer->Close();
    co_await SleepUntil(loop_, In(20));
    EXPECT_TRUE(stream.peer_gone());
    IoResult read = stream.Read(buffer.data(), 3);
    EXPECT_EQ(std::string_view(buffer.data(), read.bytes), "hel");
    read = stream.Read(buffer.data(), buffer.size());
    EXPECT_EQ(std::string_view(buffer.data(), read.bytes), "lo");
    // A short read must not hide the end: no further edge comes for it.
    EXPECT_NE(stream.watch().ready & ready::kRead, 0);
    EXPECT_EQ(stream.Read(buffer.data(), buffer.size()).status, IoStatus::kEnd);
  };
  Run(body());
}

TEST_F(StreamTest, WritesPiecesInOrder) {
  auto [near, far] = SocketPair();
  Stream stream(loop_, near.Release());
  const std::array<iovec, 3> pieces = {Piece("one "), Piece(""), Piece("two")};
  const IoResult written = stream.Write(pieces);
  EXPECT_EQ(written.status, IoStatus::kDone);
  EXPECT_EQ(written.bytes, 7U);
  EXPECT_EQ(far.Receive(7), "one two");
  stream.ShutdownWrite();
  EXPECT_EQ(far.Receive(1), "");
}

TEST_F(StreamTest, AFullSocketBlocksAndWakesAgain) {
  auto [near, far] = SocketPair();
  Stream stream(loop_, near.Release());
  const auto body = [&, peer = &far]() -> Task<void> {
    const std::string block(64 * 1024, 'x');
    std::size_t sent = 0;
    IoResult result{IoStatus::kDone, 0};
    while (result.status == IoStatus::kDone) {
      result = stream.Write(block);
      sent += result.bytes;
    }
    EXPECT_EQ(result.status, IoStatus::kWouldBlock);
    EXPECT_EQ(stream.watch().ready & ready::kWrite, 0);
    std::thread reader([peer, sent] { EXPECT_EQ(peer->Receive(sent).size(), sent); });
    const WaitResult wait = co_await WaitFor(loop_, stream.watch(), ready::kWrite, In(10'000));
    EXPECT_EQ(wait, WaitResult::kReady);
    reader.join();
    EXPECT_EQ(stream.Write("more").status, IoStatus::kDone);
  };
  Run(body());
}

TEST_F(StreamTest, WritingToOneWhoIsGoneIsAnErrorAndNoSignal) {
  auto [near, far] = SocketPair();
  Stream stream(loop_, near.Release());
  far.Close();
  EXPECT_EQ(stream.Write("x").status, IoStatus::kError);
}

}  // namespace
}  // namespace weir::relay
