#include "services/relay/account_gauges.h"

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "libs/common/clock.h"
#include "services/relay/snapshot/snapshot_tables.h"

namespace weir::relay {
namespace {

// The words of the label, by what an account is as a whole; `model_resting` are those that are well
// but for some of their models.
constexpr std::array<std::string_view, 7> kWords = {
    "normal", "model_resting", "resting", "half_open", "probing", "rejected", "disabled"};

std::string_view WordOf(const Account& account, std::int64_t now_unix_ms) {
  if (account.status == AccountStatus::kDisabled) return "disabled";
  if (account.status == AccountStatus::kAccountException) return "rejected";
  switch (account.health->Check({}, now_unix_ms).standing) {
    case AccountHealth::Standing::kRejected:
      return "rejected";
    case AccountHealth::Standing::kResting:
      return "resting";
    case AccountHealth::Standing::kHalfOpen:
      return "half_open";
    case AccountHealth::Standing::kProbing:
      return "probing";
    case AccountHealth::Standing::kWell:
      break;
  }
  return account.health->AnyModelRests(now_unix_ms) ? "model_resting" : "normal";
}

double Count(const SnapshotHolder& snapshots, std::string_view word) {
  const std::shared_ptr<const Snapshot> snapshot = snapshots.Get();
  if (snapshot == nullptr) return 0;
  const std::int64_t now_unix_ms = UnixMs();
  double count = 0;
  snapshot->tables().accounts->ForEach([&](const std::shared_ptr<const Account>& account) {
    if (WordOf(*account, now_unix_ms) == word) ++count;
  });
  return count;
}

}  // namespace

void AddAccountGauges(Metrics& metrics, const SnapshotHolder& snapshots) {
  for (const std::string_view word : kWords) {
    metrics.AddSampled(Metrics::SampledKind::kGauge, "weir_relay_accounts",
                       "Accounts by how they stand on this relay.",
                       {{"standing", std::string(word)}},
                       [&snapshots, word] { return Count(snapshots, word); });
  }
}

}  // namespace weir::relay
