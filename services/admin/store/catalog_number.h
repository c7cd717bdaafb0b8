// Whether what models, prices and settings are made of has changed: answers made of all of it are
// worth keeping for as long as it has not.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"

#include "services/admin/store/store.h"

namespace weir::admin {

// Names one state of all accounts, groups, prices and settings: the last revision that changed one
// of them. Those of different lineages are never the same.
struct CatalogNumber {
  std::string lineage;
  std::int64_t revision = 0;  // 0 = not known; same as none, itself included
  bool SameAs(const CatalogNumber& other) const {
    return revision != 0 && revision == other.revision && lineage == other.lineage;
  }
};

// Thread-safe. Remembers how far it has looked, so that it looks at each change once.
class CatalogNumbers {
 public:
  // Of the state that this transaction sees, which must see one state throughout (Store::Read).
  absl::StatusOr<CatalogNumber> Look(sql::Transaction& transaction);

 private:
  // What is known when the database stands at `revision`; nothing of changes that it no longer has.
  CatalogNumber Known(const Revision& revision, std::int64_t& look_from) const;

  mutable std::mutex mutex_;
  CatalogNumber number_;
  std::int64_t looked_to_ = 0;  // revision
};

}  // namespace weir::admin
