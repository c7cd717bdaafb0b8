#include "libs/common/settings.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "libs/common/log.h"
#include "libs/common/secret_file.h"
#include "libs/common/text.h"
#include "libs/common/version.h"

namespace weir {
namespace {

std::string FlagName(std::string_view name) { return StrCat("--", ReplaceAll(name, '_', '-')); }

std::string_view KindText(SettingKind kind) {
  switch (kind) {
    case SettingKind::kText:
      return "text";
    case SettingKind::kInteger:
      return "number";
    case SettingKind::kFlag:
      return "true or false";
    case SettingKind::kLogLevel:
      return "log level";
  }
  return "text";
}

}  // namespace

Settings::Settings(std::string_view program, std::string_view env_prefix, std::string_view summary,
                   std::vector<Setting> table)
    : program_(program), env_prefix_(env_prefix), summary_(summary), table_(std::move(table)) {
  for (const Setting& setting : table_) {
    values_.emplace(setting.name, setting.default_value);
  }
}

absl::Status Settings::Load(int argc, const char* const* argv) {
  for (const Setting& setting : table_) {
    const std::string variable = EnvName(setting);
    if (const char* value = std::getenv(variable.c_str()); value != nullptr) {
      if (absl::Status status = Set(setting, value, variable); !status.ok()) return status;
    }
  }
  for (int i = 1; i < argc; ++i) {
    if (absl::Status status = LoadArgument(argc, argv, i); !status.ok()) return status;
  }
  return wants_text() ? absl::OkStatus() : LoadFiles();
}

absl::Status Settings::LoadFiles() {
  constexpr std::string_view kEnding = "_file";
  for (const Setting& setting : table_) {
    const std::string_view name = setting.name;
    const std::string& path = Text(name);
    if (path.empty() || !name.ends_with(kEnding)) continue;
    const Setting* named = Find(name.substr(0, name.size() - kEnding.size()));
    if (named == nullptr) continue;
    const absl::StatusOr<Secret> content = ReadSecretFile(path);
    if (!content.ok()) {
      return {content.status().code(), StrCat(EnvName(setting), ": ", content.status().message())};
    }
    if (absl::Status status = Set(*named, content->Reveal(), EnvName(setting)); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

absl::Status Settings::LoadArgument(int argc, const char* const* argv, int& index) {
  std::string_view argument = argv[index];
  if (!argument.starts_with("--")) {
    positional_.emplace_back(argument);
    return absl::OkStatus();
  }
  if (argument == "--help") text_ = HelpText();
  if (argument == "--help-markdown") text_ = HelpMarkdown();
  if (argument == "--version") text_ = StrCat(program_, " ", kVersion, "\n");
  if (wants_text()) return absl::OkStatus();

  const std::size_t equals = argument.find('=');
  const std::string name = ReplaceAll(
      argument.substr(2, equals == std::string_view::npos ? equals : equals - 2), '-', '_');
  const Setting* setting = Find(name);
  if (setting == nullptr) {
    return absl::InvalidArgumentError(
        StrCat("unknown flag ", argument, "; ", program_, " --help lists all"));
  }
  if (equals != std::string_view::npos) {
    return Set(*setting, argument.substr(equals + 1), FlagName(name));
  }
  if (setting->kind == SettingKind::kFlag) return Set(*setting, "true", FlagName(name));
  if (index + 1 >= argc) {
    return absl::InvalidArgumentError(StrCat(FlagName(name), " needs a value"));
  }
  return Set(*setting, argv[++index], FlagName(name));
}

absl::Status Settings::Set(const Setting& setting, std::string_view value, std::string_view from) {
  if (setting.kind == SettingKind::kInteger) {
    std::int64_t number = 0;
    if (!ParseInteger(value, number) || number < setting.min || number > setting.max) {
      return absl::InvalidArgumentError(StrCat(from, " is '", value, "'; it must be a number from ",
                                               setting.min, " to ", setting.max));
    }
  }
  if (setting.kind == SettingKind::kFlag && value != "true" && value != "false") {
    return absl::InvalidArgumentError(StrCat(from, " is '", value, "'; it must be true or false"));
  }
  if (setting.kind == SettingKind::kLogLevel && !ParseLogLevel(value).has_value()) {
    return absl::InvalidArgumentError(
        StrCat(from, " is '", value, "'; it must be debug, info, warning or error"));
  }
  values_.find(setting.name)->second = std::string(value);
  return absl::OkStatus();
}

const Setting* Settings::Find(std::string_view name) const {
  const auto found = std::find_if(table_.begin(), table_.end(),
                                  [name](const Setting& setting) { return setting.name == name; });
  return found == table_.end() ? nullptr : &*found;
}

std::string Settings::EnvName(const Setting& setting) const {
  return StrCat(env_prefix_, "_", ToUpper(setting.name));
}

const std::string& Settings::Text(std::string_view name) const {
  const auto found = values_.find(name);
  assert(found != values_.end());
  return found->second;
}

std::int64_t Settings::Integer(std::string_view name) const {
  std::int64_t number = 0;
  [[maybe_unused]] const bool is_number = ParseInteger(Text(name), number);
  assert(is_number);
  return number;
}

bool Settings::Flag(std::string_view name) const { return Text(name) == "true"; }

std::string Settings::HelpText() const {
  std::string text = StrCat(program_, ": ", summary_, "\n\nEach setting is a flag or an ",
                            "environment variable; the flag wins, and over both a file ",
                            "that a setting x_file beside x names.\n\n");
  for (const Setting& setting : table_) {
    StrAppend(text, "  ", FlagName(setting.name), "  (", EnvName(setting), ")\n      ",
              setting.help);
    if (!setting.default_value.empty()) {
      StrAppend(text, " Default: ", setting.default_value, ".");
    }
    text += "\n";
  }
  StrAppend(text, "  --help, --help-markdown, --version\n");
  return text;
}

std::string Settings::HelpMarkdown() const {
  std::string text =
      StrCat("## ", program_, "\n\n", summary_,
             "\n\n| variable | flag | kind | default | meaning |\n", "|---|---|---|---|---|\n");
  for (const Setting& setting : table_) {
    StrAppend(text, "| `", EnvName(setting), "` | `", FlagName(setting.name), "` | ",
              KindText(setting.kind), " | ",
              setting.default_value.empty() ? "" : StrCat("`", setting.default_value, "`"), " | ",
              setting.help, " |\n");
  }
  return text;
}

namespace {

FileReader ThisProcess() {
  FileReader reader{.user = ::geteuid(), .groups = {::getegid()}};
  const int count = ::getgroups(0, nullptr);
  if (count <= 0) return reader;
  std::vector<gid_t> more(static_cast<std::size_t>(count));
  // Fewer when one was taken away meanwhile; -1 when one came: then it counts next time.
  more.resize(static_cast<std::size_t>(std::max(0, ::getgroups(count, more.data()))));
  reader.groups.insert(reader.groups.end(), more.begin(), more.end());
  return reader;
}

}  // namespace

bool IsOpenToOthers(const FileRights& file, const FileReader& reader) {
  const auto& groups = reader.groups;
  // For root that is whom it gave it to; its own group is nobody's.
  const bool ours = reader.user == 0
                        ? file.group != 0
                        : std::find(groups.begin(), groups.end(), file.group) != groups.end();
  const bool given_to_us = file.owner == 0 && ours;
  const mode_t allowed = given_to_us ? S_IRGRP : 0;
  return (file.mode & (S_IRWXG | S_IRWXO) & ~allowed) != 0;
}

absl::StatusOr<Secret> ReadSecretFile(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return absl::NotFoundError(StrCat("cannot read the secret file '", path, "'"));
  }
  if (IsOpenToOthers({info.st_uid, info.st_gid, info.st_mode}, ThisProcess())) {
    return absl::PermissionDeniedError(StrCat("'", path, "' can be read by others; run: chmod 600 ",
                                              path, " (or 640 of root and this service's group)"));
  }
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  Secret secret{std::string(StripSpace(content.str()))};
  if (!file) return absl::NotFoundError(StrCat("cannot read the secret file '", path, "'"));
  if (secret.empty()) {
    return absl::NotFoundError(StrCat("the secret file '", path, "' is empty"));
  }
  return secret;
}

}  // namespace weir
