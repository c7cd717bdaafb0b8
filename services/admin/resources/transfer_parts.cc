#include "services/admin/resources/transfer_parts.h"

#include <utility>

#include "libs/common/text.h"
#include "services/admin/model/problem.h"
#include "services/admin/store/group_store.h"

namespace weir::admin {

absl::StatusOr<std::optional<TransferSeal>> SealFor(const std::optional<Secret>& passphrase) {
  if (!passphrase.has_value()) return std::optional<TransferSeal>();
  auto seal = TransferSeal::Create(*passphrase);
  if (seal.ok()) return std::optional<TransferSeal>(*std::move(seal));
  if (!absl::IsInvalidArgument(seal.status())) return seal.status();
  FieldErrors errors;
  errors.Add("passphrase", View(seal.status().message()));
  return errors.ToStatus();
}

namespace {

constexpr std::int64_t kRowsAtOnce = 500;

}  // namespace

absl::StatusOr<GroupNames> NamesOfGroups(sql::Transaction& transaction) {
  GroupNames names;
  std::int64_t last_id = 0;
  while (true) {
    auto groups = group_store::After(transaction, last_id, kRowsAtOnce);
    if (!groups.ok()) return groups.status();
    for (const Group& group : *groups) names[last_id = group.id] = group.name;
    if (static_cast<std::int64_t>(groups->size()) < kRowsAtOnce) return names;
  }
}

}  // namespace weir::admin
