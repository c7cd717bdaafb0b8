#include <set>
#include <string>

#include "libs/common/model_pattern.h"
#include "libs/common/resource_rules.h"
#include "libs/common/text.h"
#include "services/admin/model/validate.h"

namespace weir::admin {
namespace {

constexpr std::size_t kGroupsMax = 1'000;

void AddIfWrong(const absl::Status& status, std::string_view field, FieldErrors& errors) {
  if (!status.ok()) errors.Add(field, View(status.message()));
}

void CheckRule(const RouteRule& rule, const std::string& field, FieldErrors& errors) {
  AddIfWrong(CheckTokens(rule.input_tokens_above), field + ".input_tokens_above", errors);
  AddIfWrong(CheckTokens(rule.input_tokens_below), field + ".input_tokens_below", errors);
  AddIfWrong(CheckTokenWindow(rule.input_tokens_above, rule.input_tokens_below), field, errors);
  AddIfWrong(CheckModelName(rule.upstream_model), field + ".upstream_model", errors);
  const bool any = rule.input_tokens_above == 0 && rule.input_tokens_below == 0 &&
                   rule.thinking == Presence::kAny && rule.tools == Presence::kAny &&
                   rule.images == Presence::kAny;
  if (any) errors.Add(field, "must have a condition; without one, set upstream_model of the route");
}

// What would never be reached is a mistake.
void CheckFallbacks(const ModelRoute& route, FieldErrors& errors) {
  if (route.fallbacks.size() > kFallbacksMax) {
    errors.Add("fallbacks", "must have at most 8 entries");
  }
  const bool stays = route.upstream_model.empty() && ModelPattern(route.model).exact();
  std::set<std::string> tried = {stays ? route.model : route.upstream_model};
  for (const std::string& model : route.fallbacks) {
    AddIfWrong(CheckModelName(model), "fallbacks", errors);
    if (!tried.insert(model).second) {
      errors.Add("fallbacks", "must not name a model that has been tried by then");
    }
  }
}

void CheckBounds(const ModelRoute& route, FieldErrors& errors) {
  AddIfWrong(CheckTokens(route.max_tokens_min), "max_tokens.min", errors);
  AddIfWrong(CheckTokens(route.max_tokens_max), "max_tokens.max", errors);
  AddIfWrong(CheckTokens(route.max_tokens_default), "max_tokens.default", errors);
  AddIfWrong(CheckTokenClamp(route.max_tokens_min, route.max_tokens_default, route.max_tokens_max),
             "max_tokens", errors);
  AddIfWrong(CheckTemperatureMilli(route.temperature_default_milli.value_or(0)),
             "temperature_default", errors);
  AddIfWrong(CheckAttemptsMax(route.attempts_max), "attempts_max", errors);
  AddIfWrong(CheckTimeoutMs(route.timeouts.connect_ms), "timeouts.connect_ms", errors);
  AddIfWrong(CheckTimeoutMs(route.timeouts.first_byte_ms), "timeouts.first_byte_ms", errors);
  AddIfWrong(CheckTimeoutMs(route.timeouts.idle_ms), "timeouts.idle_ms", errors);
  AddIfWrong(CheckTimeoutMs(route.timeouts.total_ms), "timeouts.total_ms", errors);
  AddIfWrong(CheckTimeoutMs(route.drain_ms_max), "drain_ms_max", errors);
  AddIfWrong(CheckLimit(route.drain_nano_usd_max), "drain_usd_max", errors);
  const bool drains = route.on_disconnect == RouteOnDisconnect::kDrain;
  if (!drains && (route.drain_ms_max > 0 || route.drain_nano_usd_max > 0)) {
    errors.Add("on_disconnect", "must be drain, as there are caps for it");
  }
}

}  // namespace

void Validate(const ModelRoute& route, FieldErrors& errors) {
  ValidateName(route.name, "name", errors);
  AddIfWrong(CheckModelPattern(route.model), "model", errors);
  AddIfWrong(CheckPosition(route.position), "position", errors);
  if (route.group_ids.size() > kGroupsMax) {
    errors.Add("group_ids", "must have at most 1000 entries");
  }
  if (!route.upstream_model.empty()) {
    AddIfWrong(CheckModelName(route.upstream_model), "upstream_model", errors);
  }
  if (route.rules.size() > kRouteRulesMax) errors.Add("rules", "must have at most 32 entries");
  for (std::size_t i = 0; i < route.rules.size(); ++i) {
    CheckRule(route.rules[i], StrCat("rules[", i, "]"), errors);
  }
  CheckFallbacks(route, errors);
  CheckBounds(route, errors);
}

}  // namespace weir::admin
