// Lists against a plain model of the same rows: whatever way is taken, the page is the same.
#include <algorithm>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/user_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

class TableListTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    owner_.username = "owner";
    owner_.group_id = kDefaultGroupId;
    ASSERT_TRUE(Insert(store(), owner_, user_store::Insert).ok());
  }

  ApiKey Add(const std::string& name, std::int64_t expires_at_ms = 0) {
    ApiKey key;
    key.user_id = owner_.id;
    key.group_id = kDefaultGroupId;
    key.name = name;
    key.key_hash = std::string(31, 'h') + std::to_string(++made_);
    key.expires_at_ms = expires_at_ms;
    EXPECT_TRUE(Insert(store(), key, api_key_store::Insert).ok());
    return key;
  }

  Page<ApiKey> List(const ListQuery& query) {
    auto page =
        ReadValue(store(), [&](sql::Transaction& t) { return api_key_store::List(t, query); });
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? *std::move(page) : Page<ApiKey>();
  }

  std::vector<std::string> Found(const std::string& text) {
    std::vector<std::string> names;
    for (const ApiKey& key : List({.searches = {{"name", text}}}).items) names.push_back(key.name);
    return names;
  }

  void Exec(const std::string& sql) {
    const auto done = store().database().Execute(sql);
    ASSERT_TRUE(done.ok()) << done.status();
  }

  User owner_;
  int made_ = 0;
};

INSTANTIATE_ON_BOTH_DATABASES(TableListTest);

using Names = std::vector<std::string>;

TEST_P(TableListTest, APartOfANameIsFoundInAnyCase) {
  for (const char* name : {"Build-Agent", "agent \"x\"", "100%_sure", "back\\slash", "zürich-ü"}) {
    Add(name);
  }
  EXPECT_EQ(Found("AGENT"), (Names{"Build-Agent", "agent \"x\""}));
  EXPECT_EQ(Found("t \"x\""), Names{"agent \"x\""}) << "a quote is a character like others";
  EXPECT_EQ(Found("0%_s"), Names{"100%_sure"}) << "and so are LIKE's own";
  EXPECT_EQ(Found("0%s"), Names{});
  EXPECT_EQ(Found("%_"), Names{"100%_sure"}) << "two characters have no index";
  EXPECT_EQ(Found("k\\s"), Names{"back\\slash"});
  EXPECT_EQ(Found("ürich"), Names{"zürich-ü"});
  EXPECT_EQ(Found("ü"), Names{"zürich-ü"});
  EXPECT_EQ(Found("name : agent"), Names{}) << "words of FTS5's own mean nothing";
  EXPECT_EQ(Found("age* OR 100"), Names{});
}

// PostgreSQL's index has one character for all that joins words.
TEST_P(TableListTest, APartWithWhatJoinsWordsIsFoundAsItStands) {
  Add("copper-raven.12");
  Add("copper_raven.12");
  Add("copper0raven012");
  EXPECT_EQ(Found("er-ra"), Names{"copper-raven.12"});
  EXPECT_EQ(Found("ER_RA"), Names{"copper_raven.12"});
  EXPECT_EQ(Found("n.1").size(), 2U);
  EXPECT_EQ(Found("n012"), Names{"copper0raven012"});
  EXPECT_TRUE(Found("er ra").empty());
}

TEST_P(TableListTest, WhatWasRenamedOrDeletedIsFoundAsItIs) {
  ApiKey key = Add("first-name");
  const ApiKey gone = Add("first-too");
  key.name = "second-name";
  ASSERT_TRUE(store()
                  .Change([&](sql::Transaction& t, Changes& c) {
                    return api_key_store::Update(t, c, 7, key);
                  })
                  .ok());
  ASSERT_TRUE(store()
                  .Change([&](sql::Transaction& t, Changes& c) {
                    return api_key_store::Delete(t, c, gone.id);
                  })
                  .ok());
  EXPECT_EQ(Found("first"), Names{});
  EXPECT_EQ(Found("second-n"), Names{"second-name"});
  EXPECT_EQ(List({}).total.rows, 1);
}

