#include "services/relay/metering/answer_filter.h"

#include <chrono>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace weir::relay {
namespace {

// A stream as OpenAI sends it; the third event is dropped when usage is hidden.
const std::vector<std::string>& Events() {
  static const std::vector<std::string> events = {
      "data: {\"choices\":[{\"delta\":{\"content\":\"one\"}}]}\n\n",
      ": comment\r\n\r\n",
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\n",
      "data: {\"choices\":[{\"delta\":\r\ndata: {\"content\":\"two\"}}]}\r\n\r\n",
      "data: x\r\r",
      "data: [DONE]\n\n",
  };
  return events;
}

std::string Joined(const std::vector<std::string>& events, bool without_usage) {
  std::string all;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!(without_usage && i == 2)) all += events[i];
  }
  return all;
}

struct Passed {
  std::string output;
  std::vector<std::string> pieces;
  bool terminal = false;
  TokenCounts tokens;
};

Passed Pass(const std::vector<std::string_view>& parts, bool hide_usage) {
  AnswerMeter meter(Dialect::kOpenAiChat, hide_usage);
  AnswerFilter filter(/*event_stream=*/true, &meter);
  Passed passed;
  for (const std::string_view part : parts) {
    // A copy that dies: what the filter holds must be its own.
    const std::string payload(part);
    const std::string_view out = filter.Feed(payload);
    passed.output += out;
    passed.pieces.emplace_back(out);
  }
  passed.terminal = meter.terminal();
  passed.tokens = meter.Tokens(0);
  EXPECT_EQ(filter.held_bytes(), 0U);
  return passed;
}

TEST(AnswerFilterTest, CutsMakeNoDifference) {
  const std::string stream = Joined(Events(), false);
  const std::string_view all(stream);
  for (const bool hide : {false, true}) {
    const std::string wanted = Joined(Events(), hide);
    for (std::size_t a = 0; a <= all.size(); ++a) {
      for (std::size_t b = a; b <= all.size(); b += 1 + (b - a) % 3) {
        const Passed passed = Pass({all.substr(0, a), all.substr(a, b - a), all.substr(b)}, hide);
        ASSERT_EQ(passed.output, wanted) << a << " " << b;
        ASSERT_TRUE(passed.terminal);
        ASSERT_EQ(passed.tokens, (TokenCounts{1, 0, 0, 0, 2, 0}));
      }
    }
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < all.size(); ++i) bytes.push_back(all.substr(i, 1));
    EXPECT_EQ(Pass(bytes, hide).output, wanted);
  }
}

TEST(AnswerFilterTest, RandomCutsOfLongStreams) {
  std::mt19937 random(17);
  for (int round = 0; round < 300; ++round) {
    std::string stream;
    std::string wanted;
    for (int i = 0; i < 30; ++i) {
      const std::size_t pick = random() % (Events().size() - 1);
      stream += Events()[pick];
      if (pick != 2) wanted += Events()[pick];
    }
    stream += Events().back();
    wanted += Events().back();
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = 1 + random() % 90;
      parts.push_back(std::string_view(stream).substr(at, size));
      at += size;
    }
    ASSERT_EQ(Pass(parts, true).output, wanted) << "round " << round;
  }
}

TEST(AnswerFilterTest, AnEventLeavesWholeOrNotAtAll) {
  const std::string stream = Joined(Events(), false);
  std::vector<std::size_t> ends = {0};
  for (const std::string& event : Events()) ends.push_back(ends.back() + event.size());
  for (std::size_t cut = 0; cut < stream.size(); ++cut) {
    AnswerMeter meter(Dialect::kOpenAiChat, false);
    AnswerFilter filter(true, &meter);
    std::size_t sent = filter.Feed(std::string_view(stream).substr(0, cut)).size();
    EXPECT_NE(std::find(ends.begin(), ends.end(), sent), ends.end()) << cut;
    EXPECT_EQ(sent + filter.held_bytes(), cut);
    // The same byte by byte.
    AnswerMeter slow_meter(Dialect::kOpenAiChat, false);
    AnswerFilter slow(true, &slow_meter);
    sent = 0;
    for (std::size_t i = 0; i < cut; ++i) {
      sent += slow.Feed(std::string_view(stream).substr(i, 1)).size();
    }
    EXPECT_NE(std::find(ends.begin(), ends.end(), sent), ends.end()) << cut;
  }
}

