#include "libs/common/metrics.h"

#include <limits>
#include <mutex>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace weir {

struct Metrics::Sampled {
  // Fills in the metric; false: there is nothing to tell.
  using Sample = std::function<bool(prometheus::ClientMetric&)>;
  struct Family {
    prometheus::MetricType type;
    std::string name;
    std::string help;
    std::vector<std::pair<Labels, Sample>> series;
  };

  void Add(prometheus::MetricType type, std::string_view name, std::string_view help,
           const Labels& labels, Sample sample) {
    const std::lock_guard<std::mutex> lock(mutex);
    for (Family& family : families) {
      if (family.name == name) {
        family.series.emplace_back(labels, std::move(sample));
        return;
      }
    }
    Family family{type, std::string(name), std::string(help), {}};
    family.series.emplace_back(labels, std::move(sample));
    families.push_back(std::move(family));
  }

  std::vector<prometheus::MetricFamily> Collect() {
    const std::lock_guard<std::mutex> lock(mutex);
    std::vector<prometheus::MetricFamily> collected;
    for (const Family& family : families) {
      prometheus::MetricFamily out{family.name, family.help, family.type, {}};
      for (const auto& [labels, sample] : family.series) {
        prometheus::ClientMetric metric;
        for (const auto& [name, text] : labels) metric.label.push_back({name, text});
        if (sample(metric)) out.metric.push_back(std::move(metric));
      }
      if (!out.metric.empty()) collected.push_back(std::move(out));
    }
    return collected;
  }

  std::mutex mutex;
  std::vector<Family> families;
};

Metrics::Metrics()
    : registry_(
          std::make_shared<prometheus::Registry>(prometheus::Registry::InsertBehavior::Merge)),
      sampled_(std::make_unique<Sampled>()) {}

Metrics::~Metrics() = default;

prometheus::Counter& Metrics::AddCounter(std::string_view name, std::string_view help,
                                         const Labels& labels) {
  return prometheus::BuildCounter()
      .Name(std::string(name))
      .Help(std::string(help))
      .Register(*registry_)
      .Add(labels);
}

prometheus::Gauge& Metrics::AddGauge(std::string_view name, std::string_view help,
                                     const Labels& labels) {
  return prometheus::BuildGauge()
      .Name(std::string(name))
      .Help(std::string(help))
      .Register(*registry_)
      .Add(labels);
}

prometheus::Histogram& Metrics::AddHistogram(std::string_view name, std::string_view help,
                                             const std::vector<double>& buckets,
                                             const Labels& labels) {
  return prometheus::BuildHistogram()
      .Name(std::string(name))
      .Help(std::string(help))
      .Register(*registry_)
      .Add(labels, buckets);
}

void Metrics::AddSampled(SampledKind kind, std::string_view name, std::string_view help,
                         const Labels& labels, std::function<double()> value) {
  if (kind == SampledKind::kCounter) {
    sampled_->Add(prometheus::MetricType::Counter, name, help, labels,
                  [value = std::move(value)](prometheus::ClientMetric& metric) {
                    metric.counter.value = value();
                    return true;
                  });
  } else {
    sampled_->Add(prometheus::MetricType::Gauge, name, help, labels,
                  [value = std::move(value)](prometheus::ClientMetric& metric) {
                    metric.gauge.value = value();
                    return true;
                  });
  }
}

void Metrics::AddSampledHistogram(std::string_view name, std::string_view help,
                                  std::vector<double> bounds, const Labels& labels,
                                  std::function<SampledHistogram()> value) {
  sampled_->Add(
      prometheus::MetricType::Histogram, name, help, labels,
      [bounds = std::move(bounds), value = std::move(value)](prometheus::ClientMetric& metric) {
        const SampledHistogram sampled = value();
        std::uint64_t count = 0;
        for (std::size_t i = 0; i < sampled.counts.size(); ++i) {
          count += sampled.counts[i];
          const bool last = i >= bounds.size();
          metric.histogram.bucket.push_back(
              {count, last ? std::numeric_limits<double>::infinity() : bounds[i]});
        }
        metric.histogram.sample_count = count;
        metric.histogram.sample_sum = sampled.sum;
        return count > 0;
      });
}

std::string Metrics::Expose() const {
  std::vector<prometheus::MetricFamily> families = registry_->Collect();
  for (prometheus::MetricFamily& family : sampled_->Collect())
    families.push_back(std::move(family));
  return prometheus::TextSerializer().Serialize(families);
}

void Metrics::Increment(prometheus::Counter& counter, double by) { counter.Increment(by); }
void Metrics::Set(prometheus::Gauge& gauge, double value) { gauge.Set(value); }
void Metrics::Observe(prometheus::Histogram& histogram, double value) { histogram.Observe(value); }

}  // namespace weir
