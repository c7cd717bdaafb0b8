#include "services/usage/usage_metrics.h"

#include <string_view>

namespace weir::usage {
namespace {

constexpr std::string_view kEvents = "weir_usage_events_total";
constexpr std::string_view kEventsHelp = "Usage events received, by what became of them.";

constexpr std::string_view kBodies = "weir_usage_bodies_total";
constexpr std::string_view kBodiesHelp = "Recorded bodies received, by what became of them.";

}  // namespace

UsageMetrics::UsageMetrics(Metrics& metrics)
    : events_inserted(metrics.AddCounter(kEvents, kEventsHelp, {{"outcome", "inserted"}})),
      events_duplicate(metrics.AddCounter(kEvents, kEventsHelp, {{"outcome", "duplicate"}})),
      events_rejected(metrics.AddCounter(kEvents, kEventsHelp, {{"outcome", "rejected"}})),
      events_too_old(metrics.AddCounter(kEvents, kEventsHelp, {{"outcome", "too_old"}})),
      events_unexpected_day(metrics.AddCounter(
          "weir_usage_events_of_unexpected_date_total",
          "Events, also repeated ones, whose ids are of days so far away that they have no "
          "partition: a relay's clock is wrong, or it was away for long.")),
      events_conflicting(metrics.AddCounter(
          "weir_usage_conflicting_events_total",
          "Events that came again with another content; the first stays, the other is kept in "
          "usage_conflicts.")),
      cost_mismatches(metrics.AddCounter(
          "weir_usage_cost_mismatches_total",
          "Events whose cost is not what their own tokens and price give; stored as sent.")),
      commit_failures(metrics.AddCounter("weir_usage_commit_failures_total",
                                         "Batches that the database did not take at first; each "
                                         "try that failed counts.")),
      commit_seconds(metrics.AddHistogram(
          "weir_usage_commit_seconds", "Time to store one batch, good or bad.",
          {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})),
      commit_events(metrics.AddHistogram("weir_usage_commit_events",
                                         "Events in one committed batch.",
                                         {1, 10, 50, 100, 250, 500, 1000, 2000})),
      bodies_inserted(metrics.AddCounter(kBodies, kBodiesHelp, {{"outcome", "inserted"}})),
      bodies_duplicate(metrics.AddCounter(kBodies, kBodiesHelp, {{"outcome", "duplicate"}})),
      bodies_rejected(metrics.AddCounter(kBodies, kBodiesHelp, {{"outcome", "rejected"}})),
      bodies_bytes(metrics.AddCounter("weir_usage_bodies_bytes_total",
                                      "Bytes of recorded bodies received, compressed.")),
      queue_events(
          metrics.AddGauge("weir_usage_queue_events", "Events received and not yet committed.")),
      ingest_streams(
          metrics.AddGauge("weir_usage_ingest_streams", "Streams of relays that are open now.")) {}

}  // namespace weir::usage
