#include "tests/bench/usage_load_events.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "libs/common/ids.h"
#include "libs/common/reason.h"
#include "libs/common/stable_hash.h"
#include "libs/common/text.h"
#include "weir/v1/usage.pb.h"

namespace weir::bench {
namespace {

constexpr int kModels = 8;
constexpr int kAccounts = 12;
constexpr int kGroups = 5;
constexpr std::array<std::string_view, 3> kAgents = {
    "claude-cli/2.0.14 (external, cli)", "OpenAI/Python 1.99.6", "codex_cli_rs/0.169.0"};

}  // namespace

std::uint64_t SessionOf(std::int64_t key, std::int64_t number) {
  return StableHash(StrCat(key, "/", number));
}

Events::Events(const EventsPlan& plan, std::uint32_t seed)
    : plan_(plan),
      span_ms_(plan.days * kDayMs - kDayMs / 24),
      first_unix_ms_(plan.now_unix_ms - span_ms_),
      random_(seed) {}

void Events::Fill(std::int64_t number, v1::UsageEvent& event) {
  const std::int64_t at_ms =
      first_unix_ms_ +
      static_cast<std::int64_t>(static_cast<double>(span_ms_) * static_cast<double>(number) /
                                static_cast<double>(plan_.count));
  event.set_id(NewUuid7Bytes(at_ms));
  event.set_started_at_unix_ms(at_ms);
  FillOrigin(1 + std::min(Pick(plan_.keys), Pick(plan_.keys)), event);
  const bool failed = OneIn(50);
  event.set_status(failed ? 529 : 200);
  event.set_complete(!failed);
  event.set_stream(OneIn(2));
  if (failed) event.set_error_class(std::string(reason::kUpstreamOverloaded));
  if (!failed) FillMoney(event);
  event.set_snapshot_revision(1234);
  event.set_latency_ms(400 + Pick(20'000));
  event.set_first_token_ms(failed ? -1 : 100 + Pick(300));
  event.set_overhead_us(180);
  event.set_upstream_request_id(StrCat("req_011CSHoEeqs5C35K2", Pick(10'000'000)));
  FillAttempt(event);
  if (OneIn(40)) FillAttempt(event);
  event.set_session(SessionOf(event.key_id(), Pick(20)));
}

std::int64_t Events::Pick(std::int64_t below) {
  return std::uniform_int_distribution<std::int64_t>(0, below - 1)(random_);
}

void Events::FillOrigin(std::int64_t key, v1::UsageEvent& event) {
  const std::int64_t model = 1 + (key + Pick(2)) % kModels;
  const std::int64_t account = 1 + (key * 3 + Pick(3)) % kAccounts;
  event.set_relay_id("relay-1");
  event.set_user_id(1 + key / 4);
  event.set_key_id(key);
  event.set_key_name(StrCat("key-", key));
  event.set_group_id(1 + key % kGroups);
  event.set_account_id(account);
  event.set_account_name(StrCat("account-", account));
  event.set_dialect(v1::DIALECT_ANTHROPIC_MESSAGES);
  event.set_operation("messages");
  event.set_model(StrCat("claude-sonnet-4-", model));
  event.set_served_model(StrCat("claude-sonnet-4-", model, "-20250929"));
  event.set_client_ip(StrCat("203.0.", key % 200, ".", 1 + key % 250));
  event.set_user_agent(std::string(kAgents[static_cast<std::size_t>(key) % kAgents.size()]));
}

// 3 USD and 15 USD a million tokens; the cost as usage computes it again.
void Events::FillMoney(v1::UsageEvent& event) {
  v1::TokenCounts& tokens = *event.mutable_tokens();
  tokens.set_input(10 + Pick(2'000));
  tokens.set_output(1 + Pick(1'500));
  event.set_usage_source(v1::USAGE_SOURCE_REPORTED);
  event.set_cost_nano_usd(tokens.input() * 3'000 + tokens.output() * 15'000);
  v1::AppliedPrice& price = *event.mutable_price();
  price.set_price_id(7);
  price.set_input_pico_usd(3'000'000);
  price.set_output_pico_usd(15'000'000);
  price.set_multiplier_ppm(1'000'000);
}

void Events::FillAttempt(v1::UsageEvent& event) {
  v1::Attempt& attempt = *event.add_attempts();
  attempt.set_account_id(event.account_id());
  attempt.set_http_status(event.status());
  attempt.set_error_class(event.error_class());
  attempt.set_started_at_unix_ms(event.started_at_unix_ms());
  attempt.set_duration_ms(event.latency_ms());
  attempt.set_served_model(event.served_model());
}

}  // namespace weir::bench
