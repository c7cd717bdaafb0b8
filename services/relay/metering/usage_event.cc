#include "services/relay/metering/usage_event.h"

#include "libs/common/utf8.h"
#include "weir/v1/usage.pb.h"

namespace weir::relay {
namespace {

// What clients and providers choose must not fill the spool.
constexpr std::size_t kNameBytesMax = 256;
constexpr std::size_t kWordBytesMax = 64;

v1::Dialect DialectOf(Dialect dialect) {
  switch (dialect) {
    case Dialect::kAnthropicMessages:
      return v1::DIALECT_ANTHROPIC_MESSAGES;
    case Dialect::kOpenAiChat:
      return v1::DIALECT_OPENAI_CHAT;
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
  }
  return v1::USAGE_SOURCE_UNSPECIFIED;
}

void FillWho(const UsageRecord& in, std::string_view relay_id, v1::UsageEvent& out) {
  out.mutable_id()->assign(in.id);
  AssignValidUtf8(*out.mutable_relay_id(), relay_id, kWordBytesMax);
  out.set_started_at_unix_ms(in.started_at_unix_ms);
  out.set_user_id(in.user_id);
  out.set_key_id(in.key_id);
  AssignValidUtf8(*out.mutable_key_name(), in.key_name, kNameBytesMax);
  out.set_group_id(in.group_id);
  out.set_account_id(in.account_id);
  AssignValidUtf8(*out.mutable_account_name(), in.account_name, kNameBytesMax);
  AssignValidUtf8(*out.mutable_client_ip(), in.client_ip, kWordBytesMax);
  AssignValidUtf8(*out.mutable_user_agent(), in.user_agent, kNameBytesMax);
}

void FillWhat(const UsageRecord& in, v1::UsageEvent& out) {
  out.set_dialect(DialectOf(in.dialect));
  out.mutable_operation()->assign(in.operation);
  AssignValidUtf8(*out.mutable_model(), in.model, kNameBytesMax);
  AssignValidUtf8(*out.mutable_served_model(), in.served_model, kNameBytesMax);
  out.set_status(in.status);
  out.mutable_error_class()->assign(in.error_class);
  out.set_complete(in.complete);
  out.set_stream(in.stream);
  out.set_snapshot_revision(in.snapshot_revision);
  out.set_latency_ms(in.latency_ms);
  out.set_first_token_ms(in.first_token_ms);
  out.set_overhead_us(in.overhead_us);
  AssignValidUtf8(*out.mutable_upstream_request_id(), in.upstream_request_id, kNameBytesMax);
}

void FillCost(const UsageRecord& in, v1::UsageEvent& out) {
  v1::TokenCounts& tokens = *out.mutable_tokens();
  tokens.set_input(in.tokens.input);
  tokens.set_cache_read(in.tokens.cache_read);
  tokens.set_cache_write_5m(in.tokens.cache_write_5m);
  tokens.set_cache_write_1h(in.tokens.cache_write_1h);
  tokens.set_output(in.tokens.output);
  tokens.set_reasoning(in.tokens.reasoning);
  out.set_usage_source(SourceOf(in.usage_source));
  out.set_cost_nano_usd(in.cost_nano_usd);
  v1::AppliedPrice& price = *out.mutable_price();
  price.set_price_id(in.price_id);
  price.set_input_pico_usd(in.prices.input_pico_usd);
  price.set_output_pico_usd(in.prices.output_pico_usd);
  price.set_cache_read_pico_usd(in.prices.cache_read_pico_usd);
  price.set_cache_write_5m_pico_usd(in.prices.cache_write_5m_pico_usd);
  price.set_cache_write_1h_pico_usd(in.prices.cache_write_1h_pico_usd);
  price.set_multiplier_ppm(in.multiplier_ppm);
}

void FillAttempts(const UsageRecord& in, v1::UsageEvent& out) {
  for (const AttemptRecord& attempt : in.attempts) {
    v1::Attempt& added = *out.add_attempts();
    added.set_account_id(attempt.account_id);
    added.set_http_status(attempt.http_status);
    added.mutable_error_class()->assign(attempt.error_class);
    added.set_started_at_unix_ms(attempt.started_at_unix_ms);
    added.set_duration_ms(attempt.duration_ms);
  }
}

}  // namespace

void EncodeUsageEvent(const UsageRecord& record, std::string_view relay_id, std::string& out) {
  // Cleared, not destroyed: its strings keep their memory for the next event.
  thread_local v1::UsageEvent event;
  event.Clear();
  FillWho(record, relay_id, event);
  FillWhat(record, event);
  FillCost(record, event);
  FillAttempts(record, event);
  event.SerializeToString(&out);
}

}  // namespace weir::relay
