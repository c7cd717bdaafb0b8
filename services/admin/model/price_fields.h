// The amounts of a price by their names, and lists of prices as they come in from outside.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "services/admin/model/types.h"

namespace weir::admin {

struct PriceField {
  std::string_view name;  // as in CSV, JSON and YAML
  std::int64_t Price::*amount;
};

inline constexpr std::array<PriceField, 10> kPriceFields = {{
    {"input", &Price::input_pico_usd},
    {"output", &Price::output_pico_usd},
    {"cache_read", &Price::cache_read_pico_usd},
    {"cache_write_5m", &Price::cache_write_5m_pico_usd},
    {"cache_write_1h", &Price::cache_write_1h_pico_usd},
    {"tier_input", &Price::tier_input_pico_usd},
    {"tier_output", &Price::tier_output_pico_usd},
    {"tier_cache_read", &Price::tier_cache_read_pico_usd},
    {"tier_cache_write_5m", &Price::tier_cache_write_5m_pico_usd},
    {"tier_cache_write_1h", &Price::tier_cache_write_1h_pico_usd},
}};

// Nothing is free by accident: whoever enters such a price has to say `free` too.
inline bool CostsNothing(const Price& price) {
  return price.input_pico_usd == 0 && price.output_pico_usd == 0;
}

// One price of a list, without an id.
struct PriceRow {
  Price price = {};
  std::size_t line = 0;                 // of a file; of JSON the entry's number, from 1
  bool says_aliases = false;            // else those of the price in force stay
  bool says_max_output_tokens = false;  // likewise
};

// A row that cannot be a price, and why.
struct RefusedPrice {
  std::size_t line = 0;
  std::string column = {};  // empty = the row as a whole
  std::string why = {};
};

struct PriceFile {
  std::vector<PriceRow> rows = {};
  std::vector<RefusedPrice> refused = {};
};

// What taking over a list would change.
struct PriceListPlan {
  struct Changed {
    Price old_price;
    Price new_price;
  };
  std::vector<Price> added;
  std::vector<Changed> changed;
  // Those that say something else of a time that has passed: never applied.
  std::vector<PriceRow> refused;
  // In force, of a provider that the list has prices of, and not in the list: they stay.
  std::vector<Price> removed;
  std::int64_t unchanged = 0;
};

// InvalidArgument that names the first twenty lines; OK when none is refused.
absl::Status CheckRefused(const std::vector<RefusedPrice>& refused);

// Something about a price that is allowed, and often a mistake.
struct PriceDoubt {
  std::string_view field;
  std::string_view why;
};

// `before` is the price it replaces, nullptr = none.
std::vector<PriceDoubt> DoubtsAbout(const Price* before, const Price& after);

}  // namespace weir::admin
