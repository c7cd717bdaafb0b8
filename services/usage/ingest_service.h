// The gRPC edge of ingestion: reads batches, checks them, queues them, answers after the commit.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "libs/common/grpc_security.h"
#include "services/usage/batch_writer.h"
#include "services/usage/usage_metrics.h"

namespace grpc {
class Service;
}

namespace weir::usage {

class IngestService {
 public:
  // All must outlive it.
  IngestService(BatchWriter& writer, const GrpcSecurity& security, UsageMetrics& metrics);
  ~IngestService();

  // To register with a server; lives as long as this.
  grpc::Service& service();

  // Streams end after the batch that they are reading; what is queued is still answered.
  void StopReading();
  // Waits until all that was read is answered, at most `timeout_ms`.
  void WaitForAnswers(std::int64_t timeout_ms);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::usage
