#include "services/admin/model/csv.h"

#include <utility>

#include "libs/common/text.h"
#include "libs/common/utf8.h"

namespace weir::admin {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Reads one row after the other.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  std::size_t line() const { return line_; }

  // Empty when the row is good, else what is wrong with it.
  std::string_view ReadRow(CsvRow& row) {
    row.line = line_;
    for (;;) {
      std::string cell;
      const std::string_view error = Take('"') ? ReadQuoted(cell) : ReadPlain(cell);
      if (!error.empty()) return error;
      row.cells.push_back(std::move(cell));
      if (Take(',')) continue;
      TakeLineEnd();
      return "";
    }
  }

 private:
  bool Take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void TakeLineEnd() {
    Take('\r');
    if (Take('\n')) ++line_;
  }

  bool AtCellEnd() const {
    return at_end() || text_[at_] == ',' || text_[at_] == '\n' ||
           text_.substr(at_).starts_with("\r\n") || text_.substr(at_) == "\r";
  }

  std::string_view ReadPlain(std::string& cell) {
    while (!AtCellEnd()) {
      if (text_[at_] == '"') return "has a quote in the middle of a cell";
      cell += text_[at_++];
    }
    return "";
  }

  std::string_view ReadQuoted(std::string& cell) {
    for (;;) {
      if (at_end()) return "has a quote that does not end";
      const char c = text_[at_++];
      if (c == '\n') ++line_;
      if (c != '"') {
        cell += c;
      } else if (Take('"')) {
        cell += '"';
      } else {
        return AtCellEnd() ? "" : "has something behind a closed quote";
      }
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

absl::Status RowError(std::size_t line, std::string_view what) {
  return absl::InvalidArgumentError(StrCat("line ", line, " ", what));
}

}  // namespace

void AppendCsvText(std::string_view text, std::string& out) {
  constexpr std::string_view kFormulaStarts = "=+-@\t\r";
  const bool formula = !text.empty() && kFormulaStarts.find(text[0]) != std::string_view::npos;
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    StrAppend(out, formula ? "'" : "", text);
    return;
  }
  StrAppend(out, "\"", formula ? "'" : "");
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

absl::StatusOr<std::vector<CsvRow>> ParseCsv(std::string_view text, std::size_t rows_max) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<CsvRow> rows;
  for (CsvReader reader(text); !reader.at_end();) {
    CsvRow row;
    const std::string_view error = reader.ReadRow(row);
    if (!error.empty()) return RowError(row.line, error);
    for (const std::string& cell : row.cells) {
      if (!IsValidUtf8(cell)) return RowError(row.line, "is not UTF-8");
    }
    if (row.cells.size() == 1 && StripSpace(row.cells[0]).empty()) continue;
    if (rows.size() == rows_max) return RowError(row.line, StrCat("is one more than ", rows_max));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace weir::admin
