// Counters, gauges and histograms of one process, read by Prometheus at /metrics.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Registry;
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace weir {

using Labels = std::map<std::string, std::string>;

// Counts of the values up to each bound and above the last one (not summed up), and their sum.
struct SampledHistogram {
  std::vector<std::uint64_t> counts;
  double sum = 0;
};

// Thin over prometheus-cpp, so that its headers stay in one file. Thread-safe. References stay
// valid as long as the registry lives; fetch them once, not per request.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  prometheus::Counter& AddCounter(std::string_view name, std::string_view help,
                                  const Labels& labels = {});
  prometheus::Gauge& AddGauge(std::string_view name, std::string_view help,
                              const Labels& labels = {});
  prometheus::Histogram& AddHistogram(std::string_view name, std::string_view help,
                                      const std::vector<double>& buckets,
                                      const Labels& labels = {});

  // A counter or gauge whose value is read from `value` when Prometheus asks; for hot paths that
  // keep plain per-thread numbers. `value` must be safe to call from another thread until the
  // registry is gone.
  enum class SampledKind { kCounter, kGauge };
  void AddSampled(SampledKind kind, std::string_view name, std::string_view help,
                  const Labels& labels, std::function<double()> value);

  // A histogram likewise; `bounds` rise, and `value` gives one count more than there are bounds. A
  // series without a value is left out.
  void AddSampledHistogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                           const Labels& labels, std::function<SampledHistogram()> value);

  // The text format, version 0.0.4.
  std::string Expose() const;

  static void Increment(prometheus::Counter& counter, double by = 1);
  static void Set(prometheus::Gauge& gauge, double value);
  static void Observe(prometheus::Histogram& histogram, double value);

 private:
  struct Sampled;
  std::shared_ptr<prometheus::Registry> registry_;
  std::unique_ptr<Sampled> sampled_;
};

}  // namespace weir
