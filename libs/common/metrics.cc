#include "libs/common/metrics.h"

#include <mutex>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace weir {

struct Metrics::Sampled {
  struct Family {
    SampledKind kind;
    std::string name;
    std::string help;
    std::vector<std::pair<Labels, std::function<double()>>> series;
  };

  std::vector<prometheus::MetricFamily> Collect() {
    const std::lock_guard<std::mutex> lock(mutex);
    std::vector<prometheus::MetricFamily> collected;
    for (const Family& family : families) {
      prometheus::MetricFamily out;
      out.name = family.name;
      out.help = family.help;
      out.type = family.kind == SampledKind::kCounter ? prometheus::MetricType::Counter
                                                      : prometheus::MetricType::Gauge;
      for (const auto& [labels, value] : family.series) {
        prometheus::ClientMetric metric;
        for (const auto& [name, text] : labels) metric.label.push_back({name, text});
        if (family.kind == SampledKind::kCounter) {
          metric.counter.value = value();
        } else {
          metric.gauge.value = value();
        }
        out.metric.push_back(std::move(metric));
      }
      collected.push_back(std::move(out));
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
  const std::lock_guard<std::mutex> lock(sampled_->mutex);
  for (Sampled::Family& family : sampled_->families) {
    if (family.name == name) {
      family.series.emplace_back(labels, std::move(value));
      return;
    }
  }
  Sampled::Family family{kind, std::string(name), std::string(help), {}};
  family.series.emplace_back(labels, std::move(value));
  sampled_->families.push_back(std::move(family));
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
