// Values of records as JSON, for the files that write records.
#pragma once

#include <cstdint>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/money.h"
#include "services/admin/json/describe.h"
#include "services/admin/model/words.h"

namespace weir::admin {

// 0 = none, null.
inline boost::json::value CapJson(std::int64_t value) { return IntegerOrNull(value); }

// Decimal USD; 0 = none, null.
inline boost::json::value UsdJson(std::int64_t nano_usd) {
  return TextOrNull(nano_usd == 0 ? std::string() : FormatUsd(nano_usd));
}

// The words of an enumeration, as a schema has them.
template <class Enum>
boost::json::array WordsJson() {
  boost::json::array words;
  for (const auto& entry : kWords<Enum>) {
    words.emplace_back(boost::json::string_view(entry.second.data(), entry.second.size()));
  }
  return words;
}

template <class Enum>
boost::json::value WordJson(Enum value) {
  if (Describing()) return MarkedValue({{"type", "string"}, {"enum", WordsJson<Enum>()}});
  const std::string_view word = WordOf(value);
  return boost::json::value(boost::json::string_view(word.data(), word.size()));
}

}  // namespace weir::admin
