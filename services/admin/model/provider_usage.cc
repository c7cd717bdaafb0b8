#include "services/admin/model/provider_usage.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "libs/common/money.h"
#include "libs/common/text.h"
#include "libs/common/utc_window.h"
#include "services/admin/model/csv.h"
#include "services/admin/model/report_time.h"

namespace weir::admin {
namespace {

constexpr std::size_t kRowsMax = 500'000;
constexpr std::int64_t kCountMax = 1'000'000'000'000'000;
constexpr std::int64_t kTotalMax = 4'000'000'000'000'000'000;  // of a count over all rows

struct CountColumn {
  std::string_view name;
  UseCount count;
  UseCount part_of = kUseCounts;  // when set, the column is a part of that one and is taken out
};

struct Form {
  UseForm form;
  std::string_view sign;               // a column that no other form has
  std::vector<std::string_view> days;  // the first of these that the file has
  std::string_view model;
  std::string_view account;  // empty: the form knows none of ours
  std::vector<CountColumn> counts;
  bool others_ignored;
};

const std::vector<Form>& Forms() {
  static const std::vector<Form> forms = {
      {UseForm::kAnthropic,
       "usage_date_utc",
       {"usage_date_utc"},
       "model_version",
       "",
       {{"usage_input_tokens_no_cache", kInputTokens},
        {"usage_input_tokens_cache_read", kCacheReadTokens},
        {"usage_input_tokens_cache_write_5m", kCacheWrite5mTokens},
        {"usage_input_tokens_cache_write_1h", kCacheWrite1hTokens},
        {"usage_output_tokens", kOutputTokens}},
       true},
      {UseForm::kOpenai,
       "num_model_requests",
       {"start_time_iso", "start_time"},
       "model",
       "",
       {{"num_model_requests", kRequests},
        {"input_tokens", kInputTokens},
        {"input_cached_tokens", kCacheReadTokens, kInputTokens},
        {"output_tokens", kOutputTokens}},
       true},
      {UseForm::kPlain,
       "day",
       {"day"},
       "model",
       "account",
       {{"requests", kRequests},
        {"input_tokens", kInputTokens},
        {"output_tokens", kOutputTokens},
        {"cache_read_tokens", kCacheReadTokens},
        {"cache_write_5m_tokens", kCacheWrite5mTokens},
        {"cache_write_1h_tokens", kCacheWrite1hTokens},
        {"cost_usd", kCostNanoUsd}},
       false},
  };
  return forms;
}

using Columns = std::map<std::string, std::size_t, std::less<>>;

absl::Status CellError(std::size_t line, std::string_view column, std::string_view what) {
  return absl::InvalidArgumentError(StrCat("line ", line, ", column ", column, ": ", what));
}

absl::StatusOr<Columns> ReadHeader(const CsvRow& row) {
  Columns columns;
  for (std::size_t i = 0; i < row.cells.size(); ++i) {
    const std::string name = ToLower(StripSpace(row.cells[i]));
    if (!columns.emplace(name, i).second) return CellError(row.line, name, "stands there twice");
  }
  return columns;
}

bool IsColumnOf(const Form& form, std::string_view name) {
  const auto names = [name](const CountColumn& column) { return column.name == name; };
  return name == form.model || name == form.account ||
         std::find(form.days.begin(), form.days.end(), name) != form.days.end() ||
         std::any_of(form.counts.begin(), form.counts.end(), names);
}

absl::StatusOr<const Form*> FindForm(const CsvRow& header, const Columns& columns) {
  for (const Form& form : Forms()) {
    if (columns.count(form.sign) == 0) continue;
    if (columns.count(form.model) == 0) return CellError(header.line, form.model, "is missing");
    for (const auto& [name, index] : columns) {
      if (!form.others_ignored && !IsColumnOf(form, name)) {
        return CellError(header.line, name, "is not a column of this form");
      }
    }
    return &form;
  }
  return absl::InvalidArgumentError(
      "line 1 must name the columns: those of OpenAI's or Anthropic's usage export, or day, model "
      "and counts such as input_tokens");
}

// Digits, as some exports write them also "12.0".
bool ParseCount(std::string_view text, std::int64_t& count) {
  if (text.ends_with(".0")) text.remove_suffix(2);
  if (text.empty()) {
    count = 0;
    return true;
  }
  return ParseInteger(text, count) && count >= 0 && count <= kCountMax;
}

// The UTC day of "2026-03-01", of a time, or of Unix seconds: those of 2001 to 2286, so that
// "20261122" is not taken for a day of 1970.
std::optional<std::int64_t> ParseDay(std::string_view text) {
  constexpr std::int64_t kSecondsMin = 1'000'000'000;
  constexpr std::int64_t kSecondsMax = 10'000'000'000;
  std::int64_t seconds = 0;
  if (ParseInteger(text, seconds)) {
    if (seconds < kSecondsMin || seconds >= kSecondsMax) return std::nullopt;
    return DayOf(seconds * 1000).begin_unix_ms;
  }
  const absl::StatusOr<std::int64_t> time = ParseTimeIn(text, absl::UTCTimeZone());
  if (!time.ok()) return std::nullopt;
  return DayOf(*time).begin_unix_ms;
}

// Reads the rows of one form.
class UseReader {
 public:
  UseReader(const Form& form, const Columns& columns, std::size_t width)
      : form_(form), columns_(columns), width_(width) {
    use_.form = form.form;
    use_.has_accounts = !form.account.empty() && columns.count(form.account) != 0;
    for (const CountColumn& column : form.counts) {
      if (columns.count(column.name) != 0) use_.known.set(column.count);
    }
    for (const std::string_view name : form.days) {
      if (day_column_.empty() && columns.count(name) != 0) day_column_ = name;
    }
  }

