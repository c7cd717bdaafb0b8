// The relay as a whole: builds the parts bottom-up, runs them, and takes them down in order.
#pragma once

#include <memory>

#include "absl/status/status.h"

#include "services/relay/config.h"

namespace weir::relay {

class Relay {
 public:
  explicit Relay(Config config);
  ~Relay();

  // Everything up to listening. Errors name the port, folder or file that is in the way.
  absl::Status Start();
  // Is not ready any more, takes no more connections after drain_delay_ms, lets answers under way
  // end (within drain_timeout_ms), hands the spool over to usage as far as it is there, stops all
  // threads.
  void DrainAndStop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::relay
