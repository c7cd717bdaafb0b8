// Runs a load on one thread and says what came of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/load_options.h"

namespace weir::bench {

struct LoadResult {
  std::int64_t requests =
      0;                    // whole answers with status 200 (and, of a stream, its terminal event)
  std::int64_t errors = 0;  // all others
  std::int64_t lost = 0;    // of those: streams that began or were asked for and never ended well
  std::int64_t events = 0;
  std::uint64_t bytes = 0;  // of payload
  double seconds = 0;
  std::vector<std::uint32_t> latency_us;      // of whole answers
  std::vector<std::uint32_t> first_event_us;  // to the first byte of payload
  std::vector<std::int64_t> statuses;         // count by status, index = status
};

// Throws std::system_error when the sockets cannot be made at all.
LoadResult RunLoad(const LoadOptions& options);

// One line of JSON, without its line end. Sorts the latencies.
std::string ToJson(LoadResult& result);

}  // namespace weir::bench
