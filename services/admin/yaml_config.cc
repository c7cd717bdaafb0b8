#include "services/admin/yaml_config.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"
#include "services/admin/json/yaml_json.h"
#include "services/admin/model/problem.h"
#include "services/admin/store/audit.h"
#include "services/admin/yaml_entries.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

using yaml::Run;

// Errors of one entry, with its path before the field's name.
absl::Status At(const std::string& path, const absl::Status& status) {
  if (status.ok()) return status;
  const auto fields = FieldsOf(status);
  if (fields.empty()) {
    return absl::Status(status.code(), StrCat(path, ": ", status.message()));
  }
  std::string message;
  for (const auto& [field, what] : fields) {
    StrAppend(message, message.empty() ? "" : "; ", path, ".", field, ": ", what);
  }
  return absl::InvalidArgumentError(message);
}

struct Section {
  const char* name;
  absl::Status (*apply)(Run&, const json::object&);
};

// In the order in which they name each other.
constexpr Section kSections[] = {{"groups", yaml::ApplyGroup}, {"users", yaml::ApplyUser},
                                 {"prices", yaml::ApplyPrice}, {"accounts", yaml::ApplyAccount},
                                 {"models", yaml::ApplyRoute}, {"api_keys", yaml::ApplyKey}};

absl::Status ApplySection(Run& run, const Section& section, const json::value& value) {
  if (value.is_null()) return absl::OkStatus();
  if (!value.is_array()) {
    return absl::InvalidArgumentError(StrCat(section.name, ": must be a list"));
  }
  std::size_t number = 0;
  for (const json::value& entry : value.get_array()) {
    const std::string path = StrCat(section.name, "[", number++, "]");
    if (!entry.is_object()) {
      return absl::InvalidArgumentError(StrCat(path, ": must hold fields"));
    }
    absl::Status applied = At(path, section.apply(run, entry.get_object()));
    if (!applied.ok()) return applied;
  }
  return absl::OkStatus();
}

absl::Status CheckSections(const json::object& root) {
  for (const auto& entry : root) {
    const std::string name(entry.key().data(), entry.key().size());
    bool known = name == "settings";
    for (const Section& section : kSections) known = known || name == section.name;
    if (!known) return absl::InvalidArgumentError(StrCat(name, ": is not a known section"));
  }
  return absl::OkStatus();
}

absl::Status ApplyAll(Run& run, const json::object& root) {
  for (const Section& section : kSections) {
    const json::value* value = root.if_contains(section.name);
    if (value == nullptr) continue;
    absl::Status applied = ApplySection(run, section, *value);
    if (!applied.ok()) return applied;
  }
  if (absl::Status prices = At("prices", yaml::ApplyPrices(run)); !prices.ok()) return prices;
  const json::value* settings = root.if_contains("settings");
  if (settings == nullptr || settings->is_null()) return absl::OkStatus();
  if (!settings->is_object()) return absl::InvalidArgumentError("settings: must hold fields");
  return At("settings", yaml::ApplySettings(run, settings->get_object()));
}

// The settings that the file names, by their whole names.
DeclaredSettings::Names DeclaredIn(const json::object& root) {
  DeclaredSettings::Names names;
  const json::value* settings = root.if_contains("settings");
  if (settings == nullptr || !settings->is_object()) return names;
  for (const auto& member : settings->get_object()) {
    const std::string name(member.key().data(), member.key().size());
    if (!member.value().is_object()) {
      names.insert(name);
      continue;
    }
    for (const auto& inner : member.value().get_object()) {
      names.insert(StrCat(name, ".", std::string_view(inner.key().data(), inner.key().size())));
    }
  }
  return names;
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

absl::StatusOr<YamlOutcome> ApplyYaml(Store& store, const Vault& vault, std::string_view text,
                                      const Environment& environment, YamlMode mode) {
  auto root = JsonOfYaml(text, environment);
  if (!root.ok()) return root.status();
  if (root->is_null()) return YamlOutcome();
  if (!root->is_object()) return absl::InvalidArgumentError("the file must hold sections");
  if (absl::Status known = CheckSections(root->get_object()); !known.ok()) return known;
  const ActorScope scope({.user_id = 0, .name = "weir.yaml", .client_ip = {}, .request_id = {}});
  YamlOutcome outcome = {.changes = {}, .declared = DeclaredIn(root->get_object())};
  bool tried = false;
  absl::Status done = store.Change([&](sql::Transaction& transaction,
                                       Changes& changes) -> absl::Status {
    Run run = {
        .transaction = transaction, .changes = changes, .vault = vault, .now_ms = store.NowMs()};
    tried = false;
    // Another admin may be applying the same file: both would make what is not there yet.
    absl::Status applied = transaction.Lock("weir.yaml");
    if (applied.ok()) applied = ApplyAll(run, root->get_object());
    if (!applied.ok()) return applied;
    outcome.changes = changes.entries();
    tried = mode == YamlMode::kTry;
    return tried ? absl::CancelledError("a dry run: all is taken back") : absl::OkStatus();
  });
  if (!done.ok() && !(tried && absl::IsCancelled(done))) return done;
  return outcome;
}

absl::StatusOr<YamlOutcome> ApplyYamlFile(Store& store, const Vault& vault, const std::string& path,
                                          const Environment& environment, YamlMode mode) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  if (!file) return absl::NotFoundError(StrCat("cannot read the configuration '", path, "'"));
  auto applied = ApplyYaml(store, vault, content.str(), environment, mode);
  if (applied.ok()) return applied;
  return absl::Status(applied.status().code(), StrCat(path, ": ", applied.status().message()));
}

std::string DifferenceText(const std::vector<AuditEntry>& changes) {
  std::string text;
  for (const AuditEntry& entry : changes) {
    if (entry.action == "update" && entry.fields.empty()) continue;
    StrAppend(text, entry.action, " ", entry.resource, " ", entry.resource_name, "\n");
    for (const FieldChange& field : entry.fields) {
      StrAppend(text, "  ", field.field, ": ");
      if (field.from != "null" && field.from != field.to) StrAppend(text, field.from, " -> ");
      StrAppend(text, field.to, "\n");
    }
  }
  return text;
}

}  // namespace weir::admin
