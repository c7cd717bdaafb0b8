// Events for tests.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "libs/common/ids.h"
#include "libs/common/operation.h"
#include "services/usage/event_check.h"
#include "services/usage/usage_event.h"

namespace weir::usage {

inline constexpr std::int64_t kTestUnixMs = 1'750'000'000'000;  // 2025-06-15T15:06:40Z

// A good event at kTestUnixMs, its cost right.
inline UsageEvent MakeEvent() {
  UsageEvent event;
  event.id = NewUuid7Bytes(kTestUnixMs);
  event.relay_id = "relay-1";
  event.started_at_unix_ms = kTestUnixMs;
  event.user_id = 3;
  event.key_id = 5;
  event.key_name = "dev";
  event.group_id = 7;
  event.account_id = 9;
  event.account_name = "main";
  event.dialect = 1;
  event.operation = "messages";
  event.model = "claude-x";
  event.served_model = "claude-x-1";
  event.status = 200;
  event.complete = true;
  event.tokens = {.input = 1000, .output = 100, .reasoning = 40};
  event.usage_source = 1;
  event.price = {.price_id = 11,
                 .prices = {.input_pico_usd = 3'000'000, .output_pico_usd = 15'000'000},
                 .multiplier_ppm = 1'000'000};
  event.cost_nano_usd = ExpectedCostNanoUsd(event);
  event.latency_ms = 800;
  event.first_token_ms = 200;
  return event;
}

// Any good event: few keys, users, models, so that sums meet; times within some days.
class RandomEvents {
 public:
  explicit RandomEvents(std::uint32_t seed) : random_(seed) {}

  UsageEvent Next() {
    UsageEvent event = MakeEvent();
    event.started_at_unix_ms = kTestUnixMs + Int(0, 5LL * 24 * 3600 * 1000);
    event.id = NewUuid7Bytes(event.started_at_unix_ms);
    event.user_id = Int(0, 2);
    event.key_id = Int(0, 4);
    event.group_id = Int(0, 2);
    event.account_id = Int(0, 3);
    event.model = "model-" + std::to_string(Int(0, 2));
    event.key_name = "key '" + std::to_string(event.key_id) + "'\t%_\\";
    event.status = Int(0, 3) == 0 ? Int(400, 599) : 200;
    event.error_class = event.status == 200 ? "" : "upstream_error";
    event.complete = Int(0, 5) != 0;
    event.cache_hit = Int(0, 3) == 0;
    event.stream = Int(0, 1) == 1;
    event.tokens = {.input = Int(0, 100'000),
                    .cache_read = Int(0, 100'000),
                    .cache_write_5m = Int(0, 1'000),
                    .cache_write_1h = Int(0, 1'000),
                    .output = Int(0, 10'000),
                    .reasoning = 0};
    event.tokens.reasoning = Int(0, event.tokens.output);
    event.usage_source = Int(0, 2);
    event.price.prices.cache_read_pico_usd = Int(0, 1'000'000);
    event.price.multiplier_ppm = Int(500'000, 2'000'000);
    event.cost_nano_usd = ExpectedCostNanoUsd(event);
    event.snapshot_revision = Int(0, 1'000'000);
    event.latency_ms = Int(0, 60'000);
    event.user_agent = "agent/" + std::to_string(Int(1, 3)) + ".0 ü";
    event.served_model = "served-" + std::to_string(Int(0, 2));
    event.dialect = Int(1, 4);
    event.client_ip = "10.0." + std::to_string(Int(0, 2)) + "." + std::to_string(Int(0, 3));
    event.first_token_ms = Int(0, 4) == 0 ? -1 : Int(0, 5'000);
    for (std::int64_t n = Int(0, 3); n > 0; --n) {
      event.attempts.push_back({.account_id = Int(1, 3),
                                .http_status = 529,
                                .error_class = "overloaded",
                                .started_at_unix_ms = event.started_at_unix_ms + n,
                                .duration_ms = Int(1, 100),
                                .served_model = "claude-b",
                                .action = Int(0, 7),
                                .connect_ms = Int(-1, 100),
                                .first_byte_ms = Int(-1, 100),
                                .end_ms = Int(0, 100),
                                .cooldown_until_unix_ms = Int(0, 1) * kTestUnixMs});
    }
    // Last, so that what random events were before there were tests stays as it was.
    if (Int(0, 4) == 0) event.operation = operation::kAccountTest;
    event.session = Int(-2, 2);
    return event;
  }

  std::vector<UsageEvent> Many(std::size_t count) {
    std::vector<UsageEvent> events;
    for (std::size_t i = 0; i < count; ++i) events.push_back(Next());
    return events;
  }

  std::int64_t Int(std::int64_t min, std::int64_t max) {
    return std::uniform_int_distribution<std::int64_t>(min, max)(random_);
  }

 private:
  std::mt19937 random_;
};

inline std::vector<const UsageEvent*> Pointers(const std::vector<UsageEvent>& events) {
  std::vector<const UsageEvent*> pointers;
  pointers.reserve(events.size());
  for (const UsageEvent& event : events) pointers.push_back(&event);
  return pointers;
}

}  // namespace weir::usage
