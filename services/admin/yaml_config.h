// weir.yaml: what those who keep configuration in git declare there (README.md shows one).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "services/admin/credentials/vault.h"
#include "services/admin/model/declared_settings.h"
#include "services/admin/store/changes.h"
#include "services/admin/store/store.h"

namespace weir::admin {

// The value of a variable; empty optional when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;
Environment ProcessEnvironment();

// kTry looks what would change and takes it back.
enum class YamlMode { kApply, kTry };

struct YamlOutcome {
  std::vector<AuditEntry> changes;  // as the audit log has them: without secrets
  DeclaredSettings::Names declared;
};

// Creates what the file declares and is not there, changes what differs, by name, in one
// transaction; leaves alone what the file does not name, and writes nothing when nothing differs.
// ${NAME} in a value is the variable NAME, $${ is "${" itself.
// InvalidArgument in one line that names the file and the path within it: an unknown field, a
// variable that is not set, a value that is wrong.
absl::StatusOr<YamlOutcome> ApplyYamlFile(Store& store, const Vault& vault, const std::string& path,
                                          const Environment& environment,
                                          YamlMode mode = YamlMode::kApply);
absl::StatusOr<YamlOutcome> ApplyYaml(Store& store, const Vault& vault, std::string_view text,
                                      const Environment& environment,
                                      YamlMode mode = YamlMode::kApply);

// For people: "update account main", then a line for each field. Empty when nothing differs.
std::string DifferenceText(const std::vector<AuditEntry>& changes);

}  // namespace weir::admin
