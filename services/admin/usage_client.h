// Asks the usage service. Blocks at most the deadline of each call.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/grpc_security.h"
#include "services/admin/away_memory.h"

namespace weir::v1 {
enum Dimension : int;
class ConflictsRequest;
class ConflictsResponse;
class ErrorsRequest;
class ErrorsResponse;
class ExportChunk;
class ExportRequest;
class GetBodiesResponse;
class GetEventResponse;
class ListEventsRequest;
class ListEventsResponse;
class LastUsedRequest;
class LastUsedResponse;
class LatencyRequest;
class LatencyResponse;
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
class OverheadsResponse;
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
  using Moment = std::chrono::system_clock::time_point;

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
  absl::Status Errors(const weir::v1::ErrorsRequest& request, weir::v1::ErrorsResponse& response);
  absl::Status Latency(const weir::v1::LatencyRequest& request,
                       weir::v1::LatencyResponse& response);
  absl::Status Stats(const weir::v1::StatsRequest& request, weir::v1::StatsResponse& response);
  // Walks raw rows, so it may take a minute.
  absl::Status ServedDays(const weir::v1::ServedDaysRequest& request,
                          weir::v1::ServedDaysResponse& response);
  absl::Status Unpriced(const weir::v1::UnpricedRequest& request,
                        weir::v1::UnpricedResponse& response);
  absl::Status Conflicts(const weir::v1::ConflictsRequest& request,
                         weir::v1::ConflictsResponse& response);
  // A nicety: waits only a moment.
  absl::Status Overheads(weir::v1::OverheadsResponse& response);
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

  // The same, and when keys and accounts were last used, until a moment of the caller's
  // (UsageGlance).
  absl::Status ListEvents(const weir::v1::ListEventsRequest& request,
                          weir::v1::ListEventsResponse& response, Moment until);
  absl::Status Series(const weir::v1::SeriesRequest& request, weir::v1::SeriesResponse& response,
                      Moment until);
  absl::Status Summarize(const weir::v1::SummarizeRequest& request,
                         weir::v1::SummarizeResponse& response, Moment until);
  absl::Status PeekBudgets(const weir::v1::PeekBudgetsRequest& request,
                           weir::v1::PeekBudgetsResponse& response, Moment until);
  absl::Status LastUsed(const weir::v1::LastUsedRequest& request,
                        weir::v1::LastUsedResponse& response, Moment until);

  // What all answers of this process know of its silence.
  AwayMemory& away();

  // OK when it answers.
  absl::Status Ping();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::admin
