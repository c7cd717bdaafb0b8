#include "services/relay/dialects/json_read.h"

#include <algorithm>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr std::size_t kThreadParserBytesMax = 1 << 20;
constexpr std::string_view kLongS = "\u017f";
constexpr std::string_view kKelvin = "\u212a";

bool IsCapital(char c) { return c >= 'A' && c <= 'Z'; }
bool IsAscii(char c) { return static_cast<unsigned char>(c) < 0x80; }

}  // namespace

absl::Status NotJson(simdjson::error_code error) {
  return absl::DataLossError(
      StrCat("the request body is not valid JSON: ", simdjson::error_message(error)));
}

Span PlaceOf(std::string_view body, std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' ||
                            token.back() == '\t')) {
    token.remove_suffix(1);
  }
  return {static_cast<std::size_t>(token.data() - body.data()), token.size()};
}

simdjson::error_code TextOf(ondemand::value value, std::string_view& text) {
  ondemand::json_type type{};
  if (const auto error = value.type().get(type); error != simdjson::SUCCESS) return error;
  if (type == ondemand::json_type::array) {
    ondemand::array array;
    const auto error = value.get_array().get(array);
    return error == simdjson::SUCCESS ? array.raw_json().get(text) : error;
  }
  if (type == ondemand::json_type::object) {
    ondemand::object object;
    const auto error = value.get_object().get(object);
    return error == simdjson::SUCCESS ? object.raw_json().get(text) : error;
  }
  text = value.raw_json_token();
  return simdjson::SUCCESS;
}

ondemand::parser& ParserFor(std::size_t bytes, ondemand::parser& thread_parser,
                            std::optional<ondemand::parser>& own) {
  return bytes > kThreadParserBytesMax ? own.emplace() : thread_parser;
}

FoldedName::FoldedName(std::string_view name) {
  const bool folds =
      std::any_of(name.begin(), name.end(), [](char c) { return IsCapital(c) || !IsAscii(c); });
  if (!folds) return;
  std::size_t size = 0;
  while (!name.empty()) {
    if (size == bytes_.size()) return;
    std::size_t taken = 1;
    char letter =
        IsCapital(name.front()) ? static_cast<char>(name.front() - 'A' + 'a') : name.front();
    if (name.starts_with(kLongS)) {
      letter = 's';
      taken = kLongS.size();
    } else if (name.starts_with(kKelvin)) {
      letter = 'k';
      taken = kKelvin.size();
    }
    bytes_[size++] = letter;
    name.remove_prefix(taken);
  }
  size_ = size;
}

absl::Status WrittenOtherwise(std::string_view name, std::string_view written) {
  return absl::InvalidArgumentError(StrCat("'", name, "' must be written '", written, "'"));
}

}  // namespace weir::relay
