// The thread that works off the runs of RerateLedger, one after the other. Each usage service on a
// database has one; their steps follow each other, so runs of a service that died go on at another,
// or here after its restart.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"

#include "libs/common/metrics.h"
#include "services/usage/rerate_ledger.h"

namespace weir::usage {

class Rerater {
 public:
  // The order that was given as bytes.
  using ReadOrder = std::function<absl::StatusOr<RerateOrder>(const std::string& bytes)>;

  // All references must outlive it. Begins at once with what an earlier process has left.
  Rerater(RerateLedger& ledger, ReadOrder read_order, Metrics& metrics);
  // Waits for the step that is under way.
  ~Rerater();

  // There is a new run.
  void Wake();

 private:
  void Run();
  // True when there was something to do.
  bool WorkOff();
  // All steps of a run, until it is over or we are to stop.
  absl::Status RunSteps(const RerateRun& run);
  // False when we are to stop.
  bool Sleep(std::chrono::milliseconds time);

  RerateLedger& ledger_;
  const ReadOrder read_order_;
  prometheus::Counter& rated_;
  prometheus::Gauge& running_;
  int failures_ = 0;  // in a row; of the thread alone
  std::mutex mutex_;  // guards the next two
  bool stop_ = false;
  bool woken_ = false;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace weir::usage