  absl::Status Read(const CsvRow& row) {
    if (row.cells.size() != width_) {
      return absl::InvalidArgumentError(
          StrCat("line ", row.line, " must have ", width_, " cells, has ", row.cells.size()));
    }
    UseCounts counts = {};
    if (absl::Status status = ReadCounts(row, counts); !status.ok()) return status;
    const std::string_view model = Cell(row, form_.model);
    // Exports have a row for a day on which nothing was used.
    const bool empty = std::all_of(counts.begin(), counts.end(), [](auto n) { return n == 0; });
    if (model.empty() && empty) return absl::OkStatus();
    if (model.empty()) return CellError(row.line, form_.model, "must not be empty");
    const std::optional<std::int64_t> day = ParseDay(Cell(row, day_column_));
    if (!day.has_value()) {
      return CellError(row.line, day_column_,
                       "must be a day such as 2026-03-01, or a time in Unix seconds");
    }
    UseKey key{*day, ModelWithoutDate(model), ""};
    if (use_.has_accounts) key.account = Cell(row, form_.account);
    if (absl::Status sums = AddToTotals(row, counts); !sums.ok()) return sums;
    UseCounts& sum = use_.rows[std::move(key)];
    for (std::size_t i = 0; i < counts.size(); ++i) sum.at(i) += counts.at(i);
    return absl::OkStatus();
  }

  ProviderUse Take() { return std::move(use_); }

 private:
  std::string_view Cell(const CsvRow& row, std::string_view name) const {
    const auto found = columns_.find(name);
    return found == columns_.end() ? std::string_view() : StripSpace(row.cells[found->second]);
  }

  // All sums over parts of the file are at most these, which have room beside the ledger's.
  absl::Status AddToTotals(const CsvRow& row, const UseCounts& counts) {
    for (std::size_t i = 0; i < counts.size(); ++i) {
      if (counts.at(i) > kTotalMax - totals_.at(i)) {
        return CellError(row.line, kUseCountNames.at(i),
                         StrCat("adds up to more than ", kTotalMax, " over the file"));
      }
      totals_.at(i) += counts.at(i);
    }
    return absl::OkStatus();
  }

