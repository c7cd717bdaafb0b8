#include "services/usage/event_proto.h"

#include <algorithm>
#include <limits>

#include "weir/v1/usage.pb.h"

namespace weir::usage {
namespace {

TokenCounts TokensFromProto(const v1::TokenCounts& proto) {
  return {.input = proto.input(),
          .cache_read = proto.cache_read(),
          .cache_write_5m = proto.cache_write_5m(),
          .cache_write_1h = proto.cache_write_1h(),
          .output = proto.output(),
          .reasoning = proto.reasoning()};
}

AppliedPrice PriceFromProto(const v1::AppliedPrice& proto) {
  return {.price_id = proto.price_id(),
          .prices = {.input_pico_usd = proto.input_pico_usd(),
                     .output_pico_usd = proto.output_pico_usd(),
                     .cache_read_pico_usd = proto.cache_read_pico_usd(),
                     .cache_write_5m_pico_usd = proto.cache_write_5m_pico_usd(),
                     .cache_write_1h_pico_usd = proto.cache_write_1h_pico_usd()},
          .multiplier_ppm = proto.multiplier_ppm()};
}

void PriceToProto(const AppliedPrice& price, v1::AppliedPrice& proto) {
  proto.set_price_id(price.price_id);
  proto.set_input_pico_usd(price.prices.input_pico_usd);
  proto.set_output_pico_usd(price.prices.output_pico_usd);
  proto.set_cache_read_pico_usd(price.prices.cache_read_pico_usd);
  proto.set_cache_write_5m_pico_usd(price.prices.cache_write_5m_pico_usd);
  proto.set_cache_write_1h_pico_usd(price.prices.cache_write_1h_pico_usd);
  proto.set_multiplier_ppm(price.multiplier_ppm);
}

// Kinds that this version does not know have no leases here, so nothing is charged for them.
std::vector<SubjectKind> KindsFromProto(const google::protobuf::RepeatedField<int>& kinds) {
  std::vector<SubjectKind> known;
  for (const int kind : kinds) {
    if (kind >= v1::SUBJECT_KIND_KEY && kind <= v1::SUBJECT_KIND_ACCOUNT) {
      known.push_back(static_cast<SubjectKind>(kind));
    }
  }
  return known;
}

BudgetCharge ChargeFromProto(const v1::BudgetCharge& proto) {
  return {.session = proto.session(),
          .day_cost = KindsFromProto(proto.day_cost()),
          .month_cost = KindsFromProto(proto.month_cost()),
          .total_cost = KindsFromProto(proto.total_cost()),
          .day_requests = KindsFromProto(proto.day_requests()),
          .month_requests = KindsFromProto(proto.month_requests()),
          .total_requests = KindsFromProto(proto.total_requests())};
}

Attempt AttemptFromProto(const v1::Attempt& proto) {
  return {.account_id = proto.account_id(),
          .http_status = proto.http_status(),
          .error_class = proto.error_class(),
          .started_at_unix_ms = proto.started_at_unix_ms(),
          .duration_ms = proto.duration_ms(),
          .served_model = proto.served_model(),
          .action = proto.action(),
          .connect_ms = proto.connect_ms(),
          .first_byte_ms = proto.first_byte_ms(),
          .end_ms = proto.end_ms(),
          .cooldown_until_unix_ms = proto.cooldown_until_unix_ms()};
}

void AttemptToProto(const Attempt& attempt, v1::Attempt& proto) {
  proto.set_account_id(attempt.account_id);
  proto.set_http_status(static_cast<std::int32_t>(attempt.http_status));
  proto.set_error_class(attempt.error_class);
  proto.set_started_at_unix_ms(attempt.started_at_unix_ms);
  proto.set_duration_ms(attempt.duration_ms);
  proto.set_served_model(attempt.served_model);
  proto.set_action(static_cast<v1::AttemptAction>(attempt.action));
  proto.set_connect_ms(attempt.connect_ms);
  proto.set_first_byte_ms(attempt.first_byte_ms);
  proto.set_end_ms(attempt.end_ms);
  proto.set_cooldown_until_unix_ms(attempt.cooldown_until_unix_ms);
}

void CorrectionToProto(const Correction& correction, v1::Correction& proto) {
  proto.set_rerate_id(correction.rerate_id);
  proto.set_made_at_unix_ms(correction.made_at_unix_ms);
  proto.set_cost_nano_usd(correction.cost_nano_usd);
  proto.set_spend_nano_usd(correction.spend_nano_usd);
  PriceToProto(correction.price, *proto.mutable_price());
}

// Who did it, and on what; the rest of an event is what came of it.
void OriginToProto(const UsageEvent& event, v1::UsageEvent& proto) {
  proto.set_id(event.id);
  proto.set_relay_id(event.relay_id);
  proto.set_started_at_unix_ms(event.started_at_unix_ms);
  proto.set_user_id(event.user_id);
  proto.set_key_id(event.key_id);
  proto.set_key_name(event.key_name);
  proto.set_group_id(event.group_id);
  proto.set_account_id(event.account_id);
  proto.set_account_name(event.account_name);
  proto.set_dialect(static_cast<v1::Dialect>(event.dialect));
  proto.set_operation(event.operation);
  proto.set_model(event.model);
  proto.set_served_model(event.served_model);
  proto.set_client_ip(event.client_ip);
  proto.set_user_agent(event.user_agent);
  proto.set_session(static_cast<std::uint64_t>(event.session));
}

}  // namespace

UsageEvent EventFromProto(const v1::UsageEvent& proto) {
  UsageEvent event;
  event.id = proto.id();
  event.relay_id = proto.relay_id();
  event.started_at_unix_ms = proto.started_at_unix_ms();
  event.user_id = proto.user_id();
  event.key_id = proto.key_id();
  event.key_name = proto.key_name();
  event.group_id = proto.group_id();
  event.account_id = proto.account_id();
  event.account_name = proto.account_name();
  event.dialect = proto.dialect();
  event.operation = proto.operation();
  event.model = proto.model();
  event.served_model = proto.served_model();
  event.status = proto.status();
  event.error_class = proto.error_class();
  event.complete = proto.complete();
  event.stream = proto.stream();
  event.tokens = TokensFromProto(proto.tokens());
  event.usage_source = proto.usage_source();
  event.cost_nano_usd = proto.cost_nano_usd();
  event.price = PriceFromProto(proto.price());
  // The database has no unsigned integers; no revision comes near the end of the signed ones.
  event.snapshot_revision = static_cast<std::int64_t>(
      std::min<std::uint64_t>(proto.snapshot_revision(), std::numeric_limits<std::int64_t>::max()));
  event.latency_ms = proto.latency_ms();
  event.first_token_ms = proto.first_token_ms();
  event.overhead_us = proto.overhead_us();
  event.client_ip = proto.client_ip();
  event.user_agent = proto.user_agent();
  event.upstream_request_id = proto.upstream_request_id();
  event.cache_hit = proto.cache_hit();
  event.session = static_cast<std::int64_t>(proto.session());
  for (const v1::Attempt& attempt : proto.attempts()) {
    event.attempts.push_back(AttemptFromProto(attempt));
  }
  if (proto.has_charge()) event.charge = ChargeFromProto(proto.charge());
  return event;
}

void EventToProto(const UsageEvent& event, v1::UsageEvent& proto) {
  OriginToProto(event, proto);
  proto.set_status(static_cast<std::int32_t>(event.status));
  proto.set_error_class(event.error_class);
  proto.set_complete(event.complete);
  proto.set_stream(event.stream);
  TokensToProto(event.tokens, *proto.mutable_tokens());
  proto.set_usage_source(static_cast<v1::UsageSource>(event.usage_source));
  proto.set_cost_nano_usd(event.cost_nano_usd);
  PriceToProto(event.price, *proto.mutable_price());
  proto.set_snapshot_revision(static_cast<std::uint64_t>(event.snapshot_revision));
  proto.set_latency_ms(event.latency_ms);
  proto.set_first_token_ms(event.first_token_ms);
  proto.set_overhead_us(event.overhead_us);
  proto.set_upstream_request_id(event.upstream_request_id);
  proto.set_cache_hit(event.cache_hit);
  for (const Attempt& attempt : event.attempts) AttemptToProto(attempt, *proto.add_attempts());
  proto.set_corrections_nano_usd(event.corrections_nano_usd);
  for (const Correction& correction : event.corrections) {
    CorrectionToProto(correction, *proto.add_corrections());
  }
}

void TokensToProto(const TokenCounts& tokens, v1::TokenCounts& proto) {
  proto.set_input(tokens.input);
  proto.set_cache_read(tokens.cache_read);
  proto.set_cache_write_5m(tokens.cache_write_5m);
  proto.set_cache_write_1h(tokens.cache_write_1h);
  proto.set_output(tokens.output);
  proto.set_reasoning(tokens.reasoning);
}

}  // namespace weir::usage
