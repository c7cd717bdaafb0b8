#include "services/admin/publish/account_test_broker.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace weir::admin {
namespace {

v1::AccountTestEvent Text(std::uint64_t id, const std::string& text) {
  v1::AccountTestEvent event;
  event.set_id(id);
  event.set_text(text);
  return event;
}

v1::AccountTestEvent Result(std::uint64_t id) {
  v1::AccountTestEvent event;
  event.set_id(id);
  event.mutable_result()->set_status(200);
  return event;
}

TEST(AccountTestBrokerTest, ATestGoesToARelayAndItsEventsComeBack) {
  AccountTestBroker broker;
  EXPECT_TRUE(absl::IsUnavailable(broker.Begin("", {}).status())) << "nobody is there";
  broker.Join(1, "a");
  broker.Join(2, "b");
  EXPECT_TRUE(absl::IsNotFound(broker.Begin("c", {}).status()));
  auto test = broker.Begin("a", {});
  ASSERT_TRUE(test.ok()) << test.status();
  EXPECT_EQ((*test)->relay_id(), "a");
  EXPECT_FALSE(broker.Take(2).has_value());
  const auto message = broker.Take(1);
  ASSERT_TRUE(message.has_value());
  const std::uint64_t id = message->account_test().id();
  broker.Tell(2, Text(id, "of another stream"));
  broker.Tell(1, Text(id + 1, "of another test"));
  EXPECT_FALSE((*(*test)->Next(1)).has_value());
  broker.Tell(1, Text(id, "x"));
  broker.Tell(1, Result(id));
  broker.Tell(1, Text(id, "behind the end"));
  EXPECT_EQ((**(*test)->Next(1000)).text(), "x");
  EXPECT_TRUE((**(*test)->Next(1000)).has_result());
  EXPECT_FALSE((*(*test)->Next(1)).has_value());
  test->reset();
  EXPECT_FALSE(broker.Take(1).has_value()) << "one that is over need not be ended";
}

TEST(AccountTestBrokerTest, WhoLeavesEndsIt) {
  AccountTestBroker broker;
  broker.Join(1, "a");
  auto test = broker.Begin("", {});
  const std::uint64_t id = broker.Take(1)->account_test().id();
  test->reset();
  const auto message = broker.Take(1);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->account_test_cancel().id(), id);
  broker.Tell(1, Text(id, "too late"));  // and does no harm
}

TEST(AccountTestBrokerTest, ARelayThatGoesEndsItToo) {
  AccountTestBroker broker;
  broker.Join(1, "a");
  auto test = broker.Begin("", {});
  broker.Tell(1, Text(broker.Take(1)->account_test().id(), "x"));
  broker.Leave(1);
  EXPECT_TRUE((*(*test)->Next(1000)).has_value()) << "what came is told";
  EXPECT_TRUE(absl::IsUnavailable((*test)->Next(1000).status()));
}

TEST(AccountTestBrokerTest, NumbersAreBounded) {
  AccountTestBroker broker;
  broker.Join(1, "a");
  std::vector<std::unique_ptr<AccountTestBroker::Test>> tests;
  for (std::size_t i = 0; i < AccountTestBroker::kTestsMax; ++i) {
    tests.push_back(*broker.Begin("", {}));
  }
  EXPECT_TRUE(absl::IsUnavailable(broker.Begin("", {}).status()));
  const std::uint64_t id = broker.Take(1)->account_test().id();
  std::string wanted;
  for (int i = 0; i < 1000; ++i) {
    broker.Tell(1, Text(id, "ab"));
    wanted += "ab";
  }
  std::string all;
  std::size_t events = 0;
  while (true) {
    auto event = tests.front()->Next(1);
    ASSERT_TRUE(event.ok());
    if (!event->has_value()) break;
    all += (*event)->text();
    ++events;
  }
  EXPECT_EQ(all, wanted) << "nothing is lost";
  EXPECT_LE(events, AccountTestBroker::kEventsMax);
}

}  // namespace
}  // namespace weir::admin
