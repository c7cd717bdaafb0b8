#include "services/admin/resources/relay_figures_json.h"

#include <array>
#include <initializer_list>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "services/admin/json/record_json.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

json::value WordOrNull(std::initializer_list<std::string_view> words, std::string_view word) {
  return Where(!word.empty(), [&] { return OneWord(words, word); });
}

json::object RedisJson(const RedisFigures& redis) {
  const std::string_view use = redis.use == RedisUse::kLimits ? "limits" : "answers";
  return {{"use", OneWord({"limits", "answers"}, use)},
          {"status", RedisWord(redis.state)},
          {"role", WordOrNull({"primary", "replica"}, redis.role)},
          {"mode", WordOrNull({"standalone", "cluster"}, redis.mode)},
          {"latency_us", IntegerOrNull(redis.latency_us)},
          {"away_policy", WordOrNull({"local", "open", "closed"}, redis.away_policy)}};
}

json::value RedisServersJson(const std::optional<std::vector<RedisFigures>>& told) {
  return Where(told.has_value(),
               [&told] { return ListJson(told.value_or(std::vector<RedisFigures>()), RedisJson); });
}

}  // namespace

json::value RedisWord(RedisState state) {
  constexpr std::array<std::string_view, 3> kWords = {"not_configured", "ok", "down"};
  return OneWord({"ok", "down", "not_configured"}, kWords.at(static_cast<std::size_t>(state)));
}

json::value FiguresJson(const std::optional<RelayFigures>& told) {
  return Where(told.has_value(), [&told] {
    const RelayFigures figures = told.value_or(RelayFigures());
    return json::object{{"connections", figures.connections},
                        {"requests_in_flight", figures.requests_in_flight},
                        {"streams", figures.streams},
                        {"requests_total", figures.requests_total},
                        {"spool_events", figures.spool_events},
                        {"spool_bytes", figures.spool_bytes},
                        {"spool_oldest_at", TimeJson(figures.spool_oldest_ms)},
                        {"redis_status", RedisWord(figures.redis)},
                        {"redis_servers", RedisServersJson(figures.redis_servers)}};
  });
}

}  // namespace weir::admin
