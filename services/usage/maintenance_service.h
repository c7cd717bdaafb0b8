// The gRPC edge of PartitionKeeper and Retention, and of how storing goes.
#pragma once

#include <memory>

#include "libs/common/grpc_security.h"
#include "services/usage/batch_writer.h"
#include "services/usage/body_store.h"
#include "services/usage/partition_keeper.h"
#include "services/usage/retention.h"

namespace grpc {
class Service;
}

namespace weir::usage {

class MaintenanceService {
 public:
  // All must outlive it.
  MaintenanceService(PartitionKeeper& partitions, Retention& retention, BodyStore& bodies,
                     BatchWriter& writer, sql::Database& database, const GrpcSecurity& security);
  ~MaintenanceService();

  grpc::Service& service();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::usage
