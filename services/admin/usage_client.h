// Asks the usage service. Blocks at most the deadline of each call.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "libs/common/grpc_security.h"

namespace weir::v1 {
class GetEventResponse;
class ListEventsRequest;
class ListEventsResponse;
class SummarizeRequest;
class SummarizeResponse;
}  // namespace weir::v1

namespace weir::admin {

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
  absl::Status Summarize(const weir::v1::SummarizeRequest& request,
                         weir::v1::SummarizeResponse& response);

  // When each was last used, in Unix ms; without those never used. A nicety of lists, so it waits
  // only a moment; Unavailable then.
  using LastUsedTimes = std::map<std::int64_t, std::int64_t>;
  absl::Status KeysLastUsed(const std::vector<std::int64_t>& ids, LastUsedTimes& times);
  absl::Status AccountsLastUsed(const std::vector<std::int64_t>& ids, LastUsedTimes& times);

  // What accounts have served since a moment.
  struct AccountUse {
    std::int64_t requests = 0;
    std::int64_t errors = 0;
    std::int64_t tokens = 0;  // all kinds together
    std::int64_t cost_nano_usd = 0;
  };
  absl::Status AccountsUse(const std::vector<std::int64_t>& ids, std::int64_t from_ms,
                           std::map<std::int64_t, AccountUse>& use);

  // OK when it answers.
  absl::Status Ping();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::admin
