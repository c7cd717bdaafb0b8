// Price lists as text: a header row of names, then one model a row, USD per million tokens.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "services/admin/model/price_fields.h"

namespace weir::admin {

// Columns in any order: provider, model, input and output are needed; cache_read, cache_write_5m,
// cache_write_1h, tier_above_input_tokens, tier_input, tier_output, tier_cache_read,
// tier_cache_write_5m, tier_cache_write_1h, max_output_tokens, aliases (names with ; between them),
// effective_from (RFC 3339), mode and free are known; context_tokens is passed over, any other name
// is an error. An empty field means "not priced apart"; input is always needed, output
// too but where mode is embedding. Lists write 0 for what they do not know: a model whose input and
// output cost nothing is refused unless `free` says yes. Lines that start with # are comments. The
// prices have no ids yet. Rows that are wrong are refused, the first mistake of each.
// InvalidArgument: the first line.
absl::StatusOr<PriceFile> ReadPriceCsv(std::string_view text);

// The same for who takes all rows or none: InvalidArgument names each wrong line (the first twenty)
// as a field `line 12`.
absl::StatusOr<std::vector<PriceRow>> ParsePriceCsv(std::string_view text);

// The same as text, with the header row.
std::string FormatPriceCsv(const std::vector<Price>& prices);

}  // namespace weir::admin
