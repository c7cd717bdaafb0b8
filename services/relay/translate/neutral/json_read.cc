#include "services/relay/translate/neutral/json_read.h"

#include <algorithm>
#include <span>

#include "libs/common/text.h"
#include "services/relay/translate/neutral/json_check.h"

namespace weir::relay {
namespace {

// A parser keeps its index memory, so a large text gets one of its own that goes with it.
constexpr std::size_t kThreadParserBytesMax = 1 << 20;
constexpr std::size_t kPaddingBytes = 64;
constexpr std::size_t kLevelsMax = 512;     // objects and arrays, one in another
constexpr std::size_t kPlaceStepsMax = 32;  // what is deeper is not named further
constexpr std::size_t kNamesMax = 64;       // of an object, that others are compared with

std::string_view WithoutSpaceBehind(std::string_view token) {
  const std::size_t end = token.find_last_not_of(" \t\r\n");
  return token.substr(0, end + 1);
}

}  // namespace

bool JsonDocument::Open(std::string_view text, ondemand::value& root) {
  thread_local ondemand::parser thread_parser;
  ondemand::parser& parser =
      text.size() > kThreadParserBytesMax ? own_parser_.emplace() : thread_parser;
  return OpenWith(parser, text, root);
}

bool JsonDocument::OpenWith(ondemand::parser& parser, std::string_view text,
                            ondemand::value& root) {
  return parser.iterate(text.data(), text.size(), text.size() + kPaddingBytes).get(document_) ==
             simdjson::SUCCESS &&
         document_.get_value().get(root) == simdjson::SUCCESS && JsonReader::IsObject(root);
}

bool JsonDocument::OpenApart(std::string_view text, ondemand::value& root) {
  copy_.reserve(text.size() + kPaddingBytes);
  copy_.assign(text);
  return OpenWith(own_parser_.emplace(), copy_, root);
}

bool JsonDocument::OpenCopy(std::string_view text, ondemand::value& root) {
  if (copy_.capacity() > kThreadParserBytesMax) std::string().swap(copy_);
  copy_.reserve(text.size() + kPaddingBytes);
  copy_.assign(text);
  return Open(copy_, root);
}

bool JsonDocument::AtEnd() {
  const char* behind = nullptr;
  return document_.current_location().get(behind) != simdjson::SUCCESS;
}

absl::Status JsonReader::status() const {
  return ok() ? absl::OkStatus() : absl::InvalidArgumentError(problem_);
}

std::string_view JsonReader::Text(ondemand::value value) {
  if (!ok() || !IsA(value, '"', "text")) return {};
  const std::string_view token = WithoutSpaceBehind(value.raw_json_token());
  if (token.size() < 2 || token.back() != '"') {
    Broken();
    return {};
  }
  const std::string_view text = token.substr(1, token.size() - 2);
  if (checked_ || HasWholeEscapes(text)) return text;
  Broken();
  return {};
}

std::string_view JsonReader::Word(ondemand::value value) {
  std::string_view word;
  if (!ok() || !IsA(value, '"', "text")) return word;
  if (value.get_string().get(word) != simdjson::SUCCESS) Broken();
  return word;
}

std::string_view JsonReader::Raw(ondemand::value value) {
  std::string_view raw;
  if (!ok()) return raw;
  simdjson::error_code error = simdjson::SUCCESS;
  if (IsObject(value)) {
    ondemand::object object;
    error = value.get_object().get(object);
    if (error == simdjson::SUCCESS) error = object.raw_json().get(raw);
  } else if (IsArray(value)) {
    ondemand::array array;
    error = value.get_array().get(array);
    if (error == simdjson::SUCCESS) error = array.raw_json().get(raw);
  } else {
    raw = value.raw_json_token();
  }
  raw = WithoutSpaceBehind(raw);
  if (error == simdjson::SUCCESS && (checked_ || IsJson(raw))) return raw;
  Broken();
  return {};
}

std::string_view JsonReader::RawObject(ondemand::value value) {
  if (!ok() || !IsA(value, '{', "an object")) return {};
  return Raw(value);
}

// The object itself is walked from its start again: a second one of the same value would begin
// behind an empty object's end.
bool JsonReader::ReadAhead(ondemand::object& object, std::string_view& json) {
  std::string_view raw;
  if (object.raw_json().get(raw) != simdjson::SUCCESS || !IsJson(raw)) return false;
  json = WithoutSpaceBehind(raw);
  return object.reset().error() == simdjson::SUCCESS;
}

std::string_view JsonReader::Number(ondemand::value value) {
  double number = 0;
  if (!ok()) return {};
  const std::string_view token = WithoutSpaceBehind(value.raw_json_token());
  if (value.get_double().get(number) == simdjson::SUCCESS) return token;
  Wrong("a number");
  return {};
}

std::int64_t JsonReader::Whole(ondemand::value value) {
  std::int64_t number = 0;
  if (ok() && value.get_int64().get(number) != simdjson::SUCCESS) Wrong("a whole number");
  return number;
}

bool JsonReader::Bool(ondemand::value value) {
  bool flag = false;
  if (ok() && value.get_bool().get(flag) != 0) Wrong("true or false");
  return flag;
}

bool JsonReader::IsNull(ondemand::value value) {
  if (FirstOf(value) != 'n') return false;
  if (WithoutSpaceBehind(value.raw_json_token()) != "null") Broken();
  return true;
}

bool JsonReader::IsA(ondemand::value value, char first, std::string_view expected) {
  if (FirstOf(value) == first) return true;
  Wrong(expected);
  return false;
}

bool JsonReader::IsTooDeep() {
  if (path_.size() < kLevelsMax) return false;
  Refuse(StrCat("is nested deeper than ", kLevelsMax, " levels"));
  return true;
}

void JsonReader::CheckUnique(std::string_view name, std::size_t first) {
  const auto begin = names_.begin() + static_cast<std::ptrdiff_t>(first);
  if (std::find(begin, names_.end(), name) != names_.end()) return Refuse("stands there twice");
  if (names_.size() - first < kNamesMax) names_.push_back(name);
}

void JsonReader::Wrong(std::string_view expected) { Refuse(StrCat("must be ", expected)); }

void JsonReader::Refuse(std::string_view sentence) {
  if (ok()) problem_ = StrCat("'", Place(), "' ", sentence);
}

void JsonReader::Broken() {
  if (ok()) problem_ = StrCat("the JSON is broken at or behind '", Place(), "'");
}

std::string JsonReader::Place() const {
  std::string place;
  for (const Step& step : std::span(path_).first(std::min(path_.size(), kPlaceStepsMax))) {
    if (step.name.empty()) {
      StrAppend(place, "[", step.index, "]");
    } else {
      StrAppend(place, place.empty() ? "" : ".", step.name);
    }
  }
  if (path_.size() > kPlaceStepsMax) place += "…";
  return place;
}

}  // namespace weir::relay
