// What a provider says was used: its usage export, or a plain table, read into counts by day, model
// and account, and the comparison with the ledger. Pure.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"

namespace weir::admin {

enum UseCount {
  kRequests,
  kInputTokens,  // without those from a cache
  kOutputTokens,
  kCacheReadTokens,
  kCacheWrite5mTokens,
  kCacheWrite1hTokens,
  kCostNanoUsd,
  kUseCounts,  // how many there are
};

// Names of fields, in that order.
inline constexpr std::array<std::string_view, kUseCounts> kUseCountNames = {
    "requests",          "input_tokens",          "output_tokens",
    "cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
    "cost_nano_usd"};

using UseCounts = std::array<std::int64_t, kUseCounts>;
using KnownCounts = std::bitset<kUseCounts>;

// What is compared: models without the date at their end, so that an alias meets its version.
struct UseKey {
  std::int64_t day_unix_ms = 0;  // the first moment of a UTC day
  std::string model;
  std::string account;  // as the file names it; empty when it names none

  bool operator<(const UseKey& other) const {
    return std::tie(day_unix_ms, model, account) <
           std::tie(other.day_unix_ms, other.model, other.account);
  }
};

enum class UseForm { kOpenai, kAnthropic, kPlain };

struct ProviderUse {
  UseForm form = UseForm::kPlain;
  KnownCounts known;          // which counts the file has columns for
  bool has_accounts = false;  // the file has a column for them
  std::map<UseKey, UseCounts> rows;
};

// The form goes by the names in the first row; docs/reports.md lists the columns of each.
// InvalidArgument names what cannot be read as "line 12, column input_tokens: …".
absl::StatusOr<ProviderUse> ParseProviderUse(std::string_view csv);

// "claude-sonnet-4-5-20250929" -> "claude-sonnet-4-5", "gpt-4o-2024-08-06" -> "gpt-4o".
std::string ModelWithoutDate(std::string_view model);

enum class UseMatch { kSame, kDiffers, kOnlyInFile, kOnlyInLedger };

struct UseDifference {
  UseKey key;
  UseMatch match = UseMatch::kSame;
  UseCounts file = {};
  UseCounts ledger = {};
};

// By key; of the counts that `known` has.
std::vector<UseDifference> CompareUse(const std::map<UseKey, UseCounts>& file,
                                      const std::map<UseKey, UseCounts>& ledger,
                                      const KnownCounts& known);

}  // namespace weir::admin
