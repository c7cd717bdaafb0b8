#include "services/relay/metering/traffic_figures.h"

#include <string>
#include <utility>
#include <vector>

namespace weir::relay {
namespace {

using Loops = std::vector<const TrafficFigures*>;
using Flow = TrafficFigures::Flow;

constexpr std::string_view kDuration = "gen_ai_server_request_duration_seconds";
constexpr std::string_view kDurationHelp = "From a request's first byte to the last of its answer.";
constexpr std::string_view kFirstToken = "gen_ai_server_time_to_first_token_seconds";
constexpr std::string_view kFirstTokenHelp =
    "From a stream's request to its first text, tool argument or image.";
constexpr std::string_view kTokens = "gen_ai_client_token_usage";
constexpr std::string_view kTokensHelp =
    "Tokens of a request, as the ledger has them; input with what caches gave.";

struct OperationName {
  std::string_view endpoint;
  std::size_t label;
};
constexpr OperationName kOperations[] = {
    {"messages", 0},         {"chat_completions", 0},        {"responses", 0},
    {"generate_content", 0}, {"stream_generate_content", 0}, {"embeddings", 1},
    {"embed_content", 1},    {"batch_embed_contents", 1},    {"completions", 2},
};

std::uint64_t Positive(std::int64_t value) {
  return value > 0 ? static_cast<std::uint64_t>(value) : 0;
}

Labels LabelsOf(std::size_t operation, std::size_t provider) {
  return {{"gen_ai_operation_name", std::string(kOperationLabels[operation])},
          {"gen_ai_provider_name", std::string(kProviderLabels[provider])}};
}

template <typename Bounds>
std::vector<double> InUnit(const Bounds& bounds, double unit) {
  std::vector<double> scaled;
  scaled.reserve(bounds.size());
  for (const std::uint64_t bound : bounds) scaled.push_back(static_cast<double>(bound) * unit);
  return scaled;
}

// One series: `of` gives a loop's histogram.
template <typename Bounds, typename Of>
void AddSeries(const Loops& loops, std::string_view name, std::string_view help,
               const Bounds& bounds, double unit, const Labels& labels, Of of, Metrics& metrics) {
  metrics.AddSampledHistogram(name, help, InUnit(bounds, unit), labels, [loops, of, unit] {
    SampledHistogram total;
    for (const TrafficFigures* loop : loops) of(*loop).AddTo(total);
    total.sum *= unit;
    return total;
  });
}

void AddFlow(const Loops& loops, std::size_t operation, std::size_t provider, Metrics& metrics) {
  const auto flow = [=](const TrafficFigures& loop) -> const Flow& {
    return loop.flow(operation, provider);
  };
  Labels labels = LabelsOf(operation, provider);
  for (std::size_t outcome = 0; outcome < kOutcomeLabels.size(); ++outcome) {
    labels["outcome"] = std::string(kOutcomeLabels[outcome]);
    AddSeries(
        loops, kDuration, kDurationHelp, kDurationBoundsMs, 1e-3, labels,
        [=](const TrafficFigures& loop) -> const auto& { return flow(loop).duration_ms[outcome]; },
        metrics);
  }
  labels.erase("outcome");
  AddSeries(
      loops, kFirstToken, kFirstTokenHelp, kFirstTokenBoundsMs, 1e-3,
      labels, [=](const TrafficFigures& loop) -> const auto& { return flow(loop).first_token_ms; },
      metrics);
  labels["gen_ai_token_type"] = "input";
  AddSeries(
      loops, kTokens, kTokensHelp, kTokenBounds, 1,
      labels, [=](const TrafficFigures& loop) -> const auto& { return flow(loop).input_tokens; },
      metrics);
  labels["gen_ai_token_type"] = "output";
  AddSeries(
      loops, kTokens, kTokensHelp, kTokenBounds, 1,
      labels, [=](const TrafficFigures& loop) -> const auto& { return flow(loop).output_tokens; },
      metrics);
}

double CostOf(const Loops& loops, std::size_t provider) {
  std::uint64_t sum = 0;
  for (const TrafficFigures* loop : loops) {
    for (std::size_t operation = 0; operation < kOperationLabels.size(); ++operation) {
      sum += loop->flow(operation, provider).cost_nano_usd.load(std::memory_order_relaxed);
    }
  }
  return static_cast<double>(sum);
}

}  // namespace

std::size_t OperationLabelOf(std::string_view endpoint_name) {
  for (const OperationName& operation : kOperations) {
    if (operation.endpoint == endpoint_name) return operation.label;
  }
  return kOperationLabels.size() - 1;
}

std::size_t OutcomeLabelOf(int status, bool complete) {
  if (status >= 500 || status == 0) return 3;
  if (status >= 400) return 2;
  return complete ? 0 : 1;
}

void TrafficFigures::Note(const UsageRecord& record, std::size_t provider) {
  Flow& flow = flows_[OperationLabelOf(record.operation)][provider];
  flow.duration_ms[OutcomeLabelOf(record.status, record.complete)].Note(
      Positive(record.latency_ms));
  if (record.stream && record.first_token_ms >= 0)
    flow.first_token_ms.Note(Positive(record.first_token_ms));
  if (record.usage_source != UsageSource::kNone) {
    flow.input_tokens.Note(Positive(TotalInputTokens(record.tokens)));
    flow.output_tokens.Note(Positive(record.tokens.output));
  }
  flow.cost_nano_usd.fetch_add(Positive(record.cost_nano_usd), std::memory_order_relaxed);
  if (provider != 0) overhead_us_.Note(Positive(record.overhead_us));
}

void AddTrafficMetrics(std::vector<const TrafficFigures*> loops, Metrics& metrics) {
  for (std::size_t operation = 0; operation < kOperationLabels.size(); ++operation) {
    for (std::size_t provider = 0; provider < kProviderLabels.size(); ++provider) {
      AddFlow(loops, operation, provider, metrics);
    }
  }
  for (std::size_t provider = 0; provider < kProviderLabels.size(); ++provider) {
    metrics.AddSampled(Metrics::SampledKind::kCounter, "weir_relay_cost_nano_usd_total",
                       "Cost of answers by the price list, 1e-9 USD.",
                       {{"gen_ai_provider_name", std::string(kProviderLabels[provider])}},
                       [loops, provider] { return CostOf(loops, provider); });
  }
  AddSeries(
      loops, "weir_relay_overhead_seconds",
      "The relay's own part of the time to an answer's first byte.", kOverheadBoundsUs, 1e-6, {},
      [](const TrafficFigures& loop) -> const auto& { return loop.overhead_us(); }, metrics);
}

}  // namespace weir::relay
