#include "services/relay/metering/usage_event.h"

#include <array>
#include <vector>

#include "libs/common/utf8.h"
#include "services/relay/metering/wire_writer.h"
#include "weir/v1/usage.pb.h"

namespace weir::relay {
namespace {

using Event = v1::UsageEvent;

// What clients and providers choose must not fill the spool.
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kWordBytesMax = 64;
// More than an event without attempts can need, and more than each attempt.
constexpr std::size_t kEventBytesMax = 8 * 1024;
constexpr std::size_t kAttemptBytesMax = 1024;

v1::Dialect DialectOf(Dialect dialect) {
  switch (dialect) {
    case Dialect::kAnthropicMessages:
      return v1::DIALECT_ANTHROPIC_MESSAGES;
    case Dialect::kOpenAiChat:
      return v1::DIALECT_OPENAI_CHAT;
    case Dialect::kOpenAiResponses:
      return v1::DIALECT_OPENAI_RESPONSES;
    case Dialect::kGemini:
      return v1::DIALECT_GEMINI;
  }
  return v1::DIALECT_UNSPECIFIED;
}

v1::UsageSource SourceOf(UsageSource source) {
  switch (source) {
    case UsageSource::kNone:
      return v1::USAGE_SOURCE_UNSPECIFIED;
    case UsageSource::kReported:
      return v1::USAGE_SOURCE_REPORTED;
    case UsageSource::kEstimated:
      return v1::USAGE_SOURCE_ESTIMATED;
    case UsageSource::kOutputEstimated:
      return v1::USAGE_SOURCE_OUTPUT_ESTIMATED;
    case UsageSource::kInputEstimated:
      return v1::USAGE_SOURCE_INPUT_ESTIMATED;
  }
  return v1::USAGE_SOURCE_UNSPECIFIED;
}

// A text that others chose: valid UTF-8 and within its limit.
void ValidText(int field, std::string_view text, std::size_t bytes_max, WireWriter& out) {
  if (text.size() <= bytes_max && IsValidUtf8(text)) return out.Text(field, text);
  thread_local std::string mended;
  AssignValidUtf8(mended, text, bytes_max);
  out.Text(field, mended);
}

void WriteWho(const UsageRecord& in, std::string_view relay_id, WireWriter& out) {
  out.Text(Event::kIdFieldNumber, in.id);
  ValidText(Event::kRelayIdFieldNumber, relay_id, kWordBytesMax, out);
  out.Number(Event::kStartedAtUnixMsFieldNumber, in.started_at_unix_ms);
  out.Number(Event::kUserIdFieldNumber, in.user_id);
  out.Number(Event::kKeyIdFieldNumber, in.key_id);
  ValidText(Event::kKeyNameFieldNumber, in.key_name, kNameBytesMax, out);
  out.Number(Event::kGroupIdFieldNumber, in.group_id);
  out.Number(Event::kAccountIdFieldNumber, in.account_id);
  ValidText(Event::kAccountNameFieldNumber, in.account_name, kNameBytesMax, out);
  ValidText(Event::kClientIpFieldNumber, in.client_ip, kWordBytesMax, out);
  ValidText(Event::kUserAgentFieldNumber, in.user_agent, kNameBytesMax, out);
}

void WriteWhat(const UsageRecord& in, WireWriter& out) {
  out.Number(Event::kDialectFieldNumber, std::int64_t{DialectOf(in.dialect)});
  out.Text(Event::kOperationFieldNumber, in.operation);
  ValidText(Event::kModelFieldNumber, in.model, kNameBytesMax, out);
  ValidText(Event::kServedModelFieldNumber, in.served_model, kNameBytesMax, out);
  out.Number(Event::kStatusFieldNumber, std::int64_t{in.status});
  out.Text(Event::kErrorClassFieldNumber, in.error_class);
  out.Number(Event::kCompleteFieldNumber, std::int64_t{in.complete});
  out.Number(Event::kStreamFieldNumber, std::int64_t{in.stream});
  out.Number(Event::kSnapshotRevisionFieldNumber, in.snapshot_revision);
  out.Number(Event::kLatencyMsFieldNumber, in.latency_ms);
  out.Number(Event::kFirstTokenMsFieldNumber, in.first_token_ms);
  out.Number(Event::kOverheadUsFieldNumber, in.overhead_us);
  out.Number(Event::kCacheHitFieldNumber, std::int64_t{in.cache_hit});
  ValidText(Event::kUpstreamRequestIdFieldNumber, in.upstream_request_id, kNameBytesMax, out);
}

void WriteTokens(const TokenCounts& tokens, WireWriter& out) {
  using Tokens = v1::TokenCounts;
  out.Number(Tokens::kInputFieldNumber, tokens.input);
  out.Number(Tokens::kCacheReadFieldNumber, tokens.cache_read);
  out.Number(Tokens::kCacheWrite5MFieldNumber, tokens.cache_write_5m);
  out.Number(Tokens::kCacheWrite1HFieldNumber, tokens.cache_write_1h);
  out.Number(Tokens::kOutputFieldNumber, tokens.output);
  out.Number(Tokens::kReasoningFieldNumber, tokens.reasoning);
}

void WritePrice(const UsageRecord& in, WireWriter& out) {
  using Price = v1::AppliedPrice;
  out.Number(Price::kPriceIdFieldNumber, in.price_id);
  out.Number(Price::kInputPicoUsdFieldNumber, in.prices.input_pico_usd);
  out.Number(Price::kOutputPicoUsdFieldNumber, in.prices.output_pico_usd);
  out.Number(Price::kCacheReadPicoUsdFieldNumber, in.prices.cache_read_pico_usd);
  out.Number(Price::kCacheWrite5MPicoUsdFieldNumber, in.prices.cache_write_5m_pico_usd);
  out.Number(Price::kCacheWrite1HPicoUsdFieldNumber, in.prices.cache_write_1h_pico_usd);
  out.Number(Price::kMultiplierPpmFieldNumber, in.multiplier_ppm);
}

void WriteAttempt(const AttemptRecord& in, WireWriter& out) {
  using Attempt = v1::Attempt;
  out.Number(Attempt::kAccountIdFieldNumber, in.account_id);
  out.Number(Attempt::kHttpStatusFieldNumber, std::int64_t{in.http_status});
  out.Text(Attempt::kErrorClassFieldNumber, in.error_class);
  out.Number(Attempt::kStartedAtUnixMsFieldNumber, in.started_at_unix_ms);
  out.Number(Attempt::kDurationMsFieldNumber, in.duration_ms);
  ValidText(Attempt::kServedModelFieldNumber, in.served_model, kNameBytesMax, out);
  if (in.action == AttemptAction::kNone) return;
  out.Number(Attempt::kActionFieldNumber, static_cast<std::int64_t>(in.action));
  out.Number(Attempt::kConnectMsFieldNumber, in.connect_ms);
  out.Number(Attempt::kFirstByteMsFieldNumber, in.first_byte_ms);
  out.Number(Attempt::kEndMsFieldNumber, in.end_ms);
  out.Number(Attempt::kCooldownUntilUnixMsFieldNumber, in.cooldown_until_unix_ms);
}

// Kinds of subjects are below 128: a byte each in the packed lists.
void WriteCharge(const UsageRecord& in, WireWriter& out) {
  using Charge = v1::BudgetCharge;
  constexpr std::size_t kSlots = 8;
  constexpr std::array kLists = {
      Charge::kDayCostFieldNumber,       Charge::kMonthCostFieldNumber,
      Charge::kTotalCostFieldNumber,     Charge::kDayRequestsFieldNumber,
      Charge::kMonthRequestsFieldNumber, Charge::kTotalRequestsFieldNumber};
  out.Text(Charge::kSessionFieldNumber, in.lease_session);
  for (std::size_t list = 0; list < kLists.size(); ++list) {
    std::array<char, 4> kinds;
    std::size_t count = 0;
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
      if ((in.charged_budgets >> (kSlots * kind + list) & 1) == 0) continue;
      kinds[count++] = static_cast<char>(v1::SUBJECT_KIND_KEY + kind);
    }
    out.Text(kLists[list], {kinds.data(), count});
  }
}

}  // namespace

