// The settings of one service: one table, from which come the flags, the environment variables,
// --help and the page in the docs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/secret.h"

namespace weir {

enum class SettingKind { kText, kInteger, kFlag, kLogLevel };

// `name` in lower case with underscores and its unit last: `connect_timeout_ms` is the flag
// --connect-timeout-ms and the variable WEIR_RELAY_CONNECT_TIMEOUT_MS.
struct Setting {
  std::string_view name;
  SettingKind kind;
  std::string_view default_value;  // empty = none
  std::string_view help;           // one sentence
  std::int64_t min = 0;            // integers only
  std::int64_t max = INT64_MAX;
};

// Loaded once at start, read-only after.
class Settings {
 public:
  // `program` as in weir-relay, `env_prefix` as in WEIR_RELAY, `summary` one sentence for --help.
  Settings(std::string_view program, std::string_view env_prefix, std::string_view summary,
           std::vector<Setting> table);

  // Flags (--name=value, --name value, --flag) win over the environment, which wins over defaults.
  // Where the table has `x` and `x_file`, the file's content is the value of `x` and wins over all.
  // InvalidArgument names the setting, what is wrong, and where the value came from. The arguments
  // that are not flags are kept for positional().
  absl::Status Load(int argc, const char* const* argv);

  // True when --help, --version or --help-markdown was asked for; then print text() and exit with
  // 0.
  bool wants_text() const { return !text_.empty(); }
  const std::string& text() const { return text_; }

  // Asking for a name that is not in the table, or of another kind, asserts.
  const std::string& Text(std::string_view name) const;
  std::int64_t Integer(std::string_view name) const;
  bool Flag(std::string_view name) const;
  const std::vector<std::string>& positional() const { return positional_; }

  std::string HelpText() const;
  std::string HelpMarkdown() const;

 private:
  absl::Status Set(const Setting& setting, std::string_view value, std::string_view from);
  absl::Status LoadArgument(int argc, const char* const* argv, int& index);
  absl::Status LoadFiles();
  const Setting* Find(std::string_view name) const;
  std::string EnvName(const Setting& setting) const;

  std::string program_;
  std::string env_prefix_;
  std::string summary_;
  std::vector<Setting> table_;
  std::map<std::string, std::string, std::less<>> values_;
  std::vector<std::string> positional_;
  std::string text_;
};

// Content of a file that holds a secret, without the line end. NotFound, or PermissionDenied when
// others than its owner may read it; one of root's may be readable by its group.
absl::StatusOr<Secret> ReadSecretFile(const std::string& path);

}  // namespace weir
