#include "services/relay/dialects/sse.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

struct Told {
  std::string raw;
  std::string name;
  std::string data;

  bool operator==(const Told&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Told& told) {
  return out << "{" << told.name << "|" << told.data << "}";
}

// All whole events at the front of `bytes`; what is left goes to `rest`.
std::vector<Told> Events(std::string_view bytes, std::string* rest = nullptr) {
  // Memory of exactly that size, so that reading behind its end is found out.
  const std::unique_ptr<char[]> exact(new char[bytes.size()]);
  bytes.copy(exact.get(), bytes.size());
  std::string_view left(exact.get(), bytes.size());
  std::vector<Told> events;
  SseEvent event;
  std::string joined;
  while (NextSseEvent(left, event, joined)) {
    events.push_back({std::string(event.raw), std::string(event.name), std::string(event.data)});
  }
  if (rest != nullptr) *rest = std::string(left);
  return events;
}

TEST(SseTest, TellsNameAndData) {
  const std::vector<Told> events =
      Events("event: message_start\ndata: {\"a\":1}\n\ndata:no space\n\ndata:  two\n\n");
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].name, "message_start");
  EXPECT_EQ(events[0].data, "{\"a\":1}");
  EXPECT_EQ(events[0].raw, "event: message_start\ndata: {\"a\":1}\n\n");
  EXPECT_EQ(events[1].data, "no space");
  EXPECT_EQ(events[1].name, "");
  EXPECT_EQ(events[2].data, " two");  // one space only belongs to the field
}

TEST(SseTest, LineEndsMayDiffer) {
  for (const std::string_view end : {"\n", "\r\n", "\r"}) {
    const std::string text =
        StrCat("event: a", end, "data: 1", end, "data: 2", end, end, "data: 3", end, end, "x");
    const std::vector<Told> events = Events(text);
    ASSERT_EQ(events.size(), 2U) << static_cast<int>(end[0]);
    EXPECT_EQ(events[0].data, "1\n2");
    EXPECT_EQ(events[0].name, "a");
    EXPECT_EQ(events[1].data, "3");
  }
  EXPECT_EQ(Events("data: 1\r\ndata: 2\ndata: 3\r\r\n").front().data, "1\n2\n3");
}

TEST(SseTest, JoinsDataLines) {
  EXPECT_EQ(Events("data: a\ndata:\ndata: b\n\n").at(0).data, "a\n\nb");
  EXPECT_EQ(Events("data:\ndata:\n\n").at(0).data, "\n");
  EXPECT_EQ(Events("data\n\n").at(0).data, "");
  EXPECT_EQ(Events("data: a\ndata\ndata: b\n\n").at(0).data, "a\n\nb");
  std::string many;
  std::string joined;
  for (int i = 0; i < 50'000; ++i) {
    many += "data: 0123456789\n";
    joined += i == 0 ? "0123456789" : "\n0123456789";
  }
  EXPECT_EQ(Events(many + "\n").at(0).data, joined);
}

TEST(SseTest, PassesOverWhatItDoesNotKnow) {
  const std::vector<Told> events = Events(
      ": comment\n\nid: 7\nretry: 10\ndatax: no\n data: no\ndata : no\nevent: a\nevent: b\n"
      "data: yes\n: mid\n\n\n");
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].data, "");
  EXPECT_EQ(events[0].raw, ": comment\n\n");
  EXPECT_EQ(events[1].data, "yes");
  EXPECT_EQ(events[1].name, "b");
  EXPECT_EQ(events[2].raw, "\n");
}

TEST(SseTest, ACarriageReturnAtTheEndWaits) {
  std::string rest;
  EXPECT_TRUE(Events("data: 1\r\n\r", &rest).empty());
  EXPECT_EQ(rest, "data: 1\r\n\r");
  EXPECT_EQ(Events("data: 1\r\rd", &rest).size(), 1U);
  EXPECT_EQ(rest, "d");
}

TEST(SseTest, CutsMakeNoDifference) {
  const std::string corpus =
      "event: message_start\r\ndata: {\"x\":\"\\n\\n\"}\r\n\r\n: ping\n\ndata: 1\rdata: 2\r\r"
      "data: a\ndata: b\n\nevent:x\n\n\r\ndata: last\r\n\r\ndata: not whole\n";
  const std::vector<Told> whole = Events(corpus);
  ASSERT_EQ(whole.size(), 7U);
  std::string joined_raw;
  for (const Told& event : whole) joined_raw += event.raw;
  EXPECT_EQ(joined_raw + "data: not whole\n", corpus);
  for (std::size_t cut = 0; cut <= corpus.size(); ++cut) {
    std::string rest;
    std::vector<Told> events = Events(std::string_view(corpus).substr(0, cut), &rest);
    const std::vector<Told> more = Events(rest + corpus.substr(cut));
    events.insert(events.end(), more.begin(), more.end());
    EXPECT_EQ(events, whole) << "cut at " << cut;
  }
}

TEST(SseTest, AByteOrderMarkIsNoPartOfTheFirstLine) {
  EXPECT_EQ(Events("\xEF\xBB\xBF"
                   "data: a\n\ndata: b\n\n"),
            (std::vector<Told>{{"\xEF\xBB\xBF"
                                "data: a\n\n",
                                "", "a"},
                               {"data: b\n\n", "", "b"}}));
  EXPECT_TRUE(Events("\xEF\xBB").empty());
  EXPECT_TRUE(Events("\xEF\xBB\xBF").empty());
}

}  // namespace
}  // namespace weir::relay
