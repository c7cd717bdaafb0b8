#include "libs/common/money.h"

#include <limits>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"

#include "libs/common/text.h"

namespace weir {
namespace {

// Decimal text -> integer with `places` digits after the point.
absl::StatusOr<std::int64_t> ParseScaled(std::string_view text, int places) {
  std::int64_t value = 0;
  int decimals = -1;  // -1: no point yet
  bool any_digit = false;
  const auto append = [&value](int digit) {
    if (value > (std::numeric_limits<std::int64_t>::max() - digit) / 10) return false;
    value = value * 10 + digit;
    return true;
  };
  for (const char c : text) {
    if (c == '.' && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) {
      return absl::InvalidArgumentError(StrCat("'", text, "' is not a decimal number like 0.25"));
    }
    any_digit = true;
    if (decimals >= places) {
      if (c == '0') continue;
      return absl::InvalidArgumentError(StrCat("'", text, "' has more than ", places, " decimals"));
    }
    if (decimals >= 0) ++decimals;
    if (!append(c - '0')) {
      return absl::InvalidArgumentError(StrCat("'", text, "' is too large"));
    }
  }
  if (!any_digit) return absl::InvalidArgumentError("a number is missing");
  for (int i = decimals < 0 ? 0 : decimals; i < places; ++i) {
    if (!append(0)) return absl::InvalidArgumentError(StrCat("'", text, "' is too large"));
  }
  return value;
}

std::string FormatScaled(std::int64_t value, int places, int places_min) {
  // The magnitude as unsigned, since the smallest int64 has no positive twin.
  auto magnitude =
      value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
  std::uint64_t scale = 1;
  for (int i = 0; i < places; ++i) scale *= 10;
  std::string decimals = StrCat(magnitude % scale + scale).substr(1);
  while (static_cast<int>(decimals.size()) > places_min && decimals.back() == '0') {
    decimals.pop_back();
  }
  return StrCat(value < 0 ? "-" : "", magnitude / scale, decimals.empty() ? "" : ".", decimals);
}

constexpr int kPicoPerMillionPlaces = 6;  // USD per 10^6 tokens in 10^-12 USD per token
constexpr int kNanoPlaces = 9;
constexpr int kPpmPlaces = 6;

}  // namespace

absl::StatusOr<std::int64_t> ParseUsdPerMillion(std::string_view decimal) {
  return ParseScaled(decimal, kPicoPerMillionPlaces);
}

std::string FormatUsdPerMillion(std::int64_t pico_usd_per_token) {
  return FormatScaled(pico_usd_per_token, kPicoPerMillionPlaces, 0);
}

absl::StatusOr<std::int64_t> ParseUsd(std::string_view decimal) {
  return ParseScaled(decimal, kNanoPlaces);
}

std::string FormatUsd(std::int64_t nano_usd) { return FormatScaled(nano_usd, kNanoPlaces, 2); }

absl::StatusOr<std::int64_t> ParsePpm(std::string_view decimal) {
  return ParseScaled(decimal, kPpmPlaces);
}

std::string FormatPpm(std::int64_t ppm) { return FormatScaled(ppm, kPpmPlaces, 0); }

}  // namespace weir
