// Comma-separated values as RFC 4180 has them, in and out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace weir::admin {

// Appends one text, in quotes where it needs them. What a spreadsheet would take for a formula (it
// begins with = + - @, a tab or a carriage return) gets a ' before it, so that it stays text.
void AppendCsvText(std::string_view text, std::string& out);

struct CsvRow {
  std::size_t line = 1;  // where it begins, from 1
  std::vector<std::string> cells;
};

// All rows but empty ones; quoted cells may hold commas, quotes (twice) and line ends. A byte order
// mark at the beginning is passed over. InvalidArgument names the row of the first mistake: text
// that is not UTF-8, an open quote, something behind a closed one, more than `rows_max` rows.
absl::StatusOr<std::vector<CsvRow>> ParseCsv(std::string_view text, std::size_t rows_max);

}  // namespace weir::admin
