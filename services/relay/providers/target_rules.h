// What an account's upstream takes of its dialect: the rows of data/quirks.txt, and over them what
// an administrator said of the account. No I/O.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/quirks.h"
#include "services/relay/dialects/dialect.h"
#include "services/relay/snapshot/snapshot.h"
#include "services/relay/translate/neutral/target.h"

namespace weir::relay {

// `dialect` is the account's.
Target TargetRulesFor(const Account& account, Dialect dialect, std::string_view upstream_model);

// Whether an administrator said so of the account, whatever the rows say; `value` 1 on, 0 off.
bool SaysOfAccount(const Account& account, Quirk quirk, std::int64_t value = 1);

// A platform; else a host and what stands below it, empty = anywhere.
struct QuirkPlace {
  std::optional<Platform> platform;
  std::string_view host;  // a view of the text
};

// One row of the file.
struct QuirkRow {
  Dialect dialect = Dialect::kOpenAiChat;
  std::vector<QuirkPlace> places;
  ModelPattern model;
  std::vector<QuirkSetting> quirks;
};

// InvalidArgument names the line. `text` must outlive the rows.
absl::StatusOr<std::vector<QuirkRow>> ParseQuirkRows(std::string_view text);

// The file itself, as it was compiled in.
std::string_view QuirkRowsText();

}  // namespace weir::relay
