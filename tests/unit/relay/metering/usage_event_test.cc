#include "services/relay/metering/usage_event.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/ids.h"
#include "libs/common/utf8.h"
#include "weir/v1/usage.pb.h"

namespace weir::relay {
namespace {

UsageRecord FullRecord() {
  UsageRecord record;
  record.id = std::string("0123456789abcdef");
  record.started_at_unix_ms = 1'700'000'000'123;
  record.user_id = 2;
  record.key_id = 3;
  record.key_name = "dev";
  record.group_id = 4;
  record.account_id = 5;
  record.account_name = "main";
  record.dialect = Dialect::kOpenAiChat;
  record.operation = "chat_completions";
  record.model = "gpt-5";
  record.served_model = "gpt-5-2026";
  record.status = 200;
  record.complete = true;
  record.stream = true;
  record.tokens = {10, 20, 30, 40, 50, 6};
  record.usage_source = UsageSource::kReported;
  record.cost_nano_usd = 123'456;
  record.price_id = 77;
  record.prices = {1, 2, 3, 4, 5};
  record.multiplier_ppm = 1'500'000;
  record.snapshot_revision = 99;
  record.latency_ms = 1'234;
  record.first_token_ms = 56;
  record.overhead_us = 78;
  record.attempts = {{8, 529, "upstream_overloaded", 1'700'000'000'124, 12, "claude-a"},
                     {5, 200, "", 1'700'000'000'140, 900, "claude-b"}};
  record.client_ip = "203.0.113.9";
  record.user_agent = "claude-cli/2";
  record.upstream_request_id = "req_1";
  record.cache_hit = true;
  record.session = 0xFEDC'BA98'7654'3210U;
  return record;
}

v1::UsageEvent Decoded(const UsageRecord& record) {
  std::string bytes = "what was there before";
  EncodeUsageEvent(record, "relay-1", bytes);
  v1::UsageEvent event;
  EXPECT_TRUE(event.ParseFromString(bytes));
  // Canonical: nothing that protobuf would leave out or write shorter, and no field of ours alone.
  EXPECT_EQ(bytes.size(), event.ByteSizeLong());
  EXPECT_TRUE(event.GetReflection()->GetUnknownFields(event).empty());
  return event;
}

TEST(UsageEvent, CarriesEveryField) {
  const v1::UsageEvent event = Decoded(FullRecord());
  EXPECT_EQ(event.id(), "0123456789abcdef");
  EXPECT_EQ(event.relay_id(), "relay-1");
  EXPECT_EQ(event.started_at_unix_ms(), 1'700'000'000'123);
  EXPECT_EQ(event.user_id(), 2);
  EXPECT_EQ(event.key_id(), 3);
  EXPECT_EQ(event.key_name(), "dev");
  EXPECT_EQ(event.group_id(), 4);
  EXPECT_EQ(event.account_id(), 5);
  EXPECT_EQ(event.account_name(), "main");
  EXPECT_EQ(event.dialect(), v1::DIALECT_OPENAI_CHAT);
  EXPECT_EQ(event.operation(), "chat_completions");
  EXPECT_EQ(event.model(), "gpt-5");
  EXPECT_EQ(event.served_model(), "gpt-5-2026");
  EXPECT_EQ(event.status(), 200);
  EXPECT_EQ(event.error_class(), "");
  EXPECT_TRUE(event.complete());
  EXPECT_TRUE(event.stream());
  EXPECT_EQ(event.tokens().input(), 10);
  EXPECT_EQ(event.tokens().cache_read(), 20);
  EXPECT_EQ(event.tokens().cache_write_5m(), 30);
  EXPECT_EQ(event.tokens().cache_write_1h(), 40);
  EXPECT_EQ(event.tokens().output(), 50);
  EXPECT_EQ(event.tokens().reasoning(), 6);
  EXPECT_EQ(event.usage_source(), v1::USAGE_SOURCE_REPORTED);
  EXPECT_EQ(event.cost_nano_usd(), 123'456);
  EXPECT_EQ(event.price().price_id(), 77);
  EXPECT_EQ(event.price().input_pico_usd(), 1);
  EXPECT_EQ(event.price().output_pico_usd(), 2);
  EXPECT_EQ(event.price().cache_read_pico_usd(), 3);
  EXPECT_EQ(event.price().cache_write_5m_pico_usd(), 4);
  EXPECT_EQ(event.price().cache_write_1h_pico_usd(), 5);
  EXPECT_EQ(event.price().multiplier_ppm(), 1'500'000);
  EXPECT_EQ(event.snapshot_revision(), 99U);
  EXPECT_EQ(event.latency_ms(), 1'234);
  EXPECT_EQ(event.first_token_ms(), 56);
  EXPECT_EQ(event.overhead_us(), 78);
  ASSERT_EQ(event.attempts_size(), 2);
  EXPECT_EQ(event.attempts(0).account_id(), 8);
  EXPECT_EQ(event.attempts(0).http_status(), 529);
  EXPECT_EQ(event.attempts(0).error_class(), "upstream_overloaded");
  EXPECT_EQ(event.attempts(1).duration_ms(), 900);
  EXPECT_EQ(event.attempts(0).served_model(), "claude-a");
  EXPECT_EQ(event.client_ip(), "203.0.113.9");
  EXPECT_EQ(event.user_agent(), "claude-cli/2");
  EXPECT_EQ(event.upstream_request_id(), "req_1");
  EXPECT_TRUE(event.cache_hit());
  EXPECT_EQ(event.session(), 0xFEDC'BA98'7654'3210U);
}

TEST(UsageEvent, ItsBytesTellWhenItBegan) {
  UsageRecord record = FullRecord();
  record.id = NewUuid7Bytes(1'750'000'000'123);
  std::string bytes;
  EncodeUsageEvent(record, "relay-1", bytes);
  EXPECT_EQ(BeginningOfEvent(bytes), 1'750'000'000'123);
  v1::UsageEvent event;
  ASSERT_TRUE(event.ParseFromString(bytes));
  EXPECT_EQ(BeginningOfEvent(event.SerializeAsString()), 1'750'000'000'123) << "protobuf's own";
  for (const std::string_view none : {"", "\x0A", "\x0A\x10zzzzz", "x", "\x0A\x0Fzzzzzzzz"}) {
    EXPECT_EQ(BeginningOfEvent(none), 0);
  }
}

TEST(UsageEvent, SaysWhoseLeasesPaid) {
  UsageRecord record = FullRecord();
  record.lease_session = "session-1";
  // Key: all six; account: money of a day and requests in all.
  record.charged_budgets = 0b111111U | (0b100001U << 24U);
  const v1::UsageEvent event = Decoded(record);
  const v1::BudgetCharge& charge = event.charge();
  EXPECT_EQ(charge.session(), "session-1");
  const auto kinds = [](const auto& list) { return std::vector<int>(list.begin(), list.end()); };
  const std::vector<int> key = {v1::SUBJECT_KIND_KEY};
  const std::vector<int> both = {v1::SUBJECT_KIND_KEY, v1::SUBJECT_KIND_ACCOUNT};
  EXPECT_EQ(kinds(charge.day_cost()), both);
  EXPECT_EQ(kinds(charge.month_cost()), key);
  EXPECT_EQ(kinds(charge.total_cost()), key);
  EXPECT_EQ(kinds(charge.day_requests()), key);
  EXPECT_EQ(kinds(charge.month_requests()), key);
  EXPECT_EQ(kinds(charge.total_requests()), both);
}

TEST(UsageEvent, ExtremesFitInAnyNumber) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  UsageRecord record = FullRecord();
  record.tokens = {kMax, -1, kMax, kMax, kMax, kMax};
  record.prices = {kMax, kMax, kMax, kMax, kMax};
  record.cost_nano_usd = kMax;
  record.snapshot_revision = std::numeric_limits<std::uint64_t>::max();
  const std::string longest(300, 'n');
  record.key_name = record.account_name = record.model = record.served_model = longest;
  record.user_agent = record.upstream_request_id = record.client_ip = longest;
  record.attempts.assign(300, {kMax, -1, "upstream_overloaded", kMax, -5, longest});
  const v1::UsageEvent event = Decoded(record);
  EXPECT_EQ(event.tokens().cache_read(), -1);
  EXPECT_EQ(event.tokens().output(), kMax);
  EXPECT_EQ(event.snapshot_revision(), record.snapshot_revision);
  EXPECT_EQ(event.key_name(), longest.substr(0, 256));
  EXPECT_EQ(event.client_ip(), longest.substr(0, 64));
  ASSERT_EQ(event.attempts_size(), 300);
  EXPECT_EQ(event.attempts(299).served_model(), longest.substr(0, 256));
  EXPECT_EQ(event.attempts(299).http_status(), -1);
}

TEST(UsageEvent, NothingStaysFromTheEventBefore) {
  (void)Decoded(FullRecord());
  UsageRecord little;
  little.id = std::string(16, 'i');
  little.status = 401;
  little.error_class = "key_unknown";
  const v1::UsageEvent event = Decoded(little);
  EXPECT_EQ(event.attempts_size(), 0);
  EXPECT_EQ(event.model(), "");
  EXPECT_EQ(event.tokens().output(), 0);
  EXPECT_EQ(event.error_class(), "key_unknown");
  EXPECT_EQ(event.first_token_ms(), -1);
}

TEST(UsageEvent, TextsFromOutsideCannotSpoilTheBatch) {
  UsageRecord record = FullRecord();
  record.user_agent = "bad \xff\xc3(\xed\xa0\x80 agent";
  record.model = std::string(255, 'm') + "\xc3\xa9 and more";
  const v1::UsageEvent event = Decoded(record);
  EXPECT_TRUE(IsValidUtf8(event.user_agent()));
  EXPECT_EQ(event.user_agent(),
            "bad ?"
            "?(??"
            "? agent");
  EXPECT_EQ(event.model(), std::string(255, 'm'));  // not half a character
}

TEST(Utf8, KnowsGoodFromBad) {
  for (const char* good :
       {"", "plain", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf"}) {
    EXPECT_TRUE(IsValidUtf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "a\xff", "12345678\xfe"}) {
    EXPECT_FALSE(IsValidUtf8(bad)) << bad;
    EXPECT_TRUE(IsValidUtf8(ValidUtf8(bad)));
  }
}

}  // namespace
}  // namespace weir::relay
