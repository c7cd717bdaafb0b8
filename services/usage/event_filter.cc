#include "services/usage/event_filter.h"

#include <bit>

#include "absl/status/statusor.h"

#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "services/usage/rollups.h"

namespace weir::usage {
namespace {

// `text` for LIKE … ESCAPE '!', as a part that may stand anywhere. (A backslash would mean
// something of its own to PostgreSQL.)
std::string LikePattern(std::string_view text) {
  std::string pattern = "%";
  for (char c : text) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  return pattern + "%";
}

void AddSearch(std::string_view search, WhereBuilder& where) {
  if (const absl::StatusOr<std::string> id = UuidFromText(search); id.ok()) {
    where.And(StrCat("id = ", where.Parameter(sql::Blob{*id})));
    return;
  }
  const std::string pattern = where.Parameter(LikePattern(search));
  std::string any;
  for (std::string_view column : {"key_name", "account_name", "model"}) {
    StrAppend(any, any.empty() ? "(" : " OR ", "LOWER(", column, ") LIKE LOWER(", pattern,
              ") ESCAPE '!'");
  }
  where.And(any + ")");
}

void AddDimensions(const EventFilter& filter, WhereBuilder& where) {
  where.AndIn("user_id", filter.user_ids);
  where.AndIn("key_id", filter.key_ids);
  where.AndIn("group_id", filter.group_ids);
  where.AndIn("account_id", filter.account_ids);
  where.AndIn("model", filter.models);
}

}  // namespace

std::string WhereBuilder::Parameter(sql::Value value) {
  parameters_.push_back(std::move(value));
  return StrCat("$", parameters_.size());
}

void WhereBuilder::And(std::string_view condition) {
  StrAppend(conditions_, conditions_.empty() ? "" : " AND ", condition);
}

template <typename T>
void WhereBuilder::AndInImpl(std::string_view column, const std::vector<T>& values) {
  if (values.empty()) return;
  std::string list;
  for (std::size_t i = 0; i < std::bit_ceil(values.size()); ++i) {
    const T& value = i < values.size() ? values[i] : values.back();
    StrAppend(list, list.empty() ? "" : ", ", Parameter(value));
  }
  And(StrCat(column, " IN (", list, ")"));
}

void WhereBuilder::AndIn(std::string_view column, const std::vector<std::int64_t>& values) {
  AndInImpl(column, values);
}

void WhereBuilder::AndIn(std::string_view column, const std::vector<std::string>& values) {
  AndInImpl(column, values);
}

std::string WhereBuilder::Clause() const {
  return conditions_.empty() ? "" : StrCat("WHERE ", conditions_);
}

void AddEventConditions(const EventFilter& filter, WhereBuilder& where) {
  if (filter.from_unix_ms != 0) {
    where.And(StrCat("started_at_unix_ms >= ", where.Parameter(filter.from_unix_ms)));
  }
  if (filter.to_unix_ms != 0) {
    where.And(StrCat("started_at_unix_ms < ", where.Parameter(filter.to_unix_ms)));
  }
  AddDimensions(filter, where);
  where.AndIn("status", filter.statuses);
  where.AndIn("error_class", filter.error_classes);
  if (filter.only_errors) where.And("failed = 1");
  if (!filter.search.empty()) AddSearch(filter.search, where);
}

void AddQuarterConditions(const EventFilter& filter, WhereBuilder& where) {
  if (filter.from_unix_ms != 0) {
    const std::int64_t first = filter.from_unix_ms - filter.from_unix_ms % kQuarterMs;
    where.And(StrCat("quarter_unix_ms >= ", where.Parameter(first)));
  }
  if (filter.to_unix_ms != 0) {
    where.And(StrCat("quarter_unix_ms < ", where.Parameter(filter.to_unix_ms)));
  }
  AddDimensions(filter, where);
}

}  // namespace weir::usage
