// What the requests of one loop were like: time, time to the first token, tokens, cost, our own
// part of the time. Under the names of OpenTelemetry's conventions for generative AI where these
// have one (opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics), in Prometheus's spelling.
//
// All labels are of fixed sets, so that no client can make series: no model, no key, no path.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "libs/common/metrics.h"
#include "services/relay/metering/usage_record.h"

namespace weir::relay {

// Written by one thread, read by another: relaxed atomics. `Bounds` are in the unit of what is
// noted.
template <const auto& Bounds>
class LoopHistogram {
 public:
  void Note(std::uint64_t value) {
    std::size_t i = 0;
    while (i < Bounds.size() && value > Bounds[i]) ++i;
    Add(counts_[i], 1);
    Add(sum_, value);
  }
  void AddTo(SampledHistogram& total) const {
    total.counts.resize(counts_.size());
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      total.counts[i] += counts_[i].load(std::memory_order_relaxed);
    }
    total.sum += static_cast<double>(sum_.load(std::memory_order_relaxed));
  }

 private:
  using Number = std::atomic<std::uint64_t>;
  static void Add(Number& number, std::uint64_t by) {
    number.store(number.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  std::array<Number, Bounds.size() + 1> counts_{};
  Number sum_{};
};

// The conventions' own buckets, but for more of the long ones: answers of minutes are usual here.
inline constexpr std::array<std::uint64_t, 15> kDurationBoundsMs = {
    10, 20, 40, 80, 160, 320, 640, 1'280, 2'560, 5'120, 10'240, 20'480, 40'960, 81'920, 327'680};
inline constexpr std::array<std::uint64_t, 15> kFirstTokenBoundsMs = {
    10, 20, 40, 60, 80, 100, 250, 500, 750, 1'000, 2'500, 5'000, 7'500, 10'000, 30'000};
inline constexpr std::array<std::uint64_t, 11> kTokenBounds = {
    1, 4, 16, 64, 256, 1'024, 4'096, 16'384, 65'536, 262'144, 1'048'576};
inline constexpr std::array<std::uint64_t, 11> kOverheadBoundsUs = {
    25, 50, 100, 200, 400, 800, 1'600, 3'200, 10'000, 100'000, 1'000'000};

inline constexpr std::array<std::string_view, 4> kOperationLabels = {"chat", "embeddings",
                                                                     "text_completion", "other"};
inline constexpr std::array<std::string_view, 7> kProviderLabels = {
    "none", "anthropic", "openai", "azure.ai.openai", "ollama", "gcp.gemini", "session"};
// Of the answer: whole; broken off; refused for what was asked; failed.
inline constexpr std::array<std::string_view, 4> kOutcomeLabels = {"complete", "incomplete",
                                                                   "refused", "failed"};

// Where the labels' words stand in the arrays above.
std::size_t OperationLabelOf(std::string_view endpoint_name);
std::size_t OutcomeLabelOf(int status, bool complete);

class TrafficFigures {
 public:
  // A finished request; `provider` is an index of kProviderLabels. On the loop alone.
  void Note(const UsageRecord& record, std::size_t provider);

  struct Flow {
    std::array<LoopHistogram<kDurationBoundsMs>, kOutcomeLabels.size()> duration_ms;
    LoopHistogram<kFirstTokenBoundsMs> first_token_ms;
    LoopHistogram<kTokenBounds> input_tokens;
    LoopHistogram<kTokenBounds> output_tokens;
    std::atomic<std::uint64_t> cost_nano_usd{};
  };
  const Flow& flow(std::size_t operation, std::size_t provider) const {
    return flows_[operation][provider];
  }
  const LoopHistogram<kOverheadBoundsUs>& overhead_us() const { return overhead_us_; }

 private:
  std::array<std::array<Flow, kProviderLabels.size()>, kOperationLabels.size()> flows_;
  LoopHistogram<kOverheadBoundsUs> overhead_us_;
};

// Adds the sums over `loops`, which live as long as `metrics` is asked. What never was is no
// series.
void AddTrafficMetrics(std::vector<const TrafficFigures*> loops, Metrics& metrics);

}  // namespace weir::relay
