#include "services/admin/json/body_reader.h"

#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "libs/common/money.h"
#include "services/admin/json/body_forms.h"
#include "services/admin/model/time_text.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

std::string TextOf(const json::string& text) { return {text.data(), text.size()}; }

bool HoldsNul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

// What absent and described fields are read from.
const json::object& Nothing() {
  static const json::object nothing;
  return nothing;
}

FieldErrors& NoErrors() {
  thread_local FieldErrors errors;
  return errors;
}

json::string_view KeyOf(std::string_view name) { return {name.data(), name.size()}; }

}  // namespace

BodyReader::BodyReader(const json::object& object, FieldErrors& errors, std::string prefix,
                       Scalars scalars)
    : object_(object), errors_(errors), prefix_(std::move(prefix)), scalars_(scalars) {}

BodyReader::BodyReader(BodySchema& schema)
    : object_(Nothing()), errors_(NoErrors()), scalars_(Scalars::kTyped), schema_(&schema) {}

bool BodyReader::Has(std::string_view name) const {
  return IsDescribing() || object_.if_contains(KeyOf(name)) != nullptr;
}

bool BodyReader::IsNull(std::string_view name) const {
  const json::value* found = object_.if_contains(KeyOf(name));
  return found != nullptr && found->is_null();
}

const json::value* BodyReader::Take(std::string_view name, std::string_view form) {
  if (IsDescribing()) {
    schema_->Add(name, json::parse(KeyOf(form)).as_object());
    return nullptr;
  }
  known_.emplace(name);
  return object_.if_contains(KeyOf(name));
}

void BodyReader::DescribeWord(std::string_view name, json::array words,
                              std::initializer_list<std::string_view> others) {
  if (!IsDescribing()) return;
  for (const std::string_view other : others) words.emplace_back(KeyOf(other));
  schema_->Add(name, {{"type", "string"}, {"enum", std::move(words)}});
}

void BodyReader::Error(std::string_view name, std::string_view what) {
  errors_.Add(StrCat(prefix_, name), what);
}

bool BodyReader::ReadText(std::string_view name, std::string& text) {
  const json::value* value = Take(name, body_forms::kText);
  if (value == nullptr || !value->is_string()) return false;
  text = TextOf(value->get_string());
  return true;
}

std::optional<std::int64_t> BodyReader::IntegerOf(const json::value& value) const {
  if (value.is_int64()) return value.get_int64();
  std::int64_t number = 0;
  if (scalars_ == Scalars::kText && value.is_string() &&
      ParseInteger(TextOf(value.get_string()), number)) {
    return number;
  }
  return std::nullopt;
}

std::optional<std::string> BodyReader::DecimalOf(const json::value& value) const {
  if (value.is_string()) return TextOf(value.get_string());
  if (value.is_int64()) return std::to_string(value.get_int64());
  if (!value.is_double()) return std::nullopt;
  // As many digits as money has; the value is rounded to them, never computed with.
  std::array<char, 64> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(),
                                          value.get_double(), std::chars_format::fixed, 9);
  if (error != std::errc()) return std::nullopt;
  std::string text(digits.data(), end);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text;
}

void BodyReader::Text(std::string_view name, std::string& value) {
  const json::value* found = Take(name, body_forms::kText);
  if (found == nullptr) return;
  if (found->is_null()) {
    value.clear();
  } else if (found->is_string() && !HoldsNul(TextOf(found->get_string()))) {
    value = TextOf(found->get_string());
  } else {
    Error(name, found->is_string() ? "must not hold a NUL" : "must be text");
  }
}

void BodyReader::Hidden(std::string_view name, std::optional<Secret>& value) {
  const json::value* found = Take(name, body_forms::kHidden);
  if (found == nullptr) return;
  if (found->is_null()) {
    value.emplace();
  } else if (found->is_string() && !HoldsNul(TextOf(found->get_string()))) {
    value.emplace(TextOf(found->get_string()));
  } else {
    Error(name, found->is_string() ? "must not hold a NUL" : "must be text");
  }
}

