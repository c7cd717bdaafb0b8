#include "services/usage/page_bound.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "services/usage/schema.h"
#include "services/usage/usage_ledger.h"
#include "services/usage/usage_query.h"
#include "tests/unit/support/databases.h"
#include "tests/unit/usage/usage_events.h"

namespace weir::usage {
namespace {

class PageBoundTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    weir::testing::DatabaseTest::SetUp();
    ASSERT_TRUE(MigrateLedger(database()).ok());
    RandomEvents random(7);
    events_ = random.Many(300);
    for (std::size_t i = 0; i < 40; ++i) {
      events_[i].started_at_unix_ms = kTestUnixMs;
      events_[i].id = NewUuid7Bytes(kTestUnixMs);
    }
    ASSERT_TRUE(UsageLedger(database()).Insert(Pointers(events_)).ok());
  }

  // Of a page that may look at all there is.
  ListAnswer List(const ListQuestion& question) {
    absl::StatusOr<ListAnswer> answer = UsageQuery(database()).List(question);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *std::move(answer) : ListAnswer{};
  }

  static std::vector<std::string> IdsOf(const std::vector<UsageEvent>& events) {
    std::vector<std::string> ids;
    ids.reserve(events.size());
    for (const UsageEvent& event : events) ids.push_back(event.id);
    return ids;
  }

  std::vector<UsageEvent> events_;
};

INSTANTIATE_ON_BOTH_DATABASES(PageBoundTest);

// However few rows a page looks at: those of one moment, of whom there are more, too.
TEST_P(PageBoundTest, PagesThatLookAtFewRowsMakeUpTheWhole) {
  UsageQuery near(database(), 25);
  const EventFilter filters[] = {{.search = "model-2"},
                                 {.models = {"model-1"}},
                                 {.user_ids = {1}, .user_agent = "agent/2"},
                                 {.only_errors = true, .client_ip = "10.0.1."},
                                 {.from_unix_ms = kTestUnixMs, .stream = true},
                                 {.search = "nobody has this"}};
  for (const EventFilter& filter : filters) {
    for (const EventOrder order : {EventOrder::kNewest, EventOrder::kOldest}) {
      const ListAnswer whole =
          List({.filter = filter, .order = order, .limit = 200, .with_total = true});
      EXPECT_EQ(whole.searched_to_unix_ms, 0);
      ListQuestion question = {.filter = filter, .order = order, .limit = 9, .with_total = true};
      std::vector<std::string> walked;
      std::size_t short_pages = 0;
      do {
        const auto page = near.List(question);
        ASSERT_TRUE(page.ok()) << page.status();
        for (const std::string& id : IdsOf(page->events)) walked.push_back(id);
        if (page->searched_to_unix_ms != 0) {
          ++short_pages;
          EXPECT_LE(page->events.size(), 9U);
        }
        if (question.with_total) {
          EXPECT_LE(page->total, whole.total);
          EXPECT_TRUE(page->total == whole.total || page->total_at_least);
        }
        question.with_total = false;
        question.cursor = page->next_cursor;
        ASSERT_LT(short_pages, events_.size()) << "it does not come to its end";
      } while (!question.cursor.empty());
      EXPECT_GT(short_pages, 0U) << "the case tests nothing";
      EXPECT_EQ(walked, IdsOf(whole.events));
    }
  }
}

TEST_P(PageBoundTest, WhatAnIndexKnowsIsNotBounded) {
  UsageQuery near(database(), 25);
  for (const EventFilter& filter : {EventFilter{}, EventFilter{.key_ids = {1, 2}},
                                    EventFilter{.statuses = {500, 529}, .retried = true},
                                    EventFilter{.search = UuidToText(events_[3].id)}}) {
    const auto page = near.List({.filter = filter, .limit = 200});
    ASSERT_TRUE(page.ok()) << page.status();
    const bool all = filter.statuses.empty();
    EXPECT_EQ(page->searched_to_unix_ms == 0, all);
    if (all) {
      EXPECT_EQ(IdsOf(page->events), IdsOf(List({.filter = filter, .limit = 200}).events));
    }
  }
}

TEST_P(PageBoundTest, CursorsOfStrangersDoNoHarm) {
  for (const std::string_view value :
       {"9223372036854775807", "-9223372036854775808", "0", "-1", "281474976710656"}) {
    for (const char letter : {'n', 'o'}) {
      for (const char* id :
           {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"}) {
        const auto page =
            UsageQuery(database(), 25)
                .List({.filter = {.search = "model"},
                       .order = letter == 'n' ? EventOrder::kNewest : EventOrder::kOldest,
                       .cursor = StrCat(letter, value, ".", id)});
        ASSERT_TRUE(page.ok()) << page.status();
      }
    }
  }
}

TEST_P(PageBoundTest, FewThatAreSlowAreFoundAtOnce) {
  const UsageEvent& slow = *std::max_element(
      events_.begin(), events_.end(),
      [](const UsageEvent& a, const UsageEvent& b) { return a.latency_ms < b.latency_ms; });
  const EventFilter filter = {.latency_ms_min = slow.latency_ms};
  const auto page = UsageQuery(database(), 25).List({.filter = filter, .with_total = true});
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->searched_to_unix_ms, 0);
  EXPECT_GE(page->events.size(), 1U);
  EXPECT_EQ(page->total, std::ssize(page->events));
  EXPECT_FALSE(page->total_at_least);
}

}  // namespace
}  // namespace weir::usage
