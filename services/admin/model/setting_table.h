// What there is to be set while everything runs: the table behind the settings page. Values travel
// as one record (json/settings_json); this says what each of them means.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weir::admin {

enum class SettingForm { kFlag, kText, kTexts, kWord, kInteger, kUsd, kSecret };
enum class SettingReach { kAdmin, kRelays };  // who goes by it

struct SettingRow {
  std::string_view name;  // as in the API: "timeouts.connect_ms"
  std::string_view section;
  SettingForm form;
  SettingReach reach;
  std::string_view description;  // one sentence
  std::string_view unit = "";    // of numbers: ms, bytes, tokens, USD
  std::int64_t min = 0;          // of whole numbers that are set; both inclusive
  std::int64_t max = 0;
  std::string_view choices = "";   // of words: "closed, invite, open"
  std::string_view standard = "";  // what holds while it is null
};

// What a secret's name has before it where only whether there is one is told: "has_alert_secret".
inline constexpr std::string_view kHasPrefix = "has_";

// In the order in which a page shows them.
std::span<const SettingRow> SettingTable();

}  // namespace weir::admin
