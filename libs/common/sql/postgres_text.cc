#include "libs/common/sql/postgres_text.h"

#include <array>
#include <cstdint>

#include "libs/common/text.h"

namespace weir::sql {
namespace {

absl::Status NulError(std::size_t column) {
  return absl::InvalidArgumentError(StrCat("parameter $", column + 1, " has a NUL byte"));
}

void AppendHex(std::string_view bytes, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::size_t begin = out.size();
  out.resize(begin + 2 * bytes.size());
  char* digit = out.data() + begin;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    *digit++ = kDigits[byte >> 4U];
    *digit++ = kDigits[byte & 15U];
  }
}

// What stands for a character within a form: itself, or a backslash and another. A NUL, which no
// form can say, is kNul.
using Escapes = std::array<char, 256>;
constexpr char kItself = 0;
constexpr char kNul = 1;

constexpr Escapes MakeEscapes(std::string_view characters, std::string_view letters) {
  Escapes escapes{};
  escapes[0] = kNul;
  for (std::size_t i = 0; i < characters.size(); ++i) {
    escapes[static_cast<unsigned char>(characters[i])] = letters[i];
  }
  return escapes;
}

constexpr Escapes kCopyEscapes = MakeEscapes("\\\t\n\r", "\\tnr");
constexpr Escapes kArrayEscapes = MakeEscapes("\\\"", "\\\"");

// False when it has a NUL byte.
bool AppendEscaped(std::string_view text, const Escapes& escapes, std::string& out) {
  std::size_t plain = 0;  // where what is not yet appended begins
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char escape = escapes[static_cast<unsigned char>(text[i])];
    if (escape == kItself) continue;
    if (escape == kNul) return false;
    out.append(text, plain, i - plain);
    out += '\\';
    out += escape;
    plain = i + 1;
  }
  out.append(text, plain, text.size() - plain);
  return true;
}

std::string_view ArrayTypeOf(const Value& value) {
  if (std::holds_alternative<std::int64_t>(value)) return "bigint[]";
  if (std::holds_alternative<std::string>(value)) return "text[]";
  return std::holds_alternative<Blob>(value) ? "bytea[]" : "";
}

}  // namespace

absl::Status AppendCopyRow(const std::vector<Value>& row, std::string& out) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i != 0) out += '\t';
    if (const auto* integer = std::get_if<std::int64_t>(&row[i])) {
      StrAppend(out, *integer);
    } else if (const auto* text = std::get_if<std::string>(&row[i])) {
      if (!AppendEscaped(*text, kCopyEscapes, out)) return NulError(i);
    } else if (const auto* blob = std::get_if<Blob>(&row[i])) {
      out += "\\\\x";
      AppendHex(blob->bytes, out);
    } else {
      out += "\\N";
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<ArrayParameter> ColumnAsArray(const std::vector<std::vector<Value>>& rows,
                                             std::size_t column) {
  ArrayParameter array{"{", ArrayTypeOf(rows.at(0).at(column))};
  for (const std::vector<Value>& row : rows) {
    const Value& value = row.at(column);
    if (array.type.empty() || ArrayTypeOf(value) != array.type) {
      return absl::InternalError(StrCat("column ", column, " has values of several types"));
    }
    if (array.text.size() > 1) array.text += ',';
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      StrAppend(array.text, *integer);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      array.text += '"';
      if (!AppendEscaped(*text, kArrayEscapes, array.text)) return NulError(column);
      array.text += '"';
    } else {
      array.text += "\"\\\\x";
      AppendHex(std::get<Blob>(value).bytes, array.text);
      array.text += '"';
    }
  }
  array.text += '}';
  return array;
}

}  // namespace weir::sql