  absl::Status ReadCounts(const CsvRow& row, UseCounts& counts) const {
    for (const CountColumn& column : form_.counts) {
      const std::string_view text = Cell(row, column.name);
      std::int64_t value = 0;
      if (column.count == kCostNanoUsd) {
        const auto usd = ParseUsd(text.empty() ? "0" : text);
        if (!usd.ok()) return CellError(row.line, column.name, "must be USD, such as 1.25");
        value = *usd;
      } else if (!ParseCount(text, value)) {
        return CellError(row.line, column.name, "must be a whole number");
      }
      counts.at(column.count) += value;
      if (column.part_of == kUseCounts) continue;
      counts.at(column.part_of) -= value;
      if (counts.at(column.part_of) < 0) {
        return CellError(row.line, column.name, "is more than what it is a part of");
      }
    }
    return absl::OkStatus();
  }

  const Form& form_;
  const Columns& columns_;
  const std::size_t width_;
  std::string_view day_column_;
  UseCounts totals_ = {};
  ProviderUse use_;
};

bool AreDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

absl::StatusOr<ProviderUse> ParseProviderUse(std::string_view csv) {
  absl::StatusOr<std::vector<CsvRow>> rows = ParseCsv(csv, kRowsMax);
  if (!rows.ok()) return rows.status();
  if (rows->empty()) return absl::InvalidArgumentError("the file is empty");
  const absl::StatusOr<Columns> columns = ReadHeader(rows->front());
  if (!columns.ok()) return columns.status();
  const absl::StatusOr<const Form*> form = FindForm(rows->front(), *columns);
  if (!form.ok()) return form.status();
  UseReader reader(**form, *columns, rows->front().cells.size());
  for (std::size_t i = 1; i < rows->size(); ++i) {
    if (absl::Status read = reader.Read((*rows)[i]); !read.ok()) return read;
  }
  ProviderUse use = reader.Take();
  if (use.known.none()) return absl::InvalidArgumentError("line 1 names no column of counts");
  if (use.rows.empty()) return absl::InvalidArgumentError("the file has no rows with usage");
  return use;
}

std::string ModelWithoutDate(std::string_view model) {
  constexpr std::size_t kCompact = 9;  // -20250929
  constexpr std::size_t kDashed = 11;  // -2024-08-06
  if (model.size() > kCompact) {
    const std::string_view end = model.substr(model.size() - kCompact);
    if (end.starts_with("-20") && AreDigits(end.substr(1))) {
      return std::string(model.substr(0, model.size() - kCompact));
    }
  }
  if (model.size() > kDashed) {
    const std::string_view end = model.substr(model.size() - kDashed);
    if (end.starts_with("-20") && end[5] == '-' && end[8] == '-' && AreDigits(end.substr(1, 4)) &&
        AreDigits(end.substr(6, 2)) && AreDigits(end.substr(9))) {
      return std::string(model.substr(0, model.size() - kDashed));
    }
  }
  return std::string(model);
}

std::vector<UseDifference> CompareUse(const std::map<UseKey, UseCounts>& file,
                                      const std::map<UseKey, UseCounts>& ledger,
                                      const KnownCounts& known) {
  std::map<UseKey, UseDifference> rows;
  for (const auto& [key, counts] : file) {
    rows[key] = {.key = key, .match = UseMatch::kOnlyInFile, .file = counts, .ledger = {}};
  }
  for (const auto& [key, counts] : ledger) {
    const auto [row, only_here] = rows.try_emplace(key);
    row->second.key = key;
    row->second.ledger = counts;
    row->second.match = only_here ? UseMatch::kOnlyInLedger : UseMatch::kSame;
  }
  std::vector<UseDifference> differences;
  for (auto& [key, row] : rows) {
    for (std::size_t i = 0; i < kUseCounts && row.match == UseMatch::kSame; ++i) {
      if (known.test(i) && row.file.at(i) != row.ledger.at(i)) row.match = UseMatch::kDiffers;
    }
    differences.push_back(std::move(row));
  }
  return differences;
}

}  // namespace weir::admin
