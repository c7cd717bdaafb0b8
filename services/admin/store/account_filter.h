// What narrows a list of accounts by more than a column says.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/admin/store/table.h"

namespace weir::admin::account_filter {

// A credential that ends within this, and that nobody renews, is for somebody to look at.
inline constexpr std::int64_t kExpiresSoonMs = 3LL * 24 * 3600 * 1000;

// That serve this moment, `now` the marker of the time: cooldowns end by themselves, so the stored
// word is not enough.
std::string NormalNow(std::string_view now);

// Somebody should look at it: out or limited this moment, or its credential ends soon. Disabled
// ones are out because somebody wanted it.
Condition NeedsAttention(bool needed, std::int64_t now_ms);

// More different lists of models than this are not looked at.
inline constexpr std::int64_t kModelListsMax = 20'000;

// That serve this model, asked for as routes leave it: by their own models, or those of their tier.
// InvalidArgument: accounts have more different lists of models than can be looked at.
absl::StatusOr<Condition> ServesModel(sql::Transaction& transaction, std::string_view model,
                                      std::int64_t lists_max = kModelListsMax);

}  // namespace weir::admin::account_filter
