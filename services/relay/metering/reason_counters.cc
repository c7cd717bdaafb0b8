#include "services/relay/metering/reason_counters.h"

#include <utility>

namespace weir::relay {

void ReasonCounters::Count(std::string_view name, std::string_view help, std::string_view reason,
                           std::string_view signal) {
  const std::lock_guard<std::mutex> lock(mutex_);
  prometheus::Counter*& counter =
      counters_[{std::string(name), std::string(reason), std::string(signal)}];
  if (counter == nullptr) {
    Labels labels = {{"reason", std::string(reason)}};
    if (!signal.empty()) labels["signal"] = signal;
    counter = &metrics_.AddCounter(name, help, labels);
  }
  Metrics::Increment(*counter);
}

}  // namespace weir::relay
