// Which events a question is about, and how that reads in SQL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/common/sql/database.h"

namespace weir::usage {

// weir.v1.EventFilter: each field narrows, an empty one does not.
struct EventFilter {
  std::int64_t from_unix_ms = 0;  // inclusive
  std::int64_t to_unix_ms = 0;    // exclusive
  std::vector<std::int64_t> user_ids = {};
  std::vector<std::int64_t> key_ids = {};
  std::vector<std::int64_t> group_ids = {};
  std::vector<std::int64_t> account_ids = {};
  std::vector<std::string> models = {};
  std::vector<std::int64_t> statuses = {};
  std::vector<std::string> error_classes = {};
  bool only_errors = false;
  std::string search = {};
};

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

  // "" or "WHERE …".
  std::string Clause() const;
  const std::vector<sql::Value>& parameters() const { return parameters_; }

 private:
  template <typename T>
  void AndInImpl(std::string_view column, const std::vector<T>& values);

  std::string conditions_;
  std::vector<sql::Value> parameters_;
};

// The conditions of `filter` on usage_events.
void AddEventConditions(const EventFilter& filter, WhereBuilder& where);

// Those that roll-ups can answer, on usage_quarters; a quarter-hour counts when any part of it
// does.
void AddQuarterConditions(const EventFilter& filter, WhereBuilder& where);

}  // namespace weir::usage
