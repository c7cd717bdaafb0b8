// Asks the usage service. Blocks at most the deadline of each call.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/grpc_security.h"

namespace weir::v1 {
enum Dimension : int;
class ConflictsRequest;
class ConflictsResponse;
class ExportChunk;
class ExportRequest;
class GetBodiesResponse;
class GetEventResponse;
class ListEventsRequest;
class ListEventsResponse;
class PeekBudgetsRequest;
class PeekBudgetsResponse;
class SeriesRequest;
class SeriesResponse;
class ServedDaysRequest;
class ServedDaysResponse;
class StatsRequest;
class StatsResponse;
class SummarizeRequest;
class SummarizeResponse;
class UnpricedRequest;
class UnpricedResponse;
class ListReratesResponse;
class Rerate;
class StartRerateRequest;
}  // namespace weir::v1

namespace weir::admin {

// Events that come as they are read; for one thread. Destroying it ends the query.
class EventStream {
 public:
  virtual ~EventStream() = default;
  // False at the end. Unavailable: usage went away in the middle. InvalidArgument at the first
  // call.
  virtual absl::StatusOr<bool> Next(weir::v1::ExportChunk& chunk) = 0;
};

// Thread-safe. Every error that is not the caller's own comes back as Unavailable: usage is away.
class UsageClient {
 public:
  // `security` must outlive the client.
  UsageClient(const std::string& target, const GrpcSecurity& security);
  ~UsageClient();

  // InvalidArgument with usage's own words.
  absl::Status ListEvents(const weir::v1::ListEventsRequest& request,
                          weir::v1::ListEventsResponse& response);
  // NotFound.
  absl::Status GetEvent(const std::string& id_bytes, weir::v1::GetEventResponse& response);
  // NotFound: none are recorded.
  absl::Status GetBodies(const std::string& id_bytes, weir::v1::GetBodiesResponse& response);
  absl::Status Summarize(const weir::v1::SummarizeRequest& request,
                         weir::v1::SummarizeResponse& response);
  absl::Status Series(const weir::v1::SeriesRequest& request, weir::v1::SeriesResponse& response);
  absl::Status Stats(const weir::v1::StatsRequest& request, weir::v1::StatsResponse& response);
  // Walks raw rows, so it may take a minute.
  absl::Status ServedDays(const weir::v1::ServedDaysRequest& request,
                          weir::v1::ServedDaysResponse& response);
  absl::Status Unpriced(const weir::v1::UnpricedRequest& request,
                        weir::v1::UnpricedResponse& response);
  absl::Status Conflicts(const weir::v1::ConflictsRequest& request,
                         weir::v1::ConflictsResponse& response);
  absl::Status StartRerate(const weir::v1::StartRerateRequest& request, weir::v1::Rerate& run);
  absl::Status ListRerates(weir::v1::ListReratesResponse& response);
  // NotFound.
  absl::Status GetRerate(std::int64_t id, weir::v1::Rerate& run);
  absl::Status CancelRerate(std::int64_t id, weir::v1::Rerate& run);
  // The client must outlive the stream.
  std::unique_ptr<EventStream> Export(const weir::v1::ExportRequest& request);
  // One standing for each budget asked for.
  absl::Status PeekBudgets(const weir::v1::PeekBudgetsRequest& request,
                           weir::v1::PeekBudgetsResponse& response);

  // When each was last used, in Unix ms; without those never used. A nicety of lists, so it waits
  // only a moment; Unavailable then.
  using LastUsedTimes = std::map<std::int64_t, std::int64_t>;
  absl::Status KeysLastUsed(const std::vector<std::int64_t>& ids, LastUsedTimes& times);
  absl::Status AccountsLastUsed(const std::vector<std::int64_t>& ids, LastUsedTimes& times);

  // What keys have spent in all. A nicety like the above.
  struct LifetimeSpend {
    std::int64_t nano_usd = 0;
    std::int64_t requests = 0;
  };
  absl::Status KeysSpent(const std::vector<std::int64_t>& ids,
                         std::map<std::int64_t, LifetimeSpend>& spent);

  // What keys, users, groups or accounts have used in a range (Unix ms). Those that used nothing
  // are left out.
  struct Use {
    std::int64_t requests = 0;
    std::int64_t errors = 0;
    std::int64_t tokens = 0;  // all kinds together
    std::int64_t cost_nano_usd = 0;
  };
  // Of a day it is quick whatever others have used.
  absl::Status UseOf(weir::v1::Dimension by, const std::vector<std::int64_t>& ids,
                     std::int64_t from_ms, std::int64_t to_ms, std::map<std::int64_t, Use>& uses);

  // OK when it answers.
  absl::Status Ping();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::admin
