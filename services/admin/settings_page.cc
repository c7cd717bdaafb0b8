#include "services/admin/settings_page.h"

#include "libs/common/text.h"
#include "services/admin/model/setting_table.h"

namespace weir::admin {
namespace {

constexpr std::string_view kHead =
    "## While everything runs\n"
    "\n"
    "On the console's page Settings, with `PATCH /api/v1/admin/settings`, or below `settings:` in "
    "weir.yaml; a change "
    "holds at once, for\n"
    "`relays` as soon as each has it (milliseconds). A word that is not set is the first of its "
    "choices.\n"
    "\n"
    "| setting | takes | default | for | meaning |\n"
    "|---|---|---|---|---|\n";

std::string_view FormText(SettingForm form) {
  switch (form) {
    case SettingForm::kFlag:
      return "true or false";
    case SettingForm::kText:
      return "text";
    case SettingForm::kTexts:
      return "list of texts";
    case SettingForm::kWord:
      return "";
    case SettingForm::kInteger:
      return "number";
    case SettingForm::kUsd:
      return "USD";
    case SettingForm::kSecret:
      return "secret, never shown again";
  }
  return "";
}

// What may be set: the words, or the kind with its bounds.
std::string Takes(const SettingRow& row) {
  if (row.form == SettingForm::kWord) return StrCat("`", row.choices, "`");
  if (row.form != SettingForm::kInteger) return std::string(FormText(row.form));
  return StrCat(row.min, " to ", row.max, " ", row.unit);
}

std::string_view Standard(const SettingRow& row) {
  return row.form == SettingForm::kFlag && row.standard.empty() ? "false" : row.standard;
}

}  // namespace

absl::StatusOr<std::string> RunSettingsPage(const weir::Settings&) {
  std::string page(kHead);
  for (const SettingRow& row : SettingTable()) {
    StrAppend(page, "| `", row.name, "` | ", Takes(row), " | ", Standard(row), " | ",
              row.reach == SettingReach::kRelays ? "relays" : "admin", " | ", row.description,
              " |\n");
  }
  return page;
}

}  // namespace weir::admin
