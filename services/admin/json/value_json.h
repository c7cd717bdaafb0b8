// Values of records as JSON, for the files that write records.
#pragma once

#include <cstdint>
#include <string_view>

#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

#include "libs/common/money.h"
#include "services/admin/model/words.h"

namespace weir::admin {

// 0 = none, null.
inline boost::json::value CapJson(std::int64_t value) {
  return value == 0 ? boost::json::value() : boost::json::value(value);
}

// Decimal USD; 0 = none, null.
inline boost::json::value UsdJson(std::int64_t nano_usd) {
  return nano_usd == 0 ? boost::json::value() : boost::json::value(FormatUsd(nano_usd));
}

template <class Enum>
boost::json::string WordJson(Enum value) {
  const std::string_view word = WordOf(value);
  return boost::json::string(word.data(), word.size());
}

}  // namespace weir::admin
