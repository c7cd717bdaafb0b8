#include "services/relay/relay_metrics.h"

#include <atomic>
#include <string_view>

#include "services/relay/intents/intent_file.h"

namespace weir::relay {
namespace {

using Kind = Metrics::SampledKind;
using CounterOf = LoopCounters::Counter LoopCounters::*;

struct LoopMetric {
  Kind kind;
  std::string_view name;
  std::string_view help;
  CounterOf counter;
};

constexpr LoopMetric kLoopMetrics[] = {
    {Kind::kCounter, "weir_relay_connections_total", "Client connections accepted.",
     &LoopCounters::connections_accepted},
    {Kind::kGauge, "weir_relay_connections", "Client connections open.",
     &LoopCounters::connections_open},
    {Kind::kGauge, "weir_relay_requests_in_flight", "Requests under way.",
     &LoopCounters::requests_in_flight},
    {Kind::kGauge, "weir_relay_streams", "Event streams open.", &LoopCounters::streams_open},
    {Kind::kCounter, "weir_relay_upstream_attempts_total", "Calls of upstreams.",
     &LoopCounters::upstream_attempts},
    {Kind::kCounter, "weir_relay_retries_total", "Attempts after a request's first.",
     &LoopCounters::retries},
    {Kind::kCounter, "weir_relay_retries_denied_total",
     "Attempts that the retry budget did not allow.", &LoopCounters::retries_denied},
    {Kind::kCounter, "weir_relay_signed_blocks_dropped_total",
     "Thinking that was left out, since another family of accounts had made it.",
     &LoopCounters::signed_blocks_dropped},
    {Kind::kCounter, "weir_relay_account_probes_total",
     "Requests that tried an account whose rest was over.", &LoopCounters::account_probes},
    {Kind::kCounter, "weir_relay_account_probes_good_total", "Those that found it well again.",
     &LoopCounters::account_probes_good},
    {Kind::kCounter, "weir_relay_client_gone_total", "Requests whose client left before the end.",
     &LoopCounters::client_gone},
    {Kind::kCounter, "weir_relay_events_unrecorded_total",
     "Usage events that the spool refused; must stay 0.", &LoopCounters::events_unrecorded},
};

using RedisCounterOf = std::atomic<std::uint64_t> RedisCounters::*;

struct RedisMetric {
  Kind kind;
  std::string_view name;
  std::string_view help;
  RedisCounterOf counter;
  double unit;
};

constexpr RedisMetric kLimitsMetrics[] = {
    {Kind::kCounter, "weir_relay_redis_errors_total",
     "Redis's refusals, broken connections and answers that came too late.", &RedisCounters::errors,
     1},
    {Kind::kCounter, "weir_relay_redis_fallback_total",
     "Admissions that redis_away_policy decided in place of Redis.", &RedisCounters::fallbacks, 1},
    {Kind::kCounter, "weir_relay_redis_latency_seconds_count", "Admissions that Redis decided.",
     &RedisCounters::answers, 1},
    {Kind::kCounter, "weir_relay_redis_latency_seconds_sum",
     "Time that those admissions waited for it.", &RedisCounters::answers_us, 1e-6},
};

constexpr RedisMetric kCacheMetrics[] = {
    {Kind::kCounter, "weir_relay_cache_redis_errors_total",
     "Redis's refusals, broken connections and answers that came too late.", &RedisCounters::errors,
     1},
    {Kind::kCounter, "weir_relay_cache_redis_fallback_total",
     "Look-ups that were misses because Redis did not answer.", &RedisCounters::fallbacks, 1},
    {Kind::kCounter, "weir_relay_cache_redis_latency_seconds_count",
     "Look-ups that Redis answered.", &RedisCounters::answers, 1},
    {Kind::kCounter, "weir_relay_cache_redis_latency_seconds_sum",
     "Time that those look-ups waited for it.", &RedisCounters::answers_us, 1e-6},
};

// Of one Redis; `of` gives a loop's counters of it.
template <typename Of>
void AddRedisMetrics(const Workers& workers, std::span<const RedisMetric> table,
                     std::string_view up_name, Of of, Metrics& metrics) {
  const auto sum = [&workers, of](RedisCounterOf counter) {
    std::uint64_t total = 0;
    for (const auto& worker : workers) {
      total += (of(*worker).*counter).load(std::memory_order_relaxed);
    }
    return static_cast<double>(total);
  };
  const double share = 1.0 / static_cast<double>(workers.size());
  metrics.AddSampled(Kind::kGauge, up_name, "Share of the loops that can use Redis now; 1 = all.",
                     {}, [sum, share] { return sum(&RedisCounters::up) * share; });
  for (const RedisMetric& metric : table) {
    metrics.AddSampled(metric.kind, metric.name, metric.help, {},
                       [sum, &metric] { return sum(metric.counter) * metric.unit; });
  }
}

}  // namespace

std::uint64_t SumOf(const Workers& workers, CounterOf counter) {
  std::uint64_t sum = 0;
  for (const auto& worker : workers) {
    sum += (worker->counters().*counter).load(std::memory_order_relaxed);
  }
  return sum;
}

void AddLoopMetrics(const Workers& workers, Metrics& metrics) {
  for (const LoopMetric& metric : kLoopMetrics) {
    metrics.AddSampled(metric.kind, metric.name, metric.help, {}, [&workers, &metric] {
      return static_cast<double>(SumOf(workers, metric.counter));
    });
  }
}

void AddTrafficMetrics(const Workers& workers, Metrics& metrics) {
  std::vector<const TrafficFigures*> loops;
  loops.reserve(workers.size());
  for (const auto& worker : workers) loops.push_back(&worker->traffic());
  AddTrafficMetrics(std::move(loops), metrics);
}

void AddBufferMetrics(const Workers& workers, const BufferCap& cap, Metrics& metrics) {
  metrics.AddSampled(Kind::kGauge, "weir_relay_buffered_bytes",
                     "Bytes of requests and answers held in memory.", {}, [&workers] {
                       std::int64_t bytes = 0;
                       for (const auto& worker : workers) bytes += worker->buffers().charged();
                       return static_cast<double>(bytes);
                     });
  metrics.AddSampled(Kind::kGauge, "weir_relay_buffered_bytes_max",
                     "Most of them (setting buffered_bytes_max).", {},
                     [&cap] { return static_cast<double>(cap.bytes_max()); });
  metrics.AddSampled(Kind::kCounter, "weir_relay_buffer_refusals_total",
                     "Requests refused and clients given up because they did not fit.", {},
                     [&workers] {
                       std::uint64_t times = 0;
                       for (const auto& worker : workers) times += worker->buffers().refusals();
                       return static_cast<double>(times);
                     });
}

void AddIntentMetrics(const Workers& workers, Metrics& metrics) {
  metrics.AddSampled(Kind::kGauge, "weir_relay_intents",
                     "Requests under way of which a kill would leave a record.", {}, [&workers] {
                       std::int64_t intents = 0;
                       for (const auto& worker : workers) intents += worker->intents().under_way();
                       return static_cast<double>(intents);
                     });
  metrics.AddSampled(Kind::kCounter, "weir_relay_intents_not_kept_total",
                     "Requests that found no room for theirs.", {}, [&workers] {
                       std::int64_t times = 0;
                       for (const auto& worker : workers) times += worker->intents().not_kept();
                       return static_cast<double>(times);
                     });
}

void AddCacheMetrics(ResponseCache& cache, Metrics& metrics) {
  const auto add = [&metrics](std::string_view name, std::string_view help,
                              const std::atomic<std::uint64_t>& counter) {
    metrics.AddSampled(Kind::kCounter, name, help, {}, [&counter] {
      return static_cast<double>(counter.load(std::memory_order_relaxed));
    });
  };
  CacheCounters& counters = cache.counters();
  add("weir_relay_cache_hits_total", "Answers out of the response cache.", counters.hits);
  add("weir_relay_cache_misses_total",
      "Requests of callers with the response cache on that it had no answer for.", counters.misses);
  add("weir_relay_cache_evictions_total", "Answers that made room for others.", counters.evictions);
  metrics.AddSampled(Kind::kGauge, "weir_relay_cache_bytes", "Memory of the answers that are kept.",
                     {}, [&cache] { return static_cast<double>(cache.bytes()); });
}

void AddStreamMetrics(const StreamRegistry& streams, Metrics& metrics) {
  metrics.AddSampled(Kind::kGauge, "weir_relay_resumable_streams",
                     "Streams that a client may come back to.", {},
                     [&streams] { return static_cast<double>(streams.streams()); });
  metrics.AddSampled(Kind::kGauge, "weir_relay_resumable_bytes",
                     "Memory of the events kept for that.", {},
                     [&streams] { return static_cast<double>(streams.bytes()); });
}

void AddLimitsRedisMetrics(const Workers& workers, Metrics& metrics) {
  AddRedisMetrics(
      workers, kLimitsMetrics, "weir_relay_redis_up",
      [](const LoopWorker& worker) -> const RedisCounters& { return worker.redis_counters(); },
      metrics);
}

void AddCacheRedisMetrics(const Workers& workers, Metrics& metrics) {
  AddRedisMetrics(
      workers, kCacheMetrics, "weir_relay_cache_redis_up",
      [](const LoopWorker& worker) -> const RedisCounters& {
        return worker.cache_redis_counters();
      },
      metrics);
}

}  // namespace weir::relay
