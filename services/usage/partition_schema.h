// From plain tables to tables cut by day: a step of the schema on PostgreSQL.
#pragma once

#include "absl/status/status.h"

#include "libs/common/sql/database.h"

namespace weir::usage {

// Makes usage_events and usage_attempts partitioned tables. Rows stay where they are: the old table
// becomes the partition of all days until today, so that the step takes as long as reading it once.
// Its indexes are adopted when the same ones are made on the new table. OK and nothing on SQLite.
absl::Status PartitionByDay(sql::Transaction& transaction);

// Makes usage_corrections, lines beside events. On PostgreSQL with the partitions that usage_events
// has, on SQLite a plain table.
absl::Status MakeCorrections(sql::Transaction& transaction);

}  // namespace weir::usage
