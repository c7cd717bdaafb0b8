#include "services/relay/streams/resumable_stream.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/relay/net/event_loop.h"
#include "services/relay/net/task.h"
#include "services/relay/streams/stream_registry.h"

namespace weir::relay {
namespace {

using ReadState = ResumableStream::ReadState;

class ResumableStreamTest : public testing::Test {
 protected:
  std::shared_ptr<LoopSignal> Signal() { return std::make_shared<LoopSignal>(loop_); }

  std::string ReadAll(std::uint64_t reader, std::uint64_t& number, ReadState expected) {
    std::string all;
    ReadState state = ReadState::kEvents;
    while ((state = stream_.Read(reader, number, 10, all)) == ReadState::kEvents) {
    }
    EXPECT_EQ(state, expected);
    return all;
  }

  EventLoop loop_;
  RingMemory memory_{1 << 20, nullptr};
  ResumableStream stream_{{"id", 7, Dialect::kOpenAiChat}, 64 * 1024, memory_};
};

TEST_F(ResumableStreamTest, ReplaysFromAnyPlaceAndGoesOn) {
  for (int i = 1; i <= 5; ++i) stream_.Append(StrCat(i));
  const std::uint64_t reader = stream_.Attach(Signal());
  std::uint64_t number = 2;
  EXPECT_EQ(ReadAll(reader, number, ReadState::kNone), "345");
  stream_.Append("6");
  EXPECT_EQ(ReadAll(reader, number, ReadState::kNone), "6");
  stream_.End(1);
  EXPECT_EQ(ReadAll(reader, number, ReadState::kEnded), "");
  EXPECT_EQ(number, 6U);
}

TEST_F(ResumableStreamTest, TheLastToComeIsTheOne) {
  bool sent_away = false;
  stream_.OnTakeOver([&sent_away] { sent_away = true; });
  stream_.Append("1");
  const std::uint64_t one = stream_.Attach(Signal());
  EXPECT_TRUE(sent_away) << "the first client's connection may be dead without knowing";
  const std::uint64_t two = stream_.Attach(Signal());
  std::uint64_t number = 0;
  std::string out;
  EXPECT_EQ(stream_.Read(one, number, 10, out), ReadState::kTakenOver);
  EXPECT_EQ(stream_.Read(two, number, 10, out), ReadState::kEvents);
  stream_.FirstClientLeft(5);
  stream_.Detach(one, 10);
  EXPECT_EQ(stream_.alone_since_ms(), 0) << "the other one still reads";
  stream_.Detach(two, 20);
  EXPECT_EQ(stream_.alone_since_ms(), 20);
  stream_.Attach(Signal());
  EXPECT_EQ(stream_.alone_since_ms(), 0);
}

TEST_F(ResumableStreamTest, WhatIsGoneIsSaidToBeGone) {
  const std::string event(1'000, 'x');
  for (int i = 0; i < 200; ++i) stream_.Append(event);
  EXPECT_LE(memory_.bytes(), 64 * 1024U);
  const std::uint64_t reader = stream_.Attach(Signal());
  std::uint64_t number = 0;
  std::string out;
  EXPECT_EQ(stream_.Read(reader, number, 10, out), ReadState::kLost);
  number = 190;
  EXPECT_EQ(ReadAll(reader, number, ReadState::kNone).size(), 10'000U);
  number = 201;
  EXPECT_EQ(stream_.Read(reader, number, 10, out), ReadState::kLost);
}

TEST_F(ResumableStreamTest, AnEventThatIsTooLargeIsSkipped) {
  stream_.Append("a");
  stream_.Append(std::string(100'000, 'x'));
  EXPECT_EQ(memory_.bytes(), 0U);
  stream_.Append("b");
  const std::uint64_t reader = stream_.Attach(Signal());
  std::uint64_t number = 1;
  std::string out;
  EXPECT_EQ(stream_.Read(reader, number, 10, out), ReadState::kLost);
  number = 2;
  EXPECT_EQ(ReadAll(reader, number, ReadState::kNone), "b");
}

TEST(StreamRegistryTest, AllRingsTogetherAreBounded) {
  StreamRegistry registry({1'000, 64 * 1024, 256 * 1024});
  std::vector<std::shared_ptr<ResumableStream>> streams;
  for (int i = 0; i < 20; ++i) streams.push_back(registry.Open({StrCat("s", i), 1, {}}));
  for (int round = 0; round < 100; ++round) {
    for (const auto& stream : streams) {
      stream->Append(std::string(1'000, 'x'));
      ASSERT_LE(registry.bytes(), 256 * 1024U);
    }
  }
  EXPECT_GT(registry.bytes(), 200 * 1024U);
  for (const auto& stream : streams) stream->End(100);
  streams.clear();
  registry.Sweep(1'099);
  EXPECT_EQ(registry.streams(), 20U);
  registry.Sweep(1'100);
  EXPECT_EQ(registry.streams(), 0U);
  EXPECT_EQ(registry.bytes(), 0U);
}

TEST(StreamRegistryTest, TheProcesssCapHoldsToo) {
  BufferCap cap(20'000);
  StreamRegistry registry({1'000, 64 * 1024, 256 * 1024}, &cap);
  auto stream = registry.Open({"a", 1, {}});
  for (int i = 0; i < 100; ++i) stream->Append(std::string(1'000, 'x'));
  EXPECT_LE(cap.taken(), 20'000);
  EXPECT_EQ(cap.taken(), static_cast<std::int64_t>(registry.bytes()));
  EXPECT_TRUE(stream->HoldsAllAfter(95));
  stream->End(1);
  stream.reset();
  registry.Sweep(10'000);
  EXPECT_EQ(cap.taken(), 0);
}

TEST(StreamRegistryTest, FindsByIdAndKeepsWhatRuns) {
  StreamRegistry registry({1'000, 1'000, 10'000});
  const auto stream = registry.Open({"a", 1, {}});
  EXPECT_EQ(registry.Find("a"), stream);
  EXPECT_EQ(registry.Find("b"), nullptr);
  registry.Sweep(1'000'000);
  EXPECT_EQ(registry.Find("a"), stream);
}

// A writer on its thread, a reader on a loop: every event once and in order, however they meet.
TEST(ResumableStreamThreadsTest, AReaderOnAnotherLoopMissesNothing) {
  constexpr int kEvents = 20'000;
  RingMemory memory{64 << 20, nullptr};
  ResumableStream stream({"id", 1, {}}, 32 << 20, memory);
  std::string seen;
  std::thread writer([&stream] {
    for (int i = 0; i < kEvents; ++i) stream.Append(StrCat(i, "\n"));
    stream.End(1);
  });
  std::thread reader([&stream, &seen] {
    EventLoop loop;
    const auto signal = std::make_shared<LoopSignal>(loop);
    const auto read = [&]() -> DetachedTask {
      const std::uint64_t me = stream.Attach(signal);
      std::uint64_t number = 0;
      for (;;) {
        signal->Clear();
        const ReadState state = stream.Read(me, number, 4'096, seen);
        if (state == ReadState::kEnded) break;
        if (state == ReadState::kEvents) continue;
        EXPECT_EQ(state, ReadState::kNone);
        co_await WaitFor(loop, signal->watch(), ready::kRead, loop.now_ms() + 10'000);
      }
      loop.Stop();
    };
    loop.Post([&read] { read(); });
    loop.Run();
  });
  writer.join();
  reader.join();
  std::string expected;
  for (int i = 0; i < kEvents; ++i) StrAppend(expected, i, "\n");
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace weir::relay
