#include <algorithm>
#include <optional>
#include <utility>

#include "libs/common/resource_rules.h"
#include "services/relay/snapshot/resource_checks.h"
#include "services/relay/snapshot/resource_reader.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

std::optional<Presence> PresenceOf(v1::Presence in) {
  switch (in) {
    case v1::PRESENCE_UNSPECIFIED:
      return Presence::kAny;
    case v1::PRESENCE_PRESENT:
      return Presence::kPresent;
    case v1::PRESENCE_ABSENT:
      return Presence::kAbsent;
    default:
      return std::nullopt;
  }
}

std::optional<StreamMode> StreamModeOf(v1::StreamMode in) {
  switch (in) {
    case v1::STREAM_MODE_UNSPECIFIED:
      return StreamMode::kAsAsked;
    case v1::STREAM_MODE_ON:
      return StreamMode::kOn;
    case v1::STREAM_MODE_OFF:
      return StreamMode::kOff;
    default:
      return std::nullopt;
  }
}

std::optional<OnDisconnect> OnDisconnectOf(v1::OnDisconnect in) {
  switch (in) {
    case v1::ON_DISCONNECT_UNSPECIFIED:
      return OnDisconnect::kDefault;
    case v1::ON_DISCONNECT_ABORT:
      return OnDisconnect::kAbort;
    case v1::ON_DISCONNECT_DRAIN:
      return OnDisconnect::kDrain;
    default:
      return std::nullopt;
  }
}

RouteRule ReadRule(const v1::RouteRule& in, Checks& checks) {
  RouteRule rule;
  rule.input_tokens_above = in.input_tokens_above();
  rule.input_tokens_below = in.input_tokens_below();
  checks.Require(CheckTokens(rule.input_tokens_above), "rules.input_tokens_above");
  checks.Require(CheckTokens(rule.input_tokens_below), "rules.input_tokens_below");
  checks.Require(CheckTokenWindow(rule.input_tokens_above, rule.input_tokens_below), "rules");
  rule.thinking = Known(PresenceOf(in.thinking()), "rules.thinking", checks);
  rule.tools = Known(PresenceOf(in.tools()), "rules.tools", checks);
  rule.images = Known(PresenceOf(in.images()), "rules.images", checks);
  rule.upstream_model = in.upstream_model();
  checks.Require(CheckModelName(rule.upstream_model), "rules.upstream_model");
  return rule;
}

TokenBounds ReadClamp(const v1::Route& in, Checks& checks) {
  const TokenBounds clamp{in.max_tokens_min(), in.max_tokens_max(), in.max_tokens_default()};
  for (const std::int64_t tokens : {clamp.min, clamp.max, clamp.standard}) {
    checks.Require(CheckTokens(tokens), "max_tokens");
  }
  checks.Require(CheckTokenClamp(clamp.min, clamp.standard, clamp.max), "max_tokens");
  return clamp;
}

void ReadTargets(const v1::Route& in, ModelRoute& route, Checks& checks) {
  route.upstream_model = in.upstream_model();
  if (!route.upstream_model.empty()) {
    checks.Require(CheckModelName(route.upstream_model), "upstream_model");
  }
  checks.Require(static_cast<std::size_t>(in.rules_size()) <= kRouteRulesMax, "too many rules");
  for (const v1::RouteRule& rule : in.rules()) route.rules.push_back(ReadRule(rule, checks));
  checks.Require(static_cast<std::size_t>(in.fallbacks_size()) <= kFallbacksMax,
                 "too many fallbacks");
  route.fallbacks.assign(in.fallbacks().begin(), in.fallbacks().end());
  for (const std::string& model : route.fallbacks) {
    checks.Require(CheckModelName(model), "fallbacks");
  }
}

}  // namespace

absl::StatusOr<ModelRoute> ReadRoute(const v1::Route& in) {
  Checks checks("route", in.id());
  ModelRoute route;
  route.id = in.id();
  checks.Require(CheckModelPattern(in.model()), "model");
  route.model = ModelPattern(in.model());
  route.group_ids.assign(in.group_ids().begin(), in.group_ids().end());
  std::sort(route.group_ids.begin(), route.group_ids.end());
  route.position = in.position();
  checks.Require(CheckPosition(route.position), "position");
  route.enabled = in.enabled();
  ReadTargets(in, route, checks);
  route.max_tokens = ReadClamp(in, checks);
  if (in.has_temperature_default_milli()) {
    route.temperature_default_milli = in.temperature_default_milli();
    checks.Require(CheckTemperatureMilli(in.temperature_default_milli()), "temperature_default");
  }
  route.stream_mode = Known(StreamModeOf(in.stream_mode()), "stream_mode", checks);
  route.timeouts = ReadTimeouts(in.timeouts(), checks);
  route.attempts_max = in.attempts_max();
  checks.Require(CheckAttemptsMax(route.attempts_max), "attempts_max");
  route.on_disconnect = Known(OnDisconnectOf(in.on_disconnect()), "on_disconnect", checks);
  route.drain_ms_max = in.drain_ms_max();
  checks.Require(CheckTimeoutMs(route.drain_ms_max), "drain_ms_max");
  route.drain_nano_usd_max = in.drain_nano_usd_max();
  route.native_only = in.native_only();
  checks.Require(CheckLimit(route.drain_nano_usd_max), "drain_nano_usd_max");
  return Finish(checks, std::move(route));
}

}  // namespace weir::relay
