#include "services/usage/sum_source.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "libs/common/text.h"
#include "libs/common/utc_window.h"
#include "services/usage/rollups.h"

namespace weir::usage {
namespace {

constexpr std::string_view kSums =
    "requests, errors, estimated_requests, cache_hits, input_tokens, cache_read_tokens, "
    "cache_write_5m_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, cost_nano_usd";

// Unix ms; end 0 = none.
struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;

  bool empty() const { return end != 0 && begin >= end; }
};

struct Source {
  std::string_view table;
  std::string_view time_column;
  std::string condition = {};
};

Source Days() { return {"usage_day_sums", "day_unix_ms"}; }

bool Uses(const EventFilter& filter, const std::vector<Dimension>& by, Dimension dimension) {
  const bool counted = std::find(by.begin(), by.end(), dimension) != by.end();
  switch (dimension) {
    case Dimension::kModel:
      return counted || !filter.models.empty();
    case Dimension::kKey:
      return counted || !filter.key_ids.empty();
    case Dimension::kUser:
      return counted || !filter.user_ids.empty();
    case Dimension::kGroup:
      return counted || !filter.group_ids.empty();
    case Dimension::kAccount:
      return counted || !filter.account_ids.empty();
  }
  return true;
}

// The one part that all of it needs; nothing where it takes several at once.
std::optional<SumPart> PartFor(const EventFilter& filter, const std::vector<Dimension>& by) {
  constexpr std::pair<Dimension, SumPart> kParts[] = {{Dimension::kKey, SumPart::kKey},
                                                      {Dimension::kUser, SumPart::kUser},
                                                      {Dimension::kGroup, SumPart::kGroup},
                                                      {Dimension::kAccount, SumPart::kAccount},
                                                      {Dimension::kModel, SumPart::kModel}};
  std::optional<SumPart> only = SumPart::kAll;
  for (const auto& [dimension, part] : kParts) {
    if (!Uses(filter, by, dimension)) continue;
    if (only != SumPart::kAll) return std::nullopt;
    only = part;
  }
  return only;
}

Source Quarters(const EventFilter& filter, const std::vector<Dimension>& by) {
  constexpr std::string_view kTime = "quarter_unix_ms";
  const std::optional<SumPart> part = PartFor(filter, by);
  if (!part.has_value()) return {"usage_quarters", kTime};
  const std::string condition = StrCat("part = ", static_cast<std::int64_t>(*part));
  // The other id is 0 in all rows of the part: said so, that the primary key leads to the time.
  if (*part == SumPart::kKey) return {"usage_subject_sums", kTime, condition + " AND user_id = 0"};
  if (*part == SumPart::kUser) return {"usage_subject_sums", kTime, condition + " AND key_id = 0"};
  return {"usage_part_sums", kTime, condition};
}

// Some keys, users, … by their ids and nothing else: of a day their quarter-hours are found by the
// primary key, where the day's sums would be read for everybody.
bool NamesWhom(const EventFilter& filter, const std::vector<Dimension>& by) {
  const std::optional<SumPart> part = PartFor(filter, by);
  if (!part.has_value() || *part == SumPart::kModel) return false;
  return !filter.key_ids.empty() || !filter.user_ids.empty() || !filter.group_ids.empty() ||
         !filter.account_ids.empty();
}

std::string Select(const Source& source, const Range& range, const EventFilter& filter,
                   const std::vector<Dimension>& by, WhereBuilder& where) {
  if (!source.condition.empty()) where.And(source.condition);
  if (range.begin != 0) {
    where.And(StrCat(source.time_column, " >= ", where.Parameter(range.begin)));
  }
  if (range.end != 0) where.And(StrCat(source.time_column, " < ", where.Parameter(range.end)));
  AddDimensions(filter, where);
  const std::string dimensions = DimensionColumns(by);
  return StrCat("SELECT ", source.time_column, " AS begin_unix_ms, ", dimensions,
                dimensions.empty() ? "" : ", ", kSums, " FROM ", source.table, " ",
                where.TakeClause());
}

}  // namespace

std::string SummarySource(const EventFilter& filter, const std::vector<Dimension>& by,
                          WhereBuilder& where) {
  const std::int64_t from = filter.from_unix_ms - filter.from_unix_ms % kQuarterMs;
  const std::int64_t to = filter.to_unix_ms;
  const std::int64_t first_day = from + (kDayMs - from % kDayMs) % kDayMs;
  const std::int64_t last_day = to - to % kDayMs;
  std::string parts;
  const auto add = [&](const Source& source, const Range& range) {
    if (range.empty()) return;
    StrAppend(parts, parts.empty() ? "" : " UNION ALL ", Select(source, range, filter, by, where));
  };
  const Source quarters = Quarters(filter, by);
  if (to != 0 && (first_day >= last_day || (to - from <= kDayMs && NamesWhom(filter, by)))) {
    add(quarters, {from, to});
    // A range that ends before it begins has no rows, but a sum.
    if (parts.empty()) parts = Select(quarters, {from, from}, filter, by, where);
  } else {
    if (from != first_day) add(quarters, {from, first_day});
    add(Days(), {first_day, last_day});
    if (to != last_day) add(quarters, {last_day, to});
  }
  return StrCat("(", parts, ") AS parts");
}

std::string SpanSource(const SeriesSpan& span, const EventFilter& filter,
                       const std::vector<Dimension>& by, WhereBuilder& where) {
  const bool whole_days = span.begin_unix_ms % kDayMs == 0 && span.step_ms % kDayMs == 0;
  const Range range{span.begin_unix_ms, span.end_unix_ms()};
  return StrCat("(", Select(whole_days ? Days() : Quarters(filter, by), range, filter, by, where),
                ") AS parts");
}

}  // namespace weir::usage
