#include "services/relay/metering/reason_counters.h"

#include <utility>

namespace weir::relay {

void ReasonCounters::Count(std::string_view name, std::string_view help, std::string_view reason) {
  const std::lock_guard<std::mutex> lock(mutex_);
  prometheus::Counter*& counter = counters_[{std::string(name), std::string(reason)}];
  if (counter == nullptr) {
    counter = &metrics_.AddCounter(name, help, {{"reason", std::string(reason)}});
  }
  Metrics::Increment(*counter);
}

}  // namespace weir::relay
