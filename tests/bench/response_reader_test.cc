#include "tests/bench/response_reader.h"

#include <string>

#include <gtest/gtest.h>

namespace weir::bench {
namespace {

using State = ResponseReader::State;

constexpr const char* kChunkedStream =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    "c\r\ndata: {\"a\"}\n\r\n1\r\n\n\r\ne\r\ndata: [DONE]\n\n\r\n0\r\n\r\n";

TEST(ResponseReader, CountsEventsHoweverTheBytesArrive) {
  const std::string answer = kChunkedStream;
  for (std::size_t step = 1; step <= answer.size(); ++step) {
    ResponseReader reader;
    State state = State::kHead;
    for (std::size_t at = 0; at < answer.size(); at += step) {
      ASSERT_NE(state, State::kDone) << "done before the end, step " << step;
      state = reader.Feed(std::string_view(answer).substr(at, step));
    }
    EXPECT_EQ(state, State::kDone) << "step " << step;
    EXPECT_EQ(reader.status(), 200);
    EXPECT_EQ(reader.events(), 2) << "step " << step;
    EXPECT_EQ(reader.payload_bytes(), 27U);
    EXPECT_TRUE(reader.HasTerminalEvent());
  }
}

TEST(ResponseReader, GeminisLastChunkSaysWhyItEnds) {
  const std::string head = "HTTP/1.1 200 OK\r\n\r\n";
  const std::string chunk = "data: {\"candidates\":[{\"content\":{}}]}\n\n";
  ResponseReader reader;
  reader.Feed(head + chunk);
  EXPECT_FALSE(reader.HasTerminalEvent());
  reader.Feed("data: {\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{}}\r\n\r\n");
  EXPECT_TRUE(reader.HasTerminalEvent());
}

TEST(ResponseReader, AStreamWithoutItsTerminalEventIsSeen) {
  ResponseReader reader;
  EXPECT_EQ(reader.Feed("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "b\r\ndata: {x}\n\n\r\n0\r\n\r\n"),
            State::kDone);
  EXPECT_EQ(reader.events(), 1);
  EXPECT_FALSE(reader.HasTerminalEvent());
}

TEST(ResponseReader, ResponsesEndWithTheWholeAnswer) {
  const std::string_view event =
      "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{}}\n\n";
  const std::string head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
  ResponseReader reader;
  reader.Feed(head + "event: a\ndata: b\n\n");
  EXPECT_FALSE(reader.HasTerminalEvent());
  reader.Feed(event.substr(0, event.size() - 1));
  EXPECT_FALSE(reader.HasTerminalEvent()) << "it is not whole";
  reader.Feed("\n");
  EXPECT_TRUE(reader.HasTerminalEvent());
  EXPECT_EQ(reader.events(), 2);
}

TEST(ResponseReader, LengthCloseAndEnd) {
  ResponseReader reader;
  EXPECT_EQ(reader.Feed("HTTP/1.1 429 No\r\ncontent-length: 4\r\nconnection: close\r\n\r\nab"),
            State::kBody);
  EXPECT_EQ(reader.Feed("cd"), State::kDone);
  EXPECT_EQ(reader.status(), 429);
  EXPECT_FALSE(reader.keep_alive());
  EXPECT_EQ(reader.Feed("x"), State::kBad) << "bytes that nobody asked for";

  reader.Reset();
  EXPECT_EQ(reader.Feed("HTTP/1.1 200 OK\r\n\r\nevent: message_stop\ndata: "
                        "{\"type\":\"message_stop\"}\n\n"),
            State::kBody);
  EXPECT_EQ(reader.End(), State::kDone);
  EXPECT_TRUE(reader.HasTerminalEvent());

  reader.Reset();
  reader.Feed("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab");
  EXPECT_EQ(reader.End(), State::kBad) << "cut";
}

TEST(ResponseReader, GarbageIsBad) {
  ResponseReader reader;
  EXPECT_EQ(reader.Feed("\x16\x03 not http\r\n\r\n"), State::kBad);
}

}  // namespace
}  // namespace weir::bench