TEST_P(TableListTest, AllRowsAreCountedAndMatchingOnesUpToABound) {
  const std::string numbers =
      "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 3000) ";
  Exec(numbers +
       "INSERT INTO users (id, created_at_ms, updated_at_ms, version, username, name, email, role, "
       "status, group_id, limits, password_hash, last_login_at_ms) SELECT 1000 + n, n, n, 1, "
       "'user-' || n, '', '', 'user', 'active', 1, '{}', '', 0 FROM numbers");
  const auto users = [&](const ListQuery& query) {
    return *ReadValue(store(), [&](sql::Transaction& t) { return user_store::List(t, query); });
  };
  EXPECT_EQ(users({}).total.rows, 3'001);
  EXPECT_FALSE(users({}).total.at_least);
  const Page<User> many = users({.searches = {{"username", "user-"}}, .offset = 2'990});
  EXPECT_EQ(many.total.rows, kCountedRowsMax);
  EXPECT_TRUE(many.total.at_least);
  ASSERT_EQ(many.items.size(), 10U) << "pages go on behind what is counted";
  EXPECT_EQ(many.items.back().username, "user-3000");
  Exec("DELETE FROM users WHERE id > 2000");
  EXPECT_EQ(users({}).total.rows, 1'001);
  EXPECT_EQ(users({.searches = {{"username", "user-1"}}}).total.rows, 112);
}

// Every way to a page (walked, from the end, by the index of names, sorted or not) gives the same.
TEST_P(TableListTest, PagesAreThoseOfTheModel) {
  std::mt19937 random(11);
  const auto pick = [&](std::int64_t below) {
    return std::uniform_int_distribution<std::int64_t>(0, below - 1)(random);
  };
  const std::vector<std::string> words = {"alpha", "beta", "gam", "de", "x%y", "q\"r"};
  const auto any = [&](const auto& list) -> decltype(auto) {
    return list[static_cast<std::size_t>(pick(std::ssize(list)))];
  };
  std::vector<ApiKey> model;
  for (int i = 0; i < 120; ++i) {
    model.push_back(Add(StrCat(any(words), "-", any(words), i % 7), pick(5) * 100));
  }
  struct Order {
    std::string_view column;
    std::function<bool(const ApiKey&, const ApiKey&)> less;
  };
  const std::vector<Order> orders = {
      {"id", [](const ApiKey& a, const ApiKey& b) { return a.id < b.id; }},
      {"name", [](const ApiKey& a,
                  const ApiKey& b) { return std::tie(a.name, a.id) < std::tie(b.name, b.id); }},
      {"expires_at_ms", [](const ApiKey& a, const ApiKey& b) {
         return std::tie(a.expires_at_ms, a.id) < std::tie(b.expires_at_ms, b.id);
       }}};
  const std::vector<std::string> texts = {"",    "alp", "a-",   "beta-gam", "eta",
                                          "-de", "%",   "\"r-", "zz"};
  for (int round = 0; round < 300; ++round) {
    const Order& order = any(orders);
    ListQuery query = {.order_column = order.column,
                       .descending = pick(2) == 1,
                       .limit = 1 + pick(30),
                       .offset = pick(140)};
    const std::string& text = any(texts);
    if (!text.empty()) query.searches = {{"name", text}};
    const std::int64_t expires = pick(8) * 100;
    if (expires < 500) query.conditions = {{"expires_at_ms = ?", {expires}}};
    std::vector<ApiKey> wanted;
    for (const ApiKey& key : model) {
      if (expires < 500 && key.expires_at_ms != expires) continue;
      if (key.name.find(text) != std::string::npos) wanted.push_back(key);
    }
    std::sort(wanted.begin(), wanted.end(), order.less);
    if (query.descending) std::reverse(wanted.begin(), wanted.end());
    const Page<ApiKey> page = List(query);
    ASSERT_EQ(page.total.rows, std::ssize(wanted)) << text;
    std::vector<std::int64_t> ids;
    std::vector<std::int64_t> wanted_ids;
    for (const ApiKey& key : page.items) ids.push_back(key.id);
    for (const ApiKey& key : wanted) {
      const auto place = &key - wanted.data();
      if (place >= query.offset && place < query.offset + query.limit) wanted_ids.push_back(key.id);
    }
    ASSERT_EQ(ids, wanted_ids) << "search " << text << ", order " << order.column << ", offset "
                               << query.offset << ", round " << round;
  }
}

// What somebody else ranks comes first, then all others; whatever the filter and the page.
TEST_P(TableListTest, RankedRowsComeFirstAndTheOthersById) {
  std::mt19937 random(12);
  const auto pick = [&](std::int64_t below) {
    return std::uniform_int_distribution<std::int64_t>(0, below - 1)(random);
  };
  std::vector<ApiKey> model;
  for (int i = 0; i < 60; ++i) model.push_back(Add(StrCat("key-", i), pick(3) * 100));
  const std::int64_t never_was = model.back().id + 1000;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::int64_t> ranked = {never_was};
    for (const ApiKey& key : model) {
      if (pick(3) == 0) ranked.push_back(key.id);
    }
    std::shuffle(ranked.begin(), ranked.end(), random);
    const std::int64_t expires = pick(6) * 100;
    const auto matches = [&](const ApiKey& key) {
      return expires >= 300 || key.expires_at_ms == expires;
    };
    std::vector<std::int64_t> wanted;
    for (const std::int64_t id : ranked) {
      const auto key = std::find_if(model.begin(), model.end(),
                                    [id](const ApiKey& one) { return one.id == id; });
      if (key != model.end() && matches(*key)) wanted.push_back(id);
    }
    for (const ApiKey& key : model) {
      const bool behind = std::find(ranked.begin(), ranked.end(), key.id) == ranked.end();
      if (behind && matches(key)) wanted.push_back(key.id);
    }
    ListQuery query = {.ranked = ranked, .limit = 1 + pick(25), .offset = pick(70)};
    if (expires < 300) query.conditions = {{"expires_at_ms = ?", {expires}}};
    const Page<ApiKey> page = List(query);
    ASSERT_EQ(page.total.rows, std::ssize(wanted));
    std::vector<std::int64_t> ids;
    for (const ApiKey& key : page.items) ids.push_back(key.id);
    const auto from = wanted.begin() + std::min(query.offset, std::ssize(wanted));
    const auto to = wanted.begin() + std::min(query.offset + query.limit, std::ssize(wanted));
    ASSERT_EQ(ids, std::vector<std::int64_t>(from, to)) << "round " << round;
  }
}

}  // namespace
}  // namespace weir::admin
