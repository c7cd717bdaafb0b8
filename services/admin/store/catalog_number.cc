#include "services/admin/store/catalog_number.h"

#include <algorithm>
#include <utility>

namespace weir::admin {
namespace {

// Of the revisions after `after`; 0 = none of them.
absl::StatusOr<std::int64_t> LastOfCatalog(sql::Transaction& transaction, std::int64_t after) {
  const auto rows = transaction.Execute(
      "SELECT COALESCE(MAX(revision), 0) FROM changes "
      "WHERE revision > $1 AND kind IN ($2, $3, $4, $5)",
      {after, static_cast<std::int64_t>(ResourceKind::kGroup),
       static_cast<std::int64_t>(ResourceKind::kAccount),
       static_cast<std::int64_t>(ResourceKind::kPrice),
       static_cast<std::int64_t>(ResourceKind::kSettings)});
  if (!rows.ok()) return rows.status();
  return rows->rows.at(0).Int(0);
}

}  // namespace

CatalogNumber CatalogNumbers::Known(const Revision& revision, std::int64_t& look_from) const {
  const std::lock_guard lock(mutex_);
  look_from = looked_to_;
  const bool followed = number_.lineage == revision.lineage && looked_to_ >= revision.covers_from;
  // Nobody has looked yet, or some changes are gone: as if the last one had changed it.
  if (!followed) return {revision.lineage, revision.number};
  if (revision.number >= number_.revision) return number_;
  return {revision.lineage, 0};  // a state of before; which one is not worth finding out
}

absl::StatusOr<CatalogNumber> CatalogNumbers::Look(sql::Transaction& transaction) {
  const auto revision = ReadRevision(transaction);
  if (!revision.ok()) return revision.status();
  std::int64_t look_from = 0;
  CatalogNumber number = Known(*revision, look_from);
  const bool unlooked = number.revision != revision->number && revision->number > look_from;
  if (number.revision != 0 && unlooked) {
    const auto last = LastOfCatalog(transaction, look_from);
    if (!last.ok()) return last.status();
    number.revision = std::max(number.revision, *last);
  }
  const std::lock_guard lock(mutex_);
  const bool newer = number_.lineage != revision->lineage || revision->number > looked_to_;
  if (newer && number.revision != 0) {
    number_ = number;
    looked_to_ = revision->number;
  }
  return number;
}

}  // namespace weir::admin
