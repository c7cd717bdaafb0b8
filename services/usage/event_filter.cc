#include "services/usage/event_filter.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "absl/status/statusor.h"

#include "libs/common/ids.h"
#include "libs/common/operation.h"
#include "libs/common/text.h"
#include "services/usage/day_partition.h"
#include "services/usage/sum_model.h"

namespace weir::usage {
namespace {

// `text` for LIKE … ESCAPE '!', where it stands for itself. (A backslash would mean something of
// its own to PostgreSQL.)
std::string LikeText(std::string_view text) {
  std::string pattern;
  for (char c : text) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  return pattern;
}

// As a part that may stand anywhere.
std::string LikePattern(std::string_view text) { return StrCat("%", LikeText(text), "%"); }

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

// Addresses are stored as text, in one spelling each.
void AddClientIp(std::string_view client_ip, WhereBuilder& where) {
  if (client_ip.ends_with('.') || client_ip.ends_with(':')) {
    where.And(StrCat("client_ip LIKE ", where.Parameter(LikeText(client_ip) + "%"), " ESCAPE '!'"));
  } else {
    where.And(StrCat("client_ip = ", where.Parameter(std::string(client_ip))));
  }
}

// Said in words, not as a parameter: the index of tests is for this word alone.
void AddSource(EventSource source, WhereBuilder& where) {
  if (source == EventSource::kAny) return;
  const std::string_view is = source == EventSource::kTest ? " = '" : " <> '";
  where.And(StrCat("operation", is, operation::kAccountTest, "'"));
}

// An id's time is its event's, but for some skew.
void AddIdRange(const EventFilter& filter, WhereBuilder& where) {
  const std::int64_t from = filter.from_unix_ms - kIdSkewMsMax;
  if (filter.from_unix_ms != 0 && from > 0) {
    where.And(StrCat("id >= ", where.Parameter(sql::Blob{LeastId(from)})));
  }
  if (filter.to_unix_ms > 0) {
    const std::int64_t to = std::min(filter.to_unix_ms, kIdUnixMsMax - kIdSkewMsMax) + kIdSkewMsMax;
    where.And(StrCat("id < ", where.Parameter(sql::Blob{LeastId(to)})));
  }
}

void AddIds(const EventFilter& filter, WhereBuilder& where) {
  where.AndIn("user_id", filter.user_ids);
  where.AndIn("key_id", filter.key_ids);
  where.AndIn("group_id", filter.group_ids);
  where.AndIn("account_id", filter.account_ids);
}

// Rows have the name that was asked for; those that sums count as unknown are told by their class.
void AddModels(const EventFilter& filter, WhereBuilder& where) {
  if (!NamesUnknownModel(filter)) return where.AndIn("model", filter.models);
  const std::string named = where.In("model", filter.models);
  where.And(StrCat("(", named, " OR (account_id = 0 AND ",
                   where.In("error_class", UnknownModelClasses()), "))"));
}

void AddFlag(std::string_view column, const std::optional<bool>& flag, WhereBuilder& where) {
  if (flag.has_value()) where.And(StrCat(column, " = ", *flag ? "1" : "0"));
}

// Said in words: the index of sessions is for those that there are.
void AddSessions(const std::vector<std::int64_t>& sessions, WhereBuilder& where) {
  if (sessions.empty()) return;
  where.And("session <> 0");
  where.AndIn("session", sessions);
}

void AddAtLeast(std::string_view column, std::int64_t min, WhereBuilder& where) {
  if (min > 0) where.And(StrCat(column, " >= ", where.Parameter(min)));
}

}  // namespace

bool OnlyFailures(const EventFilter& filter) {
  const bool errors =
      !filter.statuses.empty() && std::all_of(filter.statuses.begin(), filter.statuses.end(),
                                              [](std::int64_t status) { return status >= 400; });
  return errors || (filter.complete.has_value() && !*filter.complete);
}

bool NamesUnknownModel(const EventFilter& filter) {
  return std::find(filter.models.begin(), filter.models.end(), kUnknownModel) !=
         filter.models.end();
}

std::string WhereBuilder::Parameter(sql::Value value) {
  parameters_.push_back(std::move(value));
  return StrCat("$", parameters_.size());
}

void WhereBuilder::And(std::string_view condition) {
  StrAppend(conditions_, conditions_.empty() ? "" : " AND ", condition);
}

template <typename T>
std::string WhereBuilder::InImpl(std::string_view column, const std::vector<T>& values) {
  std::string list;
  for (std::size_t i = 0; i < std::bit_ceil(values.size()); ++i) {
    const T& value = i < values.size() ? values[i] : values.back();
    StrAppend(list, list.empty() ? "" : ", ", Parameter(value));
  }
  return StrCat(column, " IN (", list, ")");
}

template <typename T>
void WhereBuilder::AndInImpl(std::string_view column, const std::vector<T>& values) {
  if (!values.empty()) And(InImpl(column, values));
}

std::string WhereBuilder::In(std::string_view column, const std::vector<std::string>& values) {
  return InImpl(column, values);
}

void WhereBuilder::AndIn(std::string_view column, const std::vector<std::int64_t>& values) {
  AndInImpl(column, values);
}

void WhereBuilder::AndIn(std::string_view column, const std::vector<std::string>& values) {
  AndInImpl(column, values);
}

void WhereBuilder::AndIn(std::string_view column, const std::vector<sql::Blob>& values) {
  AndInImpl(column, values);
}

std::string WhereBuilder::TakeClause() {
  std::string clause = Clause();
  conditions_.clear();
  return clause;
}

std::string WhereBuilder::Clause() const {
  return conditions_.empty() ? "" : StrCat("WHERE ", conditions_);
}

void AddDimensions(const EventFilter& filter, WhereBuilder& where) {
  AddIds(filter, where);
  where.AndIn("model", filter.models);
}

void AddEventConditions(const EventFilter& filter, sql::SqlDialect dialect, WhereBuilder& where) {
  if (filter.from_unix_ms != 0) {
    where.And(StrCat("started_at_unix_ms >= ", where.Parameter(filter.from_unix_ms)));
  }
  if (filter.to_unix_ms != 0) {
    where.And(StrCat("started_at_unix_ms < ", where.Parameter(filter.to_unix_ms)));
  }
  if (dialect == sql::SqlDialect::kPostgres) AddIdRange(filter, where);
  AddIds(filter, where);
  AddModels(filter, where);
  where.AndIn("status", filter.statuses);
  where.AndIn("error_class", filter.error_classes);
  if (filter.only_errors || OnlyFailures(filter)) where.And("failed = 1");
  if (filter.only_cache_hits) where.And("cache_hit = 1");
  where.AndIn("served_model", filter.served_models);
  where.AndIn("dialect", filter.dialects);
  AddFlag("complete", filter.complete, where);
  AddFlag("stream", filter.stream, where);
  AddFlag("retried", filter.retried, where);
  AddAtLeast("latency_ms", filter.latency_ms_min, where);
  AddAtLeast("cost_nano_usd", filter.cost_nano_usd_min, where);
  AddSessions(filter.sessions, where);
  AddSource(filter.source, where);
  if (!filter.id.empty()) where.And(StrCat("id = ", where.Parameter(sql::Blob{filter.id})));
  if (!filter.client_ip.empty()) AddClientIp(filter.client_ip, where);
  if (!filter.user_agent.empty()) {
    where.And(StrCat("LOWER(user_agent) LIKE LOWER(",
                     where.Parameter(LikePattern(filter.user_agent)), ") ESCAPE '!'"));
  }
  if (!filter.search.empty()) AddSearch(filter.search, where);
}

bool HasLogConditions(const EventFilter& filter) {
  WhereBuilder where;
  EventFilter rest = filter;
  rest.from_unix_ms = rest.to_unix_ms = 0;
  for (std::vector<std::int64_t>* ids :
       {&rest.user_ids, &rest.key_ids, &rest.group_ids, &rest.account_ids}) {
    ids->clear();
  }
  rest.models.clear();
  AddEventConditions(rest, sql::SqlDialect::kSqlite, where);
  return !where.Clause().empty();
}

}  // namespace weir::usage
