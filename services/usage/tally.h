// How long requests took and how they ended: counts that add up, and their form in a row. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"

#include "services/usage/histogram.h"
#include "services/usage/usage_event.h"

namespace weir::usage {

inline constexpr std::int64_t kHourMs = 60 * 60 * 1000;

struct Tally {
  std::int64_t requests = 0;
  std::int64_t cache_hits = 0;
  // By bucket; of answers that an upstream gave and that did not fail.
  Counts latency_buckets;
  Counts first_token_buckets;
  Counts statuses;
  std::map<std::string, std::int64_t> error_classes;

  void Add(const UsageEvent& event);
  void Add(const Tally& other);

  bool operator==(const Tally&) const = default;
};

// Lines such as "s200=17". InvalidArgument: not written by us.
std::string EncodeTally(const Tally& tally);
absl::StatusOr<Tally> DecodeTally(std::string_view text);

// What tallies are kept of: all requests, those of an account, those of a model.
enum class TallyKind : std::int64_t { kAll = 0, kAccount = 4, kModel = 5 };

struct TallyKey {
  TallyKind kind = TallyKind::kAll;
  std::int64_t account_id = 0;
  std::string model;
  std::int64_t hour_unix_ms = 0;

  bool operator<(const TallyKey& other) const {
    return std::tie(hour_unix_ms, kind, account_id, model) <
           std::tie(other.hour_unix_ms, other.kind, other.account_id, other.model);
  }
};

// What `events` add to each.
std::map<TallyKey, Tally> TalliesOf(const std::vector<const UsageEvent*>& events);

}  // namespace weir::usage
