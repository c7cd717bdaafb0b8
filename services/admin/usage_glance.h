// Figures of usage that an answer goes out without, or not at all, rather than late.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/status.h"

namespace weir::v1 {
enum Dimension : int;
class LastUsedRequest;
class LastUsedResponse;
class PeekBudgetsRequest;
class PeekBudgetsResponse;
class ListEventsRequest;
class ListEventsResponse;
class SeriesRequest;
class SeriesResponse;
class SummarizeRequest;
class SummarizeResponse;
class SummaryRow;
}  // namespace weir::v1

namespace weir::admin {

class UsageClient;

// What keys, users, groups or accounts have used in a range.
struct Use {
  std::int64_t requests = 0;
  std::int64_t errors = 0;
  std::int64_t tokens = 0;  // all kinds together
  std::int64_t cost_nano_usd = 0;
};

// The key, user, group or account that a row asked for by it is about.
std::int64_t SubjectId(weir::v1::Dimension by, const weir::v1::SummaryRow& row);

// What a key has spent in all.
struct LifetimeSpend {
  std::int64_t nano_usd = 0;
  std::int64_t requests = 0;
};

// One answer's questions, for one thread. All together they wait for kWaitMs: what is asked later
// is Unavailable, and so is everything after the first that did not answer, and everything for a
// moment (AwayMemory) after an answer that got nothing.
class UsageGlance {
 public:
  static constexpr std::int64_t kWaitMs = 500;
  // Where the figures are what was asked for, and there is no answer without them. It may be much
  // that is asked for then, so only the silence after what costs usage little (when keys were used
  // last, how budgets stand) is remembered: no single key may keep figures from everybody.
  static constexpr std::int64_t kAskedForWaitMs = 2'000;

  // `usage` must outlive it.
  explicit UsageGlance(UsageClient& usage, std::int64_t wait_ms = kWaitMs);

  // When each was last used, in Unix ms; without those never used.
  using LastUsedTimes = std::map<std::int64_t, std::int64_t>;
  absl::Status KeysLastUsed(const std::vector<std::int64_t>& ids, LastUsedTimes& times);
  absl::Status AccountsLastUsed(const std::vector<std::int64_t>& ids, LastUsedTimes& times);

  absl::Status KeysSpent(const std::vector<std::int64_t>& ids,
                         std::map<std::int64_t, LifetimeSpend>& spent);

  // In a range of Unix ms; those that used nothing are left out. What others have used does not
  // make it longer.
  absl::Status UseOf(weir::v1::Dimension by, const std::vector<std::int64_t>& ids,
                     std::int64_t from_ms, std::int64_t to_ms, std::map<std::int64_t, Use>& uses);

  absl::Status Series(const weir::v1::SeriesRequest& request, weir::v1::SeriesResponse& response);
  absl::Status Summarize(const weir::v1::SummarizeRequest& request,
                         weir::v1::SummarizeResponse& response);
  absl::Status ListEvents(const weir::v1::ListEventsRequest& request,
                          weir::v1::ListEventsResponse& response);
  // One standing for each budget asked for.
  absl::Status PeekBudgets(const weir::v1::PeekBudgetsRequest& request,
                           weir::v1::PeekBudgetsResponse& response);

 private:
  enum class Effort { kLittle, kMuch };  // of usage
  template <typename Question>
  absl::Status Ask(Effort effort, Question question);

  UsageClient& usage_;
  const std::chrono::system_clock::time_point until_;
  const bool decorates_;  // nothing was asked for that could be much
  absl::Status away_;     // not OK: it has not answered
  bool answered_ = false;
};

}  // namespace weir::admin
