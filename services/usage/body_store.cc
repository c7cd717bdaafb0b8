#include "services/usage/body_store.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>

#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "libs/common/utf8.h"
#include "services/usage/day_partition.h"

namespace weir::usage {
namespace {

using sql::Blob;
using sql::Result;
using sql::Transaction;

constexpr std::int64_t kPieceBodies = 500;
constexpr std::chrono::milliseconds kPauseBetweenPieces{5};  // writers get their turn
constexpr std::size_t kSortedDaysMax = 400;
constexpr std::int64_t kKindMax = 4;
constexpr std::int64_t kTextBytesMax = 1 << 20;
constexpr std::size_t kFrameBytesMax = (1 << 20) + (1 << 16);
constexpr std::size_t kContentTypeBytesMax = 256;

constexpr std::string_view kInsert =
    "INSERT INTO usage_bodies (request_id, kind, key_id, user_id, group_id, content_type, zstd, "
    "text_bytes, original_bytes, cut, whole, is_binary, masked) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) "
    "ON CONFLICT (request_id, kind) DO NOTHING";
constexpr std::string_view kSelect =
    "SELECT request_id, kind, key_id, user_id, group_id, content_type, zstd, text_bytes, "
    "original_bytes, cut, whole, is_binary, masked FROM usage_bodies WHERE request_id = $1 "
    "ORDER BY kind";

std::vector<sql::Value> ValuesOf(const StoredBody& body) {
  return {Blob{body.request_id},
          body.kind,
          body.key_id,
          body.user_id,
          body.group_id,
          body.content_type,
          Blob{body.zstd},
          body.text_bytes,
          body.original_bytes,
          std::int64_t{body.cut},
          std::int64_t{body.whole},
          std::int64_t{body.binary},
          body.masked};
}

StoredBody FromRow(const sql::Row& row) {
  StoredBody body;
  std::size_t column = 0;
  body.request_id = row.Bytes(column++);
  body.kind = row.Int(column++);
  body.key_id = row.Int(column++);
  body.user_id = row.Int(column++);
  body.group_id = row.Int(column++);
  body.content_type = row.Text(column++);
  body.zstd = row.Bytes(column++);
  body.text_bytes = row.Int(column++);
  body.original_bytes = row.Int(column++);
  body.cut = row.Int(column++) != 0;
  body.whole = row.Int(column++) != 0;
  body.binary = row.Int(column++) != 0;
  body.masked = row.Int(column++);
  return body;
}

// " AND …" for each condition that is set, its values into `parameters`.
std::string ConditionsOf(const BodyFilter& filter, std::vector<sql::Value>& parameters) {
  std::string sql;
  const auto add = [&](std::string_view condition, sql::Value value) {
    parameters.push_back(std::move(value));
    StrAppend(sql, " AND ", condition, " $", parameters.size());
  };
  if (!filter.request_id.empty()) add("request_id =", Blob{filter.request_id});
  if (filter.from_unix_ms > 0) add("request_id >=", Blob{LeastId(filter.from_unix_ms)});
  if (filter.before_unix_ms > 0) add("request_id <", Blob{LeastId(filter.before_unix_ms)});
  if (filter.key_id != 0) add("key_id =", filter.key_id);
  if (filter.user_id != 0) add("user_id =", filter.user_id);
  if (filter.group_id != 0) add("group_id =", filter.group_id);
  return sql;
}

// Deletes the next of them from `cursor` on and moves it; how many went.
absl::StatusOr<std::int64_t> DeletePiece(Transaction& transaction, const BodyFilter& filter,
                                         Blob& cursor, bool& more) {
  std::vector<sql::Value> parameters = {cursor};
  const std::string conditions = ConditionsOf(filter, parameters);
  absl::StatusOr<Result> found =
      transaction.Execute(StrCat("SELECT request_id FROM usage_bodies WHERE request_id >= $1",
                                 conditions, " ORDER BY request_id LIMIT ", kPieceBodies),
                          parameters);
  if (!found.ok()) return found.status();
  more = static_cast<std::int64_t>(found->rows.size()) == kPieceBodies;
  if (found->rows.empty()) return 0;
  const Blob last{found->rows.back().Bytes(0)};
  parameters.emplace_back(last);
  absl::StatusOr<Result> deleted =
      transaction.Execute(StrCat("DELETE FROM usage_bodies WHERE request_id >= $1", conditions,
                                 " AND request_id <= $", parameters.size()),
                          parameters);
  if (!deleted.ok()) return deleted.status();
  cursor = last;
  return deleted->affected_rows;
}

absl::Status Unless(bool good, std::string_view what) {
  return good ? absl::OkStatus() : absl::InvalidArgumentError(std::string(what));
}

}  // namespace

absl::Status CheckBody(const StoredBody& body) {
  if (!IsUuid7(body.request_id)) return absl::InvalidArgumentError("request_id is no UUIDv7");
  if (body.kind < 1 || body.kind > kKindMax) return absl::InvalidArgumentError("unknown kind");
  if (body.key_id < 0 || body.user_id < 0 || body.group_id < 0 || body.masked < 0 ||
      body.original_bytes < 0) {
    return absl::InvalidArgumentError("a negative number");
  }
  if (body.text_bytes < 0 || body.text_bytes > kTextBytesMax || body.zstd.size() > kFrameBytesMax) {
    return absl::InvalidArgumentError("too large");
  }
  return Unless(body.content_type.size() <= kContentTypeBytesMax &&
                    IsValidUtf8(body.content_type) &&
                    body.content_type.find('\0') == std::string::npos,
                "content_type cannot be stored");
}

std::int64_t BodyStore::KeptFrom() const {
  if (retention_days_ == 0) return 0;
  return std::max<std::int64_t>(DayOf(clock_.NowUnixMs()).begin_unix_ms - retention_days_ * kDayMs,
                                0);
}

absl::StatusOr<BodiesInserted> BodyStore::Insert(const std::vector<StoredBody>& bodies) {
  const std::int64_t kept_from = KeptFrom();
  std::vector<std::string_view> ids;
  for (const StoredBody& body : bodies) {
    if (UnixMsOfId(body.request_id) >= kept_from) ids.emplace_back(body.request_id);
  }
  partitions_.PrepareForIds(ids);
  BodiesInserted result;
  absl::Status status = database_.Transact([&](Transaction& transaction) {
    result = {};
    for (const StoredBody& body : bodies) {
      if (UnixMsOfId(body.request_id) < kept_from) {
        ++result.too_old;
        continue;
      }
      absl::StatusOr<Result> inserted = transaction.Execute(kInsert, ValuesOf(body));
      if (!inserted.ok()) return inserted.status();
      ++(inserted->affected_rows > 0 ? result.inserted : result.duplicates);
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return result;
}

absl::StatusOr<std::vector<StoredBody>> BodyStore::Get(const std::string& request_id) {
  absl::StatusOr<Result> found = database_.Query(kSelect, {Blob{request_id}});
  if (!found.ok()) return found.status();
  std::vector<StoredBody> bodies;
  for (const sql::Row& row : found->rows) bodies.push_back(FromRow(row));
  return bodies;
}

absl::StatusOr<std::int64_t> BodyStore::DeleteRows(const BodyFilter& filter, const Gone& gone) {
  std::int64_t deleted = 0;
  Blob cursor{std::string()};
  for (bool more = true; more;) {
    if (gone()) return absl::CancelledError("the caller is gone");
    std::int64_t piece = 0;
    Blob next = cursor;
    absl::Status status = database_.Transact([&](Transaction& transaction) {
      next = cursor;
      absl::StatusOr<std::int64_t> done = DeletePiece(transaction, filter, next, more);
      piece = done.value_or(0);
      return done.status();
    });
    if (!status.ok()) return status;
    cursor = next;
    deleted += piece;
    if (more) std::this_thread::sleep_for(kPauseBetweenPieces);
  }
  return deleted;
}

absl::StatusOr<BodiesDeleted> BodyStore::Delete(const BodyFilter& filter, const Gone& gone) {
  if (filter == BodyFilter{}) {
    return absl::InvalidArgumentError("say which: by time, request, key, user or group");
  }
  absl::StatusOr<std::int64_t> deleted = DeleteRows(filter, gone);
  if (!deleted.ok()) return deleted.status();
  return BodiesDeleted{.deleted = *deleted};
}

absl::StatusOr<BodiesDeleted> BodyStore::DeleteBefore(std::int64_t unix_ms, const Gone& gone) {
  BodiesDeleted result;
  if (unix_ms <= 0) return result;
  absl::StatusOr<std::int64_t> dropped = partitions_.DropBefore(unix_ms);
  if (!dropped.ok()) return dropped.status();
  result.partitions_dropped = *dropped;
  absl::StatusOr<std::int64_t> deleted = DeleteRows({.before_unix_ms = unix_ms}, gone);
  if (!deleted.ok()) return deleted.status();
  result.deleted = *deleted;
  return result;
}

absl::StatusOr<BodiesDeleted> BodyStore::ApplyRetention(const Gone& gone) {
  if (absl::StatusOr<std::int64_t> sorted = partitions_.SortDefault(kSortedDaysMax); !sorted.ok()) {
    return sorted.status();
  }
  return DeleteBefore(KeptFrom(), gone);
}

}  // namespace weir::usage
