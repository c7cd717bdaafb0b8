// Price lists as text: a header row of names, then one model a row, USD per million tokens.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "services/admin/model/types.h"

namespace weir::admin {

// Columns in any order: provider, model, input and output are needed; cache_read, cache_write_5m,
// cache_write_1h, tier_above_input_tokens, tier_input, tier_output, tier_cache_read,
// effective_from (RFC 3339), mode and free are known; context_tokens and max_output_tokens are
// passed over, any other name is an error. An empty field means "not priced apart"; input is always
// needed, output too but where mode is embedding. Lists write 0 for what they do not know: a model
// whose input and output cost nothing is refused unless `free` says yes. Lines that start with #
// are comments. The prices have no ids yet.
// InvalidArgument names each wrong line (the first twenty) as a field `line 12`, so too a line that
// is not UTF-8.
absl::StatusOr<std::vector<Price>> ParsePriceCsv(std::string_view text);

// The same as text, with the header row.
std::string FormatPriceCsv(const std::vector<Price>& prices);

}  // namespace weir::admin
