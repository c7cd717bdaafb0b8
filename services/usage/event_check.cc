#include "services/usage/event_check.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "libs/common/cost_bound.h"
#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "services/usage/day_partition.h"

namespace weir::usage {
namespace {

// Roll-ups add these up in 64 bits; a single absurd event must not be able to overflow them.
constexpr std::int64_t kCountMax = 1'000'000'000'000;
constexpr std::int64_t kUnixMsMax = 10'000'000'000'000;  // the year 2286

constexpr std::size_t kTextBytesMax = 512;
constexpr std::size_t kUserAgentBytesMax = 256;
constexpr std::size_t kAttemptsMax = 64;
constexpr std::size_t kSessionBytesMax = 64;  // as LeaseLedger takes it

struct NumberRule {
  std::string_view field;
  std::int64_t value;
  std::int64_t min;
  std::int64_t max;
};

absl::Status CheckNumber(const NumberRule& rule) {
  if (rule.value >= rule.min && rule.value <= rule.max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      StrCat(rule.field, " is ", rule.value, ", not within ", rule.min, " and ", rule.max));
}

absl::Status CheckTokens(const TokenCounts& tokens) {
  const NumberRule rules[] = {
      {"tokens.input", tokens.input, 0, kCountMax},
      {"tokens.cache_read", tokens.cache_read, 0, kCountMax},
      {"tokens.cache_write_5m", tokens.cache_write_5m, 0, kCountMax},
      {"tokens.cache_write_1h", tokens.cache_write_1h, 0, kCountMax},
      {"tokens.output", tokens.output, 0, kCountMax},
      {"tokens.reasoning", tokens.reasoning, 0, tokens.output},
  };
  for (const NumberRule& rule : rules) {
    if (absl::Status status = CheckNumber(rule); !status.ok()) return status;
  }
  return absl::OkStatus();
}

// Days and retention go by the id, sums and budgets by the time: they must mean the same moment.
absl::Status CheckIdTime(const UsageEvent& event) {
  const std::int64_t skew_ms = UnixMsOfId(event.id) - event.started_at_unix_ms;
  if (skew_ms >= -kIdSkewMsMax && skew_ms <= kIdSkewMsMax) return absl::OkStatus();
  return absl::InvalidArgumentError(StrCat("the time within id is ", skew_ms,
                                           " ms after started_at_unix_ms; at most ", kIdSkewMsMax,
                                           " ms are between them"));
}

// Drops NUL bytes, which PostgreSQL cannot store, and cuts at the start of a UTF-8 character.
void Trim(std::string& text, std::size_t bytes_max = kTextBytesMax) {
  std::erase(text, '\0');
  if (text.size() <= bytes_max) return;
  std::size_t end = bytes_max;
  const auto continues = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  while (end > 0 && continues(end)) --end;
  text.resize(end);
}

}  // namespace

absl::Status CheckEvent(const UsageEvent& event) {
  if (!IsUuid7(event.id)) return absl::InvalidArgumentError("id is no UUIDv7 of 16 bytes");
  if (absl::Status status = CheckTokens(event.tokens); !status.ok()) return status;
  const NumberRule rules[] = {
      {"started_at_unix_ms", event.started_at_unix_ms, 1, kUnixMsMax},
      {"user_id", event.user_id, 0, INT64_MAX},
      {"key_id", event.key_id, 0, INT64_MAX},
      {"group_id", event.group_id, 0, INT64_MAX},
      {"account_id", event.account_id, 0, INT64_MAX},
      {"status", event.status, 0, 999},
      {"cost_nano_usd", event.cost_nano_usd, 0, kCostNanoUsdMax},
      {"latency_ms", event.latency_ms, 0, kCountMax},
      {"first_token_ms", event.first_token_ms, -1, kCountMax},
      {"overhead_us", event.overhead_us, 0, kCountMax},
  };
  for (const NumberRule& rule : rules) {
    if (absl::Status status = CheckNumber(rule); !status.ok()) return status;
  }
  return CheckIdTime(event);
}

void TrimEvent(UsageEvent& event) {
  for (std::string* text :
       {&event.relay_id, &event.key_name, &event.account_name, &event.operation, &event.model,
        &event.served_model, &event.error_class, &event.client_ip, &event.upstream_request_id}) {
    Trim(*text);
  }
  Trim(event.user_agent, kUserAgentBytesMax);
  if (event.attempts.size() > kAttemptsMax) event.attempts.resize(kAttemptsMax);
  for (Attempt& attempt : event.attempts) {
    Trim(attempt.error_class);
    Trim(attempt.served_model);
  }
  const std::string& session = event.charge.session;
  if (session.size() > kSessionBytesMax || session.find('\0') != std::string::npos) {
    event.charge = {};
  }
}

std::int64_t ExpectedCostNanoUsd(const UsageEvent& event) {
  return CostNanoUsd(event.tokens, event.price.prices, event.price.multiplier_ppm);
}

}  // namespace weir::usage