void BodyReader::HiddenLine(std::string_view name, std::optional<Secret>& value) {
  std::optional<Secret> given;
  Hidden(name, given);
  if (given.has_value()) value.emplace(std::string(StripSpace(given->Reveal())));
}

void BodyReader::Time(std::string_view name, std::int64_t& unix_ms) {
  const json::value* found = Take(name, body_forms::kTime);
  if (found == nullptr) return;
  if (found->is_null()) {
    unix_ms = 0;
    return;
  }
  const auto time =
      found->is_string() ? ParseTime(TextOf(found->get_string())) : ParseTime(std::string_view());
  if (time.ok()) {
    unix_ms = *time;
  } else {
    Error(name, std::string(time.status().message()));
  }
}

void BodyReader::Texts(std::string_view name, std::vector<std::string>& values) {
  const json::value* found = Take(name, body_forms::kTexts);
  if (found == nullptr) return;
  std::vector<std::string> read;
  bool good = found->is_array() || found->is_null();
  if (found->is_array()) {
    for (const json::value& entry : found->get_array()) {
      good = good && entry.is_string() && !HoldsNul(TextOf(entry.get_string()));
      if (entry.is_string()) read.push_back(TextOf(entry.get_string()));
    }
  }
  if (good) {
    values = std::move(read);
  } else {
    Error(name, "must be a list of texts without NUL");
  }
}

void BodyReader::TextMap(std::string_view name, std::map<std::string, std::string>& values) {
  const json::value* found = Take(name, body_forms::kTextMap);
  if (found == nullptr) return;
  std::map<std::string, std::string> read;
  bool good = found->is_object() || found->is_null();
  if (found->is_object()) {
    for (const auto& entry : found->get_object()) {
      const std::string key(entry.key().data(), entry.key().size());
      good = good && entry.value().is_string() && !HoldsNul(key);
      if (!entry.value().is_string()) continue;
      good = good && !HoldsNul(TextOf(entry.value().get_string()));
      read.emplace(key, TextOf(entry.value().get_string()));
    }
  }
  if (good) {
    values = std::move(read);
  } else {
    Error(name, "must be an object of texts without NUL");
  }
}

void BodyReader::Cap(std::string_view name, std::int64_t& value) {
  const json::value* found = Take(name, body_forms::kCap);
  if (found == nullptr) return;
  const std::optional<std::int64_t> number = found->is_null() ? 0 : IntegerOf(*found);
  if (number.has_value() && *number >= 0) {
    value = *number;
  } else {
    Error(name, "must be a whole number, 0 or more; null is none");
  }
}

void BodyReader::UsdCap(std::string_view name, std::int64_t& nano_usd) {
  const json::value* found = Take(name, body_forms::kDecimalOrNull);
  if (found == nullptr) return;
  if (found->is_null()) {
    nano_usd = 0;
    return;
  }
  const std::optional<std::string> text = DecimalOf(*found);
  const auto amount = ParseUsd(text.value_or("none"));
  if (amount.ok()) {
    nano_usd = *amount;
  } else {
    Error(name, "must be an amount in USD such as \"12.50\"; null is none");
  }
}

void BodyReader::Integer(std::string_view name, std::int64_t& value) {
  const json::value* found = Take(name, body_forms::kInteger);
  if (found == nullptr) return;
  const std::optional<std::int64_t> number = IntegerOf(*found);
  if (number.has_value()) {
    value = *number;
  } else {
    Error(name, "must be a whole number");
  }
}

void BodyReader::Flag(std::string_view name, bool& value) {
  const json::value* found = Take(name, body_forms::kFlag);
  if (found == nullptr) return;
  if (found->is_bool()) {
    value = found->get_bool();
    return;
  }
  const bool text = scalars_ == Scalars::kText && found->is_string();
  if (text && (found->get_string() == "true" || found->get_string() == "false")) {
    value = found->get_string() == "true";
  } else {
    Error(name, "must be true or false");
  }
}