std::int64_t BeginningOfEvent(std::string_view bytes) {
  constexpr std::string_view kIdHead = "\x0A\x10";  // field 1, 16 bytes
  constexpr std::size_t kTimeBytes = 6;
  static_assert(Event::kIdFieldNumber == 1);
  if (!bytes.starts_with(kIdHead) || bytes.size() < kIdHead.size() + kTimeBytes) return 0;
  std::int64_t unix_ms = 0;
  for (const char byte : bytes.substr(kIdHead.size(), kTimeBytes)) {
    unix_ms = (unix_ms << 8) | static_cast<unsigned char>(byte);
  }
  return unix_ms;
}

void EncodeUsageEvent(const UsageRecord& record, std::string_view relay_id, std::string& out) {
  thread_local std::vector<char> buffer;
  const std::size_t bytes_max = kEventBytesMax + kAttemptBytesMax * record.attempts.size();
  if (buffer.size() < bytes_max) buffer.resize(bytes_max);
  WireWriter event(buffer.data());
  WriteWho(record, relay_id, event);
  WriteWhat(record, event);
  event.Nested(Event::kTokensFieldNumber, [&] { WriteTokens(record.tokens, event); });
  event.Number(Event::kUsageSourceFieldNumber, std::int64_t{SourceOf(record.usage_source)});
  event.Number(Event::kCostNanoUsdFieldNumber, record.cost_nano_usd);
  event.Nested(Event::kPriceFieldNumber, [&] { WritePrice(record, event); });
  for (const AttemptRecord& attempt : record.attempts) {
    event.Nested(Event::kAttemptsFieldNumber, [&] { WriteAttempt(attempt, event); });
  }
  if (record.charged_budgets != 0) {
    event.Nested(Event::kChargeFieldNumber, [&] { WriteCharge(record, event); });
  }
  event.Number(Event::kSessionFieldNumber, record.session);
  out.assign(event.written());
}

}  // namespace weir::relay
