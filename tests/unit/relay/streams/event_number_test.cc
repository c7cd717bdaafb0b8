#include "services/relay/streams/event_number.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "services/relay/dialects/sse.h"

namespace weir::relay {
namespace {

std::string Numbered(std::string_view raw) {
  std::string out;
  AppendNumbered(raw, 7, out);
  return out;
}

TEST(EventNumberTest, AddsALineAndNothingElse) {
  EXPECT_EQ(Numbered("event: a\ndata: b\n\n"), "event: a\ndata: b\nid: 7\n\n");
  EXPECT_EQ(Numbered("data: b\r\n\r\n"), "data: b\r\nid: 7\n\n");
  EXPECT_EQ(Numbered("data: b\r\r"), "data: b\rid: 7\n\n");
  EXPECT_EQ(Numbered(": ping\n\n"), ": ping\nid: 7\n\n");
  EXPECT_EQ(Numbered("id: 3\ndata: b\n\n"), "id: 3\ndata: b\nid: 7\n\n") << "the last one counts";
  EXPECT_EQ(Numbered("\n"), "id: 7\n\n");
}

TEST(EventNumberTest, TheEventStaysTheSame) {
  for (const std::string_view end : {"\n", "\r\n", "\r"}) {
    for (const std::string_view blank : {"\n", "\r\n"}) {
      if (end == "\r" && blank == "\n") continue;  // that is one line end
      std::string raw = "event: delta";
      raw.append(end).append("data: {\"a\":1}").append(end).append("data: two").append(end);
      raw.append(blank);
      std::string_view bytes = raw;
      SseEvent before;
      std::string joined_before;
      ASSERT_TRUE(NextSseEvent(bytes, before, joined_before));
      ASSERT_EQ(before.raw, raw);
      const std::string numbered = Numbered(before.raw);
      std::string_view rest = numbered;
      SseEvent after;
      std::string joined_after;
      ASSERT_TRUE(NextSseEvent(rest, after, joined_after));
      EXPECT_TRUE(rest.empty()) << "one event, not two";
      EXPECT_EQ(after.name, before.name);
      EXPECT_EQ(after.data, before.data);
    }
  }
}

}  // namespace
}  // namespace weir::relay