void BodyReader::Ids(std::string_view name, std::vector<std::int64_t>& values) {
  const json::value* found = Take(name, body_forms::kIds);
  if (found == nullptr) return;
  std::set<std::int64_t> read;
  bool good = found->is_array();
  if (good) {
    for (const json::value& entry : found->get_array()) {
      const std::optional<std::int64_t> id = IntegerOf(entry);
      good = good && id.has_value() && *id > 0;
      if (id.has_value()) read.insert(*id);
    }
  }
  if (good) {
    values.assign(read.begin(), read.end());
  } else {
    Error(name, "must be a list of ids");
  }
}

void BodyReader::Multiplier(std::string_view name, std::int64_t& ppm) {
  const json::value* found = Take(name, body_forms::kDecimal);
  if (found == nullptr) return;
  const auto amount = ParsePpm(DecimalOf(*found).value_or("none"));
  if (amount.ok()) {
    ppm = *amount;
  } else {
    Error(name, "must be a decimal number such as \"1.25\", with at most 6 decimals");
  }
}

void BodyReader::Milli(std::string_view name, std::optional<std::int64_t>& milli) {
  const json::value* found = Take(name, body_forms::kDecimalOrNull);
  if (found == nullptr) return;
  if (found->is_null()) {
    milli.reset();
    return;
  }
  constexpr std::int64_t kPpmPerMilli = 1'000;
  const auto ppm = ParsePpm(DecimalOf(*found).value_or("none"));
  if (ppm.ok() && *ppm % kPpmPerMilli == 0) {
    milli = *ppm / kPpmPerMilli;
  } else {
    Error(name, "must be a decimal number such as \"0.7\", with at most 3 decimals");
  }
}

void BodyReader::PerMillion(std::string_view name, std::int64_t& pico_usd) {
  const json::value* found = Take(name, body_forms::kDecimalOrNull);
  if (found == nullptr) return;
  if (found->is_null()) {
    pico_usd = -1;
    return;
  }
  const auto amount = ParseUsdPerMillion(DecimalOf(*found).value_or("none"));
  if (amount.ok()) {
    pico_usd = *amount;
  } else {
    Error(name, "must be USD per million tokens such as \"0.25\", with at most 6 decimals");
  }
}

std::unique_ptr<BodyReader> BodyReader::Object(std::string_view name) {
  if (IsDescribing()) return std::make_unique<BodyReader>(schema_->Object(name));
  const json::value* found = Take(name, {});
  if (found == nullptr || found->is_null()) return nullptr;
  if (!found->is_object()) {
    Error(name, "must be an object");
    return nullptr;
  }
  return std::make_unique<BodyReader>(found->get_object(), errors_, StrCat(prefix_, name, "."),
                                      scalars_);
}

std::vector<std::unique_ptr<BodyReader>> BodyReader::Objects(std::string_view name) {
  std::vector<std::unique_ptr<BodyReader>> readers;
  if (IsDescribing()) {
    readers.push_back(std::make_unique<BodyReader>(schema_->Objects(name)));
    return readers;
  }
  const json::value* found = Take(name, {});
  if (found == nullptr || found->is_null()) return readers;
  if (!found->is_array()) {
    Error(name, "must be a list of objects");
    return readers;
  }
  for (const json::value& entry : found->get_array()) {
    const std::string place = StrCat(prefix_, name, "[", readers.size(), "]");
    if (!entry.is_object()) {
      errors_.Add(place, "must be an object");
      return {};
    }
    readers.push_back(
        std::make_unique<BodyReader>(entry.get_object(), errors_, place + ".", scalars_));
  }
  return readers;
}

void BodyReader::Ignore(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (IsDescribing()) {
      schema_->Add(name, json::parse(KeyOf(body_forms::kIgnored)).as_object());
    } else {
      known_.emplace(name);
    }
  }
}

void BodyReader::Require(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    if (IsDescribing()) {
      schema_->Require(name);
      continue;
    }
    const json::value* found = object_.if_contains(KeyOf(name));
    if (found == nullptr || found->is_null()) Error(name, "is needed");
  }
}

void BodyReader::Finish() {
  for (const auto& entry : object_) {
    const std::string name(entry.key().data(), entry.key().size());
    if (known_.find(name) == known_.end()) Error(name.substr(0, 100), "is not a known field");
  }
}

}  // namespace weir::admin
