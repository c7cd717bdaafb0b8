#include "services/admin/store/route_columns.h"

#include <array>
#include <string_view>
#include <utility>

#include <boost/json.hpp>

#include "services/admin/model/words.h"
#include "services/admin/store/columns.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

using RuleNumber = std::pair<std::string_view, std::int64_t RouteRule::*>;
constexpr std::array<RuleNumber, 2> kRuleNumbers = {{
    {"input_tokens_above", &RouteRule::input_tokens_above},
    {"input_tokens_below", &RouteRule::input_tokens_below},
}};
using RulePresence = std::pair<std::string_view, Presence RouteRule::*>;
constexpr std::array<RulePresence, 3> kRulePresences = {{
    {"thinking", &RouteRule::thinking},
    {"tools", &RouteRule::tools},
    {"images", &RouteRule::images},
}};
using RouteNumber = std::pair<std::string_view, std::int64_t ModelRoute::*>;
constexpr std::array<RouteNumber, 6> kRouteNumbers = {{
    {"max_tokens_min", &ModelRoute::max_tokens_min},
    {"max_tokens_max", &ModelRoute::max_tokens_max},
    {"max_tokens_default", &ModelRoute::max_tokens_default},
    {"attempts_max", &ModelRoute::attempts_max},
    {"drain_ms_max", &ModelRoute::drain_ms_max},
    {"drain_nano_usd_max", &ModelRoute::drain_nano_usd_max},
}};

json::string KeyOf(std::string_view name) { return json::string(name.data(), name.size()); }

void PutWord(json::object& object, std::string_view name, std::string_view word) {
  object[KeyOf(name)] = KeyOf(word);
}

const json::value* Find(const json::object& object, std::string_view name) {
  return object.if_contains({name.data(), name.size()});
}

void GetNumber(const json::object& object, std::string_view name, std::int64_t& number) {
  const json::value* value = Find(object, name);
  if (value != nullptr && value->is_int64()) number = value->get_int64();
}

std::string TextOf(const json::object& object, std::string_view name) {
  const json::value* value = Find(object, name);
  if (value == nullptr || !value->is_string()) return "";
  return {value->get_string().data(), value->get_string().size()};
}

json::value Parse(const std::string& text) {
  json::error_code error;
  json::value value = json::parse(text, error);
  return error ? json::value() : value;
}

}  // namespace

std::string EncodeRules(const std::vector<RouteRule>& rules) {
  json::array array;
  for (const RouteRule& rule : rules) {
    json::object object;
    for (const auto& [name, field] : kRuleNumbers) object[KeyOf(name)] = rule.*field;
    for (const auto& [name, field] : kRulePresences) PutWord(object, name, WordOf(rule.*field));
    object["upstream_model"] = rule.upstream_model;
    array.push_back(std::move(object));
  }
  return json::serialize(array);
}

std::vector<RouteRule> DecodeRules(const std::string& text) {
  std::vector<RouteRule> rules;
  const json::value value = Parse(text);
  if (!value.is_array()) return rules;
  for (const json::value& entry : value.get_array()) {
    if (!entry.is_object()) continue;
    const json::object& object = entry.get_object();
    RouteRule& rule = rules.emplace_back();
    for (const auto& [name, field] : kRuleNumbers) GetNumber(object, name, rule.*field);
    for (const auto& [name, field] : kRulePresences) {
      rule.*field = FromWord<Presence>(TextOf(object, name)).value_or(Presence::kAny);
    }
    rule.upstream_model = TextOf(object, "upstream_model");
  }
  return rules;
}

std::string EncodeRouteOptions(const ModelRoute& route) {
  json::object object;
  for (const auto& [name, field] : kRouteNumbers) object[KeyOf(name)] = route.*field;
  if (route.temperature_default_milli.has_value()) {
    object["temperature_default_milli"] = *route.temperature_default_milli;
  }
  PutWord(object, "stream", WordOf(route.stream_mode));
  PutWord(object, "on_disconnect", WordOf(route.on_disconnect));
  if (route.native_only) object["native_only"] = true;
  object["timeouts"] = EncodeTimeouts(route.timeouts);
  return json::serialize(object);
}

void DecodeRouteOptions(const std::string& text, ModelRoute& route) {
  const json::value value = Parse(text);
  if (!value.is_object()) return;
  const json::object& object = value.get_object();
  for (const auto& [name, field] : kRouteNumbers) GetNumber(object, name, route.*field);
  if (Find(object, "temperature_default_milli") != nullptr) {
    GetNumber(object, "temperature_default_milli", route.temperature_default_milli.emplace());
  }
  route.stream_mode = FromWord<StreamMode>(TextOf(object, "stream")).value_or(StreamMode::kAsAsked);
  route.on_disconnect = FromWord<RouteOnDisconnect>(TextOf(object, "on_disconnect"))
                            .value_or(RouteOnDisconnect::kDefault);
  const json::value* native_only = Find(object, "native_only");
  route.native_only = native_only != nullptr && native_only->is_bool() && native_only->get_bool();
  route.timeouts = DecodeTimeouts(TextOf(object, "timeouts"));
}

}  // namespace weir::admin
