// weir.yaml: what those who keep configuration in git declare there (README.md shows one).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "services/admin/credentials/vault.h"
#include "services/admin/store/store.h"

namespace weir::admin {

// The value of a variable; empty optional when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string&)>;
Environment ProcessEnvironment();

// Creates what the file declares and is not there, changes what differs, by name, in one
// transaction; leaves alone what the file does not name, and writes nothing when nothing differs.
// ${NAME} in a value is the variable NAME, $${ is "${" itself.
// InvalidArgument in one line that names the file and the path within it: an unknown field, a
// variable that is not set, a value that is wrong.
absl::Status ApplyYamlFile(Store& store, const Vault& vault, const std::string& path,
                           const Environment& environment);
absl::Status ApplyYaml(Store& store, const Vault& vault, std::string_view text,
                       const Environment& environment);

}  // namespace weir::admin
