// All records of a table at once, for what needs them together: prices, accounts.
#pragma once

#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"

namespace weir::admin {

// `after` is the store's: those behind an id, at most so many, by id.
template <class Record, class After>
absl::StatusOr<std::vector<Record>> AllOf(sql::Transaction& transaction, After after) {
  constexpr std::int64_t kAtOnce = 1000;
  std::vector<Record> all;
  while (true) {
    auto some = after(transaction, all.empty() ? 0 : all.back().id, kAtOnce);
    if (!some.ok()) return some.status();
    if (some->empty()) return all;
    std::move(some->begin(), some->end(), std::back_inserter(all));
  }
}

}  // namespace weir::admin
