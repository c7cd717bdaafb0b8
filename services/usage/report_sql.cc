#include "services/usage/report_sql.h"

#include <array>

#include "libs/common/text.h"

namespace weir::usage {
namespace {

std::string_view ColumnOf(Dimension dimension) {
  switch (dimension) {
    case Dimension::kModel:
      return "model";
    case Dimension::kKey:
      return "key_id";
    case Dimension::kUser:
      return "user_id";
    case Dimension::kGroup:
      return "group_id";
    case Dimension::kAccount:
      return "account_id";
  }
  return "";
}

struct SumColumn {
  std::string_view expression;
  std::string_view name;
};

constexpr std::array<SumColumn, 12> kSums = {{
    {"requests", "sum_requests"},
    {"errors", "sum_errors"},
    {"estimated_requests", "sum_estimated"},
    {"cache_hits", "sum_cache_hits"},
    {"input_tokens", "sum_input"},
    {"cache_read_tokens", "sum_cache_read"},
    {"cache_write_5m_tokens", "sum_cache_write_5m"},
    {"cache_write_1h_tokens", "sum_cache_write_1h"},
    {"output_tokens", "sum_output"},
    {"reasoning_tokens", "sum_reasoning"},
    {"cost_nano_usd", "sum_cost"},
    {"input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens + "
     "output_tokens",
     "sum_tokens"},
}};

}  // namespace

std::string DimensionColumns(const std::vector<Dimension>& by) {
  std::string columns;
  for (const Dimension dimension : by) {
    StrAppend(columns, columns.empty() ? "" : ", ", ColumnOf(dimension));
  }
  return columns;
}

const std::string& SumColumns() {
  static const std::string list = [] {
    std::string columns;
    for (const SumColumn& sum : kSums) {
      // SUM of BIGINT is numeric on PostgreSQL.
      StrAppend(columns, columns.empty() ? "" : ", ", "CAST(COALESCE(SUM(", sum.expression,
                "), 0) AS BIGINT) AS ", sum.name);
    }
    return columns;
  }();
  return list;
}

std::string_view OrderColumn(ReportOrder order) {
  switch (order) {
    case ReportOrder::kCost:
      return "sum_cost";
    case ReportOrder::kTokens:
      return "sum_tokens";
    case ReportOrder::kRequests:
      return "sum_requests";
  }
  return "sum_cost";
}

void ReadDimensions(const sql::Row& row, const std::vector<Dimension>& by, std::size_t& column,
                    SummaryRow& summary) {
  for (const Dimension dimension : by) {
    switch (dimension) {
      case Dimension::kModel:
        summary.model = row.Text(column++);
        break;
      case Dimension::kKey:
        summary.key_id = row.Int(column++);
        break;
      case Dimension::kUser:
        summary.user_id = row.Int(column++);
        break;
      case Dimension::kGroup:
        summary.group_id = row.Int(column++);
        break;
      case Dimension::kAccount:
        summary.account_id = row.Int(column++);
        break;
    }
  }
}

void ReadSums(const sql::Row& row, std::size_t& column, SummaryRow& summary) {
  for (std::int64_t* sum :
       {&summary.requests, &summary.errors, &summary.estimated_requests, &summary.cache_hits,
        &summary.tokens.input, &summary.tokens.cache_read, &summary.tokens.cache_write_5m,
        &summary.tokens.cache_write_1h, &summary.tokens.output, &summary.tokens.reasoning,
        &summary.cost_nano_usd}) {
    *sum = row.Int(column++);
  }
  ++column;  // the tokens together, which only orders
}

}  // namespace weir::usage
