// Asks the usage service to keep its ledger in order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/grpc_security.h"

namespace weir::v1 {
class DeleteBodiesRequest;
}

namespace weir::admin {

// How the ledger lies; see weir/v1/maintenance.proto.
struct LedgerStorage {
  bool partitioned = false;
  std::int64_t partitions = 0;
  std::int64_t made_until_ms = 0;
  std::int64_t default_events = 0;
  std::int64_t kept_from_ms = 0;
  std::int64_t latency_us = 0;
  std::int64_t bytes = 0;
};

// How the ledger takes events in.
struct LedgerIngest {
  std::int64_t events_waiting = 0;
  std::int64_t oldest_waiting_ms = 0;
  std::int64_t failing_since_ms = 0;  // 0 = it is not
  std::string last_error;
  std::int64_t events_last_minute = 0;
};

// Events that wait for longer than this are behind: the database is slow.
inline constexpr std::int64_t kLateMs = 5'000;

// Whether what relays send is stored.
inline bool IsStored(const LedgerIngest& ingest) {
  return ingest.failing_since_ms == 0 && ingest.oldest_waiting_ms <= kLateMs;
}

struct DeletedRequests {
  std::int64_t kept_from_ms = 0;  // what is older is refused from now on
  std::int64_t days = 0;          // dropped whole
  std::int64_t requests = 0;      // deleted one by one
};

// Thread-safe. Errors are usage's own, for the log and the list of tasks.
class MaintenanceClient {
 public:
  // `security` must outlive the client.
  MaintenanceClient(const std::string& target, const GrpcSecurity& security);
  ~MaintenanceClient();

  // Long calls: `gone` is asked now and then, true = end it. What was done, in words.
  using Gone = std::function<bool()>;
  absl::StatusOr<std::string> ApplyRetention(const Gone& gone);
  // Requests of before; their sums stay. InvalidArgument: less than a day ago.
  absl::StatusOr<DeletedRequests> DeleteRequests(std::int64_t before_ms, const Gone& gone);
  absl::StatusOr<std::string> MakePartitions(const Gone& gone);
  absl::StatusOr<std::string> ApplyBodyRetention(const Gone& gone);
  // Recorded bodies; how many went.
  absl::StatusOr<std::int64_t> DeleteBodies(const weir::v1::DeleteBodiesRequest& which,
                                            const Gone& gone);

  // These wait only a moment.
  absl::StatusOr<LedgerStorage> Storage();
  absl::StatusOr<LedgerIngest> Ingest();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::admin
