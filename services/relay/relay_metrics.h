// What /metrics tells of the relay's parts that have no metrics of their own. All that is handed
// over must live as long as the registry is asked.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "libs/common/metrics.h"
#include "services/relay/cache/response_cache.h"
#include "services/relay/loop_worker.h"
#include "services/relay/streams/stream_registry.h"

namespace weir::relay {

using Workers = std::vector<std::unique_ptr<LoopWorker>>;

// The sum over all loops; gauges count up and down by wrapping, which sums right.
std::uint64_t SumOf(const Workers& workers, LoopCounters::Counter LoopCounters::*counter);

void AddLoopMetrics(const Workers& workers, Metrics& metrics);
void AddTrafficMetrics(const Workers& workers, Metrics& metrics);
void AddBufferMetrics(const Workers& workers, const BufferCap& cap, Metrics& metrics);
void AddCacheMetrics(ResponseCache& cache, Metrics& metrics);
void AddIntentMetrics(const Workers& workers, Metrics& metrics);
void AddStreamMetrics(const StreamRegistry& streams, Metrics& metrics);

// Where there is a Redis for limits, and one for answers.
void AddLimitsRedisMetrics(const Workers& workers, Metrics& metrics);
void AddCacheRedisMetrics(const Workers& workers, Metrics& metrics);

}  // namespace weir::relay
