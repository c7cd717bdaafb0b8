// What `weir-admin seed` does: a database that somebody can start with.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "services/admin/credentials/vault.h"
#include "services/admin/store/store.h"

namespace weir::admin {

struct SeedInput {
  std::string demo_url;                            // empty = no demo accounts
  std::map<std::string, std::string> environment;  // provider keys by variable: OPENAI_API_KEY, …
  // Where people reach relay and console; kept only where the settings say nothing yet.
  std::string relay_url = {};
  std::string console_url = {};
};

// NAME=value lines to print: what was created (its secrets are shown here only), and always a model
// that can be used, if there is one.
using SeedOutput = std::vector<std::pair<std::string, std::string>>;

// Creates what is missing, by name, in one transaction each; running it again changes nothing.
// Needs the schema.
absl::StatusOr<SeedOutput> Seed(Store& store, const Vault& vault, const SeedInput& input);

}  // namespace weir::admin
