#include <string>
#include <string_view>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/money.h"
#include "libs/common/text.h"
#include "services/admin/json/record_json.h"
#include "services/admin/json/value_json.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

json::array RulesJson(const std::vector<RouteRule>& rules) {
  return ListJson(rules, [](const RouteRule& rule) {
    return json::object{{"input_tokens_above", CapJson(rule.input_tokens_above)},
                        {"input_tokens_below", CapJson(rule.input_tokens_below)},
                        {"thinking", WordJson(rule.thinking)},
                        {"tools", WordJson(rule.tools)},
                        {"images", WordJson(rule.images)},
                        {"upstream_model", rule.upstream_model}};
  });
}

void ReadRules(BodyReader& reader, std::vector<RouteRule>& rules) {
  if (!reader.Has("rules")) return;
  rules.clear();
  for (const auto& inner : reader.Objects("rules")) {
    RouteRule& rule = rules.emplace_back();
    inner->Cap("input_tokens_above", rule.input_tokens_above);
    inner->Cap("input_tokens_below", rule.input_tokens_below);
    inner->Word("thinking", rule.thinking);
    inner->Word("tools", rule.tools);
    inner->Word("images", rule.images);
    inner->Text("upstream_model", rule.upstream_model);
    inner->Finish();
  }
}

void ReadMaxTokens(BodyReader& reader, ModelRoute& route) {
  if (reader.IsNull("max_tokens")) {
    route.max_tokens_min = route.max_tokens_max = route.max_tokens_default = 0;
  }
  const auto inner = reader.Object("max_tokens");
  if (inner == nullptr) return;
  inner->Cap("min", route.max_tokens_min);
  inner->Cap("max", route.max_tokens_max);
  inner->Cap("default", route.max_tokens_default);
  inner->Finish();
}

}  // namespace

json::object RouteJson(const ModelRoute& route) {
  constexpr std::int64_t kPpmPerMilli = 1'000;
  std::string temperature;
  if (route.temperature_default_milli.has_value()) {
    temperature = FormatPpm(*route.temperature_default_milli * kPpmPerMilli);
  }
  return {{"id", route.id},
          {"name", route.name},
          {"model", route.model},
          {"group_ids", IdsJson(route.group_ids)},
          {"position", route.position},
          {"status", WordJson(route.status)},
          {"upstream_model", route.upstream_model},
          {"rules", RulesJson(route.rules)},
          {"fallbacks", TextsJson(route.fallbacks)},
          {"max_tokens",
           {{"min", CapJson(route.max_tokens_min)},
            {"max", CapJson(route.max_tokens_max)},
            {"default", CapJson(route.max_tokens_default)}}},
          {"temperature_default", TextOrNull(temperature)},
          {"stream", WordJson(route.stream_mode)},
          {"timeouts", TimeoutsJson(route.timeouts)},
          {"attempts_max", CapJson(route.attempts_max)},
          {"on_disconnect", WordJson(route.on_disconnect)},
          {"native_only", route.native_only},
          {"drain_ms_max", CapJson(route.drain_ms_max)},
          {"drain_usd_max", UsdJson(route.drain_nano_usd_max)},
          {"created_at", TimeJson(route.created_at_ms)},
          {"updated_at", TimeJson(route.updated_at_ms)},
          {"version", route.version}};
}

void ReadRoute(BodyReader& reader, ModelRoute& route) {
  reader.Ignore({"id", "created_at", "updated_at", "version"});
  reader.Text("name", route.name);
  reader.Text("model", route.model);
  if (route.name.empty()) route.name = route.model;
  if (reader.IsNull("group_ids")) {
    reader.Ignore({"group_ids"});
    route.group_ids.clear();
  } else {
    reader.Ids("group_ids", route.group_ids);
  }
  reader.Integer("position", route.position);
  reader.Word("status", route.status);
  reader.Text("upstream_model", route.upstream_model);
  ReadRules(reader, route.rules);
  reader.Texts("fallbacks", route.fallbacks);
  ReadMaxTokens(reader, route);
  reader.Milli("temperature_default", route.temperature_default_milli);
  reader.Word("stream", route.stream_mode);
  ReadTimeouts(reader, route.timeouts);
  reader.Cap("attempts_max", route.attempts_max);
  reader.Word("on_disconnect", route.on_disconnect);
  reader.Flag("native_only", route.native_only);
  reader.Cap("drain_ms_max", route.drain_ms_max);
  reader.UsdCap("drain_usd_max", route.drain_nano_usd_max);
}

}  // namespace weir::admin
