// Pages of a table that may have a million rows.
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libs/common/text.h"
#include "services/admin/store/name_pieces.h"
#include "services/admin/store/table.h"

namespace weir::admin {
namespace {

using sql::Result;
using sql::SqlDialect;
using sql::Transaction;
using sql::Value;

// SQLite's index of names is made of pieces of three characters; PostgreSQL's is too.
constexpr std::ptrdiff_t kIndexedLengthMin = 3;

// `%` and `_` of the searched text mean themselves.
std::string LikePattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

std::ptrdiff_t Characters(std::string_view utf8) {
  return std::count_if(utf8.begin(), utf8.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

// A statement in the making. Its texts are constants of ours but for the values.
class Statement {
 public:
  // Adds a value and gives its marker.
  std::string Parameter(Value value) {
    values_.push_back(std::move(value));
    return StrCat("$", values_.size());
  }
  void And(std::string_view condition) {
    StrAppend(where_, where_.empty() ? " WHERE (" : " AND (", condition, ")");
  }
  void And(const Condition& condition) {
    std::string text;
    std::size_t next = 0;
    for (const char c : condition.sql) {
      if (c == '?') {
        text += Parameter(condition.values.at(next++));
      } else {
        text += c;
      }
    }
    And(text);
  }

  const std::string& where() const { return where_; }
  absl::StatusOr<Result> Run(Transaction& transaction, std::string_view sql) const {
    return transaction.Execute(sql, values_);
  }

 private:
  std::string where_;
  std::vector<Value> values_;
};

// How rows are found.
enum class Way {
  kPlain,       // as the database finds best
  kNameIndex,   // SQLite: those that the index of names gives
  kWalk,        // SQLite: all in their order, looked at one by one
  kMatchFirst,  // PostgreSQL: all that match, then put in order
};

bool IsIndexed(const Table& table, const Search& search) {
  const auto& columns = table.searched;
  return std::find(columns.begin(), columns.end(), search.column) != columns.end() &&
         Characters(search.text) >= kIndexedLengthMin;
}

// Nothing when no index has the order.
std::optional<std::string_view> OrderIndex(const Table& table, const ListQuery& query) {
  for (const auto& [column, index] : table.orders) {
    if (column == query.order_column) return index;
  }
  return std::nullopt;
}

// FTS5's words for "this text in that column": name : "ab""c".
std::string MatchText(const std::vector<Search>& searches) {
  std::string match;
  for (const Search& search : searches) {
    StrAppend(match, match.empty() ? "" : " AND ", search.column, " : \"");
    for (const char c : search.text) match += c == '"' ? "\"\"" : std::string(1, c);
    match += '"';
  }
  return match;
}

std::string Like(std::string_view sql, std::string_view text, Statement& statement) {
  return StrCat(sql, " LIKE LOWER(", statement.Parameter(LikePattern(text)), ") ESCAPE '\\'");
}

// By the index only where a whole piece is looked for: with none PostgreSQL would read all of it.
std::string LikeText(SqlDialect dialect, const Table& table, const Search& search,
                     Statement& statement) {
  std::string itself = Like(StrCat("LOWER(", search.column, ")"), search.text, statement);
  if (dialect != SqlDialect::kPostgres || !IsIndexed(table, search)) return itself;
  // Both say nearly the same. PostgreSQL would take them for independent, and what is in a
  // thirtieth of all names for rare; of what it cannot look into it thinks that half of the rows
  // have it.
  return StrCat(Like(NamePiecesSql(search.column), NamePieces(search.text), statement),
                " AND COALESCE(", itself, ", FALSE)");
}

// The table to select from, with the conditions in `statement`.
std::string FromWhere(SqlDialect dialect, const Table& table, const ListQuery& query, Way way,
                      Statement& statement) {
  std::string from(table.name);
  std::vector<Search> indexed;
  for (const Search& search : query.searches) {
    if (way == Way::kNameIndex && IsIndexed(table, search)) {
      indexed.push_back(search);
    } else {
      statement.And(LikeText(dialect, table, search, statement));
    }
  }
  if (way == Way::kWalk) StrAppend(from, " INDEXED BY ", *OrderIndex(table, query));
  if (!indexed.empty()) {
    const std::string match = statement.Parameter(MatchText(indexed));
    from = StrCat("(SELECT rowid AS found_id FROM ", table.name, "_search WHERE ", table.name,
                  "_search MATCH ", match, ") AS found CROSS JOIN ", table.name);
    statement.And("id = found_id");
  }
  for (const Condition& condition : query.conditions) statement.And(condition);
  StrAppend(from, statement.where());
  if (way != Way::kMatchFirst) return from;
  // What has an OFFSET is found by itself, whatever is made of it.
  return StrCat("(SELECT * FROM ", from, " OFFSET 0) AS matching");
}

bool SearchesAnIndex(const Table& table, const ListQuery& query) {
  return std::any_of(query.searches.begin(), query.searches.end(),
                     [&](const Search& search) { return IsIndexed(table, search); });
}

Way NameIndexOf(const Transaction& transaction, const Table& table, const ListQuery& query) {
  return SearchesAnIndex(table, query) && transaction.dialect() == SqlDialect::kSqlite
             ? Way::kNameIndex
             : Way::kPlain;
}

absl::StatusOr<std::int64_t> OneNumber(const absl::StatusOr<Result>& result) {
  if (!result.ok()) return result.status();
  return result->rows.empty() ? 0 : result->rows.front().Int(0);
}

// Of all rows: triggers keep the number.
absl::StatusOr<std::int64_t> RowsOf(Transaction& transaction, const Table& table) {
  return OneNumber(transaction.Execute("SELECT row_count FROM row_counts WHERE table_name = $1",
                                       {std::string(table.name)}));
}

absl::StatusOr<RowTotal> CountRows(Transaction& transaction, const Table& table,
                                   const ListQuery& query) {
  if (table.counted && query.conditions.empty() && query.searches.empty()) {
    const auto rows = RowsOf(transaction, table);
    if (!rows.ok()) return rows.status();
    return RowTotal{*rows, false};
  }
  Statement statement;
  const std::string from = FromWhere(transaction.dialect(), table, query,
                                     NameIndexOf(transaction, table, query), statement);
  const std::string limit = statement.Parameter(kCountedRowsMax + 1);
  const auto rows =
      OneNumber(statement.Run(transaction, StrCat("SELECT COUNT(*) FROM (SELECT 1 AS one FROM ",
                                                  from, " LIMIT ", limit, ") AS counted")));
  if (!rows.ok()) return rows.status();
  return RowTotal{std::min(*rows, kCountedRowsMax), *rows > kCountedRowsMax};
}

// Of few rows all are read and sorted. Among many a page is full soon when rows are taken in the
// order wanted. PostgreSQL's statistics mostly know which it is; of parts of names they know too
// little, and one in some hundred that is rare would be looked for among a million in order.
Way WayTo(const Transaction& transaction, const Table& table, const ListQuery& query,
          const RowTotal& total) {
  const bool few = query.with_total && !total.at_least;
  if (transaction.dialect() == SqlDialect::kPostgres) {
    return few && SearchesAnIndex(table, query) ? Way::kMatchFirst : Way::kPlain;
  }
  const Way way = NameIndexOf(transaction, table, query);
  // In the order of the index of names nothing has to be sorted.
  if (way == Way::kNameIndex && query.order_column == "id") return way;
  const bool walk = total.at_least && OrderIndex(table, query).has_value();
  return walk ? Way::kWalk : way;
}

std::string OrderText(std::string_view column, bool descending) {
  const std::string_view direction = descending ? " DESC" : "";
  if (column == "id") return StrCat("id", direction);
  return StrCat(column, direction, ", id", direction);
}

// The ids of a page are picked out of indexes alone; only its rows are then read whole.
absl::StatusOr<std::vector<sql::Row>> PageRows(Transaction& transaction, const Table& table,
                                               const ListQuery& query, Way way) {
  Statement statement;
  const std::string from = FromWhere(transaction.dialect(), table, query, way, statement);
  const bool by_rowid = way == Way::kNameIndex && query.order_column == "id";
  const std::string order = by_rowid ? StrCat("found_id", query.descending ? " DESC" : "")
                                     : OrderText(query.order_column, query.descending);
  const std::string limit = statement.Parameter(query.limit);
  const std::string offset = statement.Parameter(query.offset);
  auto rows = statement.Run(
      transaction, StrCat(SelectFrom(table), " WHERE id IN (SELECT id FROM ", from, " ORDER BY ",
                          order, " LIMIT ", limit, " OFFSET ", offset, ") ORDER BY ",
                          OrderText(query.order_column, query.descending)));
  if (!rows.ok()) return rows.status();
  return std::move(rows->rows);
}

// PostgreSQL plans a prepared statement once for all values after a while: for a group of three
// keys as for one of a million.
absl::Status PlanByValues(Transaction& transaction, const ListQuery& query) {
  if (transaction.dialect() != SqlDialect::kPostgres) return absl::OkStatus();
  if (query.conditions.empty() && query.searches.empty()) return absl::OkStatus();
  return transaction.Execute("SET LOCAL plan_cache_mode = force_custom_plan").status();
}

// The same page counted from the end, when that is nearer.
ListQuery FromNearerEnd(const ListQuery& query, std::int64_t rows) {
  ListQuery nearer = query;
  nearer.descending = !query.descending;
  nearer.limit = std::min(query.limit, rows - query.offset);
  nearer.offset = rows - query.offset - nearer.limit;
  return nearer;
}

absl::StatusOr<std::vector<sql::Row>> RowsOfPage(Transaction& transaction, const Table& table,
                                                 const ListQuery& query, const RowTotal& total) {
  const bool exact = query.with_total && !total.at_least;
  if (exact && query.offset >= total.rows) return std::vector<sql::Row>();
  const Way way = WayTo(transaction, table, query, total);
  const bool from_end = exact && query.offset > total.rows / 2;
  auto rows =
      PageRows(transaction, table, from_end ? FromNearerEnd(query, total.rows) : query, way);
  if (rows.ok() && from_end) std::reverse(rows->begin(), rows->end());
  return rows;
}

// Those of `ids` that the query finds, in their order.
absl::StatusOr<std::vector<std::int64_t>> MatchingOf(Transaction& transaction, const Table& table,
                                                     ListQuery query,
                                                     const std::vector<std::int64_t>& ids) {
  query.conditions.push_back(AmongIds(transaction.dialect(), ids));
  Statement statement;
  const std::string from = FromWhere(transaction.dialect(), table, query,
                                     NameIndexOf(transaction, table, query), statement);
  const auto found = statement.Run(transaction, StrCat("SELECT id FROM ", from));
  if (!found.ok()) return found.status();
  std::set<std::int64_t> matching;
  for (const sql::Row& row : found->rows) matching.insert(row.Int(0));
  std::vector<std::int64_t> ordered;
  std::copy_if(ids.begin(), ids.end(), std::back_inserter(ordered),
               [&](std::int64_t id) { return matching.contains(id); });
  return ordered;
}

absl::StatusOr<std::vector<sql::Row>> RowsInOrder(Transaction& transaction, const Table& table,
                                                  const std::vector<std::int64_t>& ids) {
  if (ids.empty()) return std::vector<sql::Row>();
  const ListQuery query = {.conditions = {AmongIds(transaction.dialect(), ids)},
                           .limit = std::ssize(ids)};
  auto rows = PageRows(transaction, table, query, Way::kPlain);
  if (!rows.ok()) return rows;
  const auto place = [&ids](const sql::Row& row) {
    return std::find(ids.begin(), ids.end(), row.Int(0));
  };
  std::sort(rows->begin(), rows->end(),
            [&](const sql::Row& a, const sql::Row& b) { return place(a) < place(b); });
  return rows;
}

// The ranked that match, and then the others.
absl::StatusOr<std::vector<sql::Row>> RankedRows(Transaction& transaction, const Table& table,
                                                 const ListQuery& query, RowTotal total) {
  const auto matching = MatchingOf(transaction, table, query, *query.ranked);
  if (!matching.ok()) return matching.status();
  const std::int64_t ranked = std::ssize(*matching);
  const auto first = matching->begin() + std::min(query.offset, ranked);
  const auto last = matching->begin() + std::min(query.offset + query.limit, ranked);
  auto rows = RowsInOrder(transaction, table, {first, last});
  if (!rows.ok() || std::ssize(*rows) == query.limit) return rows;
  ListQuery others = query;
  others.conditions.push_back(NotAmongIds(transaction.dialect(), *matching));
  others.order_column = "id";
  others.descending = false;
  others.offset = std::max<std::int64_t>(0, query.offset - ranked);
  others.limit = query.limit - std::ssize(*rows);
  total.rows -= ranked;
  auto more = RowsOfPage(transaction, table, others, total);
  if (!more.ok()) return more;
  std::move(more->begin(), more->end(), std::back_inserter(*rows));
  return rows;
}

std::string IdsText(const std::vector<std::int64_t>& ids) {
  std::string text = "[";
  for (const std::int64_t id : ids) StrAppend(text, text.size() == 1 ? "" : ",", id);
  return text + "]";
}

}  // namespace

Condition AmongIds(SqlDialect dialect, const std::vector<std::int64_t>& ids) {
  return {dialect == SqlDialect::kSqlite
              ? "id IN (SELECT value FROM json_each(?))"
              : "id IN (SELECT CAST(jsonb_array_elements_text(CAST(? AS JSONB)) AS BIGINT))",
          {IdsText(ids)}};
}

Condition NotAmongIds(SqlDialect dialect, const std::vector<std::int64_t>& ids) {
  return {dialect == SqlDialect::kSqlite
              ? "id NOT IN (SELECT value FROM json_each(?))"
              : "id NOT IN (SELECT CAST(jsonb_array_elements_text(CAST(? AS JSONB)) AS BIGINT))",
          {IdsText(ids)}};
}

absl::StatusOr<Page<sql::Row>> ListRows(Transaction& transaction, const Table& table,
                                        const ListQuery& query) {
  if (absl::Status planned = PlanByValues(transaction, query); !planned.ok()) return planned;
  Page<sql::Row> page;
  if (query.with_total) {
    const auto total = CountRows(transaction, table, query);
    if (!total.ok()) return total.status();
    page.total = *total;
  }
  auto rows = query.ranked.has_value() ? RankedRows(transaction, table, query, page.total)
                                       : RowsOfPage(transaction, table, query, page.total);
  if (!rows.ok()) return rows.status();
  page.items = *std::move(rows);
  return page;
}

}  // namespace weir::admin
