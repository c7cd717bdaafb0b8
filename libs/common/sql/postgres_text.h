// Values in the text forms that PostgreSQL reads: rows of COPY, elements of arrays. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"

namespace weir::sql {

// One line of COPY's text format, without its newline, behind what `out` has. InvalidArgument when
// a text has a NUL byte; part of the row may be in `out` then.
absl::Status AppendCopyRow(const std::vector<Value>& row, std::string& out);

// One column of many rows, for a parameter such as $1::bigint[].
struct ArrayParameter {
  std::string text;       // {1,2,3}
  std::string_view type;  // of the array: bigint[]
};

// InvalidArgument when a text has a NUL byte, Internal when the rows do not agree on the type. At
// least one row, and no nulls: an array cannot tell its type by them.
absl::StatusOr<ArrayParameter> ColumnAsArray(const std::vector<std::vector<Value>>& rows,
                                             std::size_t column);

}  // namespace weir::sql