TEST(AnswerFilterTest, AnEventLeavesAtOnceWhenItIsWhole) {
  AnswerMeter meter(Dialect::kAnthropicMessages, false);
  AnswerFilter filter(true, &meter);
  EXPECT_EQ(filter.Feed("event: ping\n"), "");
  EXPECT_EQ(filter.Feed("data: {}\n"), "");
  EXPECT_EQ(filter.Feed("\n"), "event: ping\ndata: {}\n\n");
  EXPECT_EQ(filter.Feed("data: 1\r\n"), "");
  EXPECT_EQ(filter.Feed("\r\n"), "data: 1\r\n\r\n");
  EXPECT_EQ(filter.Feed("data: 2\r\n\r"), "");
  EXPECT_EQ(filter.Feed("\ndata: 3\n\nda"), "data: 2\r\n\r\ndata: 3\n\n");
  EXPECT_EQ(filter.held_bytes(), 2U);
}

TEST(AnswerFilterTest, AnOversizedEventPassesUnread) {
  AnswerMeter meter(Dialect::kOpenAiChat, true);
  AnswerFilter filter(true, &meter);
  const std::string part(1 << 20, 'x');
  std::string head = "data: ";
  std::size_t in = head.size();
  std::size_t out = filter.Feed(head).size();
  for (std::size_t i = 0; i < AnswerFilter::kEventBytesMax / part.size() + 2; ++i) {
    in += part.size();
    out += filter.Feed(part).size();
    EXPECT_LE(filter.held_bytes(), AnswerFilter::kEventBytesMax);
  }
  EXPECT_GT(out, AnswerFilter::kEventBytesMax);
  out += filter.Feed("\n\ndata: [DONE]\n\n").size();
  in += 16;
  EXPECT_EQ(out, in);
  EXPECT_TRUE(meter.terminal());
}

// "\r\n\r" is an empty line, and the "\n" behind the mark one more: an event without a line.
TEST(AnswerFilterTest, AMarkBetweenEventsIsNoText) {
  const std::string stream = "data: [DONE]\r\n\r\xEF\xBB\xBF\n";
  const std::string_view all(stream);
  const std::string whole = Pass({all}, false).output;
  for (std::size_t i = 0; i <= all.size(); ++i) {
    EXPECT_EQ(Pass({all.substr(0, i), all.substr(i)}, false).output, whole) << i;
  }
}

// Reading a held event anew with each part would take minutes here.
TEST(AnswerFilterTest, ALargeEventInSmallPartsTakesLinearTime) {
  AnswerMeter meter(Dialect::kOpenAiChat, true);
  AnswerFilter filter(true, &meter);
  const auto began = std::chrono::steady_clock::now();
  std::size_t out = filter.Feed("data: ").size();
  const std::string part = std::string(58, 'x') + "\ndata:";
  for (int i = 0; i < 120'000; ++i) out += filter.Feed(part).size();
  out += filter.Feed("\n\n").size();
  EXPECT_EQ(out, 6U + 120'000U * 64 + 2);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));
}

TEST(AnswerFilterTest, WithoutAMeterAllPasses) {
  AnswerFilter filter(true, nullptr);
  EXPECT_EQ(filter.Feed("data: half an ev"), "data: half an ev");
}

TEST(AnswerFilterTest, ABodyPassesAsItIs) {
  AnswerMeter meter(Dialect::kAnthropicMessages, false);
  AnswerFilter filter(/*event_stream=*/false, &meter);
  const std::string body = R"({"usage":{"input_tokens":1,"output_tokens":2}})";
  for (const char c : body) EXPECT_EQ(filter.Feed(std::string(1, c)), std::string(1, c));
  meter.OnBodyEnd();
  EXPECT_EQ(meter.Tokens(0), (TokenCounts{1, 0, 0, 0, 2, 0}));
}

}  // namespace
}  // namespace weir::relay
