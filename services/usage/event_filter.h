// Which events a question is about, and how that reads in SQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/common/sql/database.h"

namespace weir::usage {

// The numbers are weir.v1.EventSource's.
enum class EventSource { kAny = 0, kRequest = 1, kTest = 2 };

// weir.v1.EventFilter: each field narrows, an empty one does not.
struct EventFilter {
  std::int64_t from_unix_ms = 0;  // inclusive
  std::int64_t to_unix_ms = 0;    // exclusive
  std::vector<std::int64_t> user_ids = {};
  std::vector<std::int64_t> key_ids = {};
  std::vector<std::int64_t> group_ids = {};
  std::vector<std::int64_t> account_ids = {};
  std::vector<std::string> models = {};  // as asked for, or kUnknownModel (sum_model.h)
  std::vector<std::int64_t> statuses = {};
  std::vector<std::string> error_classes = {};
  bool only_errors = false;
  bool only_cache_hits = false;
  std::string search = {};
  std::vector<std::string> served_models = {};
  std::vector<std::int64_t> dialects = {};
  std::optional<bool> complete = {};
  std::optional<bool> stream = {};
  std::string client_ip = {};   // whole, or a beginning that ends in "." or ":"
  std::string user_agent = {};  // a part
  std::string id = {};          // 16 bytes
  EventSource source = EventSource::kAny;
  std::optional<bool> retried = {};
  std::int64_t latency_ms_min = 0;
  std::int64_t cost_nano_usd_min = 0;  // of events as they came
  std::vector<std::int64_t> sessions = {};

  bool operator==(const EventFilter&) const = default;
};

// What matches has failed all the same: said, there is an index for it.
bool OnlyFailures(const EventFilter& filter);

// True when kUnknownModel is among the models.
bool NamesUnknownModel(const EventFilter& filter);

// A WHERE clause that grows; values go into parameters, never into the text.
class WhereBuilder {
 public:
  // Puts a value aside and gives its marker, as "$3".
  std::string Parameter(sql::Value value);
  // Adds "AND condition".
  void And(std::string_view condition);
  // Adds "AND column IN (…)" unless `values` is empty. Lists are padded to the next power of two,
  // so that few different statements have to be prepared.
  void AndIn(std::string_view column, const std::vector<std::int64_t>& values);
  void AndIn(std::string_view column, const std::vector<std::string>& values);
  void AndIn(std::string_view column, const std::vector<sql::Blob>& values);

  // "column IN (…)" itself; `values` is not empty.
  std::string In(std::string_view column, const std::vector<std::string>& values);

  // "" or "WHERE …".
  std::string Clause() const;
  // The same, and begins anew; parameters stay and go on being counted, for a statement of several
  // parts.
  std::string TakeClause();
  const std::vector<sql::Value>& parameters() const { return parameters_; }

 private:
  template <typename T>
  std::string InImpl(std::string_view column, const std::vector<T>& values);
  template <typename T>
  void AndInImpl(std::string_view column, const std::vector<T>& values);

  std::string conditions_;
  std::vector<sql::Value> parameters_;
};

// The conditions of `filter` on usage_events. On PostgreSQL the range is said of ids too, because
// partitions go by them: those of other days are not looked at.
void AddEventConditions(const EventFilter& filter, sql::SqlDialect dialect, WhereBuilder& where);

// True when the filter narrows by more than the range and the dimensions of roll-ups.
bool HasLogConditions(const EventFilter& filter);

// Those of the dimensions alone, on roll-ups.
void AddDimensions(const EventFilter& filter, WhereBuilder& where);

}  // namespace weir::usage
