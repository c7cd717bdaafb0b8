// Reads one JSON object into a record, strictly: every field of a wrong type and every field that
// nobody asked for is named in the errors. Fields that are absent leave their target untouched, so
// the same code serves a whole record and a part of one. Given a BodySchema, a reader reads nothing
// and notes down what it is asked for: so the contract comes from the code that reads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "libs/common/secret.h"
#include "libs/common/text.h"
#include "services/admin/json/body_schema.h"
#include "services/admin/json/value_json.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/words.h"

namespace weir::admin {

// What scalar values look like. A YAML file has no types, so there a number or a flag is text.
enum class Scalars { kTyped, kText };

class BodyReader {
 public:
  // `object` and `errors` must outlive the reader; `prefix` ("limits.") goes before field names.
  BodyReader(const boost::json::object& object, FieldErrors& errors, std::string prefix = {},
             Scalars scalars = Scalars::kTyped);
  // Describes: every field counts as there, and none is touched. `schema` must outlive the reader.
  explicit BodyReader(BodySchema& schema);

  bool Has(std::string_view name) const;

  // null is the empty value for each of these. Text never holds a NUL: PostgreSQL has none, and C
  // would cut it there.
  void Text(std::string_view name, std::string& value);
  void Time(std::string_view name, std::int64_t& unix_ms);
  void Texts(std::string_view name, std::vector<std::string>& values);
  void TextMap(std::string_view name, std::map<std::string, std::string>& values);
  void Cap(std::string_view name, std::int64_t& value);        // 0 = none, null = none
  void UsdCap(std::string_view name, std::int64_t& nano_usd);  // "12.5" or 12.5, null = none
  void Hidden(std::string_view name, std::optional<Secret>& value);
  // Without the space around it: a secret out of a file or a terminal often brings its line's end.
  void HiddenLine(std::string_view name, std::optional<Secret>& value);

  // null is an error for these.
  void Integer(std::string_view name, std::int64_t& value);
  void Flag(std::string_view name, bool& value);
  void Ids(std::string_view name, std::vector<std::int64_t>& values);
  void Multiplier(std::string_view name, std::int64_t& ppm);  // "1.25" or 1.25

  // Thousandths of a decimal such as "0.7"; null = none.
  void Milli(std::string_view name, std::optional<std::int64_t>& milli);

  // USD per million tokens as decimal text or number; null = -1, not priced apart.
  void PerMillion(std::string_view name, std::int64_t& pico_usd);

  // One of the enumeration's words. `others` may come back from an answer and set nothing.
  template <class Enum>
  void Word(std::string_view name, Enum& value,
            std::initializer_list<std::string_view> others = {}) {
    std::string text;
    if (IsDescribing()) return DescribeWord(name, WordsJson<Enum>(), others);
    if (!Has(name)) return;
    const bool read = ReadText(name, text);
    if (read && std::find(others.begin(), others.end(), text) != others.end()) return;
    const std::optional<Enum> found = FromWord<Enum>(text);
    if (read && found.has_value()) {
      value = *found;
    } else {
      Error(name, StrCat("must be one of ", ChoicesOf<Enum>()));
    }
  }

  // There, and null: for an object that means the empty one.
  bool IsNull(std::string_view name) const;
  // A reader for an object inside; empty when it is absent, null or no object. Finish it too.
  std::unique_ptr<BodyReader> Object(std::string_view name);

  // Readers for the objects of a list; each is to be finished. Empty when it is null or none.
  std::vector<std::unique_ptr<BodyReader>> Objects(std::string_view name);

  // Fields that an answer holds and that may come back, but are not for the caller to set.
  void Ignore(std::initializer_list<std::string_view> names);
  // Fields of a new record that must be there.
  void Require(std::initializer_list<std::string_view> names);

  // Whether nothing is read, only noted down. Rules that need values do not hold then.
  bool IsDescribing() const { return schema_ != nullptr; }

  // Names every field that nothing has asked for.
  void Finish();

 private:
  // The field's value, null when it is absent. `form` is what the value may be, as a JSON schema.
  const boost::json::value* Take(std::string_view name, std::string_view form);
  void DescribeWord(std::string_view name, boost::json::array words,
                    std::initializer_list<std::string_view> others);
  void Error(std::string_view name, std::string_view what);
  bool ReadText(std::string_view name, std::string& text);
  std::optional<std::int64_t> IntegerOf(const boost::json::value& value) const;
  // The decimal text of a text or a number.
  std::optional<std::string> DecimalOf(const boost::json::value& value) const;

  const boost::json::object& object_;
  FieldErrors& errors_;
  const std::string prefix_;
  const Scalars scalars_;
  std::set<std::string, std::less<>> known_;
  BodySchema* const schema_ = nullptr;  // describes when set
};

}  // namespace weir::admin
