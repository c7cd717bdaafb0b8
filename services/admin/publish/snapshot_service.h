// The gRPC port that relays connect to: a thin edge over builder, publisher and registry.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"

#include "libs/common/grpc_security.h"
#include "services/admin/publish/account_board.h"
#include "services/admin/publish/account_test_broker.h"
#include "services/admin/publish/explain_broker.h"
#include "services/admin/publish/relay_registry.h"
#include "services/admin/publish/snapshot_builder.h"
#include "services/admin/publish/snapshot_publisher.h"

namespace weir::admin {

class SnapshotServer {
 public:
  // All must outlive the server.
  SnapshotServer(Store& store, SnapshotBuilder& builder, SnapshotPublisher& publisher,
                 RelayRegistry& registry, AccountBoard& board, ExplainBroker& explain,
                 AccountTestBroker& tests, const GrpcSecurity& security);
  ~SnapshotServer();  // ends all streams

  // `listen` as host:port (port 0 = any). Unavailable when the port cannot be had. `metrics` must
  // outlive the server.
  absl::Status Start(const std::string& listen, Metrics& metrics);
  int port() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::admin
