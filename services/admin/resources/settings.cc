// /api/v1/admin/settings: policy that holds for all relays, and for who comes in. A change holds at
// once; what weir.yaml declares is changed there.
#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"
#include "services/admin/json/describe.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/declared_settings.h"
#include "services/admin/model/setting_table.h"
#include "services/admin/model/settings_rules.h"
#include "services/admin/model/validate.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/settings_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

json::string Text(std::string_view text) { return json::string(text.data(), text.size()); }

std::string_view SourceOf(const json::object& flat, const json::object& defaults,
                          const DeclaredSettings::Names& declared, std::string_view name) {
  if (declared.contains(name)) return "file";
  const json::string key = Text(name);
  return flat.at(key) == defaults.at(key) ? "default" : "database";
}

json::value SourceWord(std::string_view source) {
  return OneWord({"default", "database", "file"}, source);
}

json::value SettingsShape() {
  json::object settings = SettingsJson(Settings());
  settings["sources"] = ByName({}, [] { return SourceWord("default"); });
  return Named("Settings", std::move(settings));
}

void DescribeBody(BodyReader& reader) {
  Settings settings;
  SettingSecrets secrets;
  ReadSettings(reader, settings, secrets);
}

Response WholeResponse(ResourceParts& parts, const Settings& settings) {
  const json::object flat = FlatSettingsJson(settings);
  const json::object defaults = FlatSettingsJson(Settings());
  const DeclaredSettings::Names declared = parts.declared.Get();
  json::object sources;
  for (const SettingRow& row : SettingTable()) {
    sources[Text(row.name)] = Text(SourceOf(flat, defaults, declared, row.name));
  }
  json::object body = SettingsJson(settings);
  body["sources"] = std::move(sources);
  return RecordResponse(200, body, settings.version);
}

absl::StatusOr<Response> Get(ResourceParts& parts) {
  auto settings = ReadValue(parts.store, settings_store::Get);
  if (!settings.ok()) return settings.status();
  return WholeResponse(parts, *settings);
}

std::string_view FormWord(SettingForm form) {
  switch (form) {
    case SettingForm::kFlag:
      return "flag";
    case SettingForm::kText:
      return "text";
    case SettingForm::kTexts:
      return "texts";
    case SettingForm::kWord:
      return "word";
    case SettingForm::kInteger:
      return "integer";
    case SettingForm::kUsd:
      return "usd";
    case SettingForm::kSecret:
      return "secret";
  }
  return "";
}

json::object RowJson(const SettingRow& row) {
  json::object object = {{"name", Text(row.name)},
                         {"section", Text(row.section)},
                         {"type", Text(FormWord(row.form))},
                         {"reach", row.reach == SettingReach::kRelays ? "relays" : "admin"},
                         {"description", Text(row.description)}};
  if (!row.unit.empty()) object["unit"] = Text(row.unit);
  if (row.form == SettingForm::kInteger) {
    object["min"] = row.min;
    object["max"] = row.max;
  }
  if (row.form == SettingForm::kWord) {
    json::array choices;
    for (const std::string_view choice : Split(row.choices, ',')) {
      choices.push_back(Text(StripSpace(choice)));
    }
    object["choices"] = std::move(choices);
  }
  if (!row.standard.empty()) object["when_unset"] = Text(row.standard);
  return object;
}

json::value RowShape() {
  json::object row = {{"name", ""}, {"section", ""}, {"description", ""}};
  row["type"] = OneWord({"flag", "text", "texts", "word", "integer", "usd", "secret"}, "flag");
  row["reach"] = OneWord({"admin", "relays"}, "admin");
  row["source"] = SourceWord("default");
  for (const char* text : {"unit", "when_unset"}) row[text] = MaybeAbsent("");
  for (const char* number : {"min", "max"}) row[number] = MaybeAbsent(0);
  row["choices"] = MaybeAbsent(json::array{""});
  for (const char* any : {"value", "default"}) row[any] = Anything(nullptr);
  return row;
}

absl::StatusOr<Response> ShowTable(ResourceParts& parts) {
  auto settings = ReadValue(parts.store, settings_store::Get);
  if (!settings.ok()) return settings.status();
  const json::object flat = FlatSettingsJson(*settings);
  const json::object defaults = FlatSettingsJson(Settings());
  const DeclaredSettings::Names declared = parts.declared.Get();
  json::array data;
  for (const SettingRow& row : SettingTable()) {
    json::object object = RowJson(row);
    object["value"] = flat.at(Text(row.name));
    object["default"] = defaults.at(Text(row.name));
    object["source"] = Text(SourceOf(flat, defaults, declared, row.name));
    data.push_back(std::move(object));
  }
  return RecordResponse(200, json::object{{"data", std::move(data)}}, settings->version);
}

// What weir.yaml declares must stay as it is.
void CheckDeclared(const Settings& before, const Settings& after,
                   const DeclaredSettings::Names& declared, FieldErrors& errors) {
  const json::object was = FlatSettingsJson(before);
  const json::object is = FlatSettingsJson(after);
  for (const std::string& name : declared) {
    const json::value* value = was.if_contains(name);
    if (value == nullptr || *value == is.at(name)) continue;
    errors.Add(name, "is set by weir.yaml; change it there");
  }
  for (const SecretSetting& secret : SecretSettings()) {
    if (declared.contains(secret.name) && before.*secret.sealed != after.*secret.sealed) {
      errors.Add(secret.name, "is set by weir.yaml; change it there");
    }
  }
}

// A whole record that leaves out what weir.yaml declares does not mean to change it.
void KeepDeclared(const Settings& before, const DeclaredSettings::Names& declared,
                  const json::object& body, Settings& changed) {
  json::object kept;
  const json::object flat = FlatSettingsJson(before);
  for (const std::string& name : declared) {
    const auto dot = name.find('.');
    const std::string outer = name.substr(0, dot);
    const json::value* value = flat.if_contains(name);
    if (value == nullptr || body.contains(outer)) continue;
    if (dot == std::string::npos) {
      kept[name] = *value;
    } else {
      if (!kept.contains(outer)) kept[outer] = json::object();
      kept[outer].as_object()[name.substr(dot + 1)] = *value;
    }
  }
  FieldErrors none;  // they were good when they were stored
  BodyReader reader(kept, none);
  SettingSecrets stay;
  ReadSettings(reader, changed, stay);
}

// Who says whom people are could say that somebody is an administrator.
absl::Status CheckProvider(ResourceParts& parts, const Caller& caller, const Settings& before,
                           const Settings& after) {
  return SameOidc(before, after) ? absl::OkStatus() : parts.sessions.CheckConfirmed(caller);
}

absl::StatusOr<Response> Change(ResourceParts& parts, const Request& request, const Caller& caller,
                                bool whole) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  auto settings = ChangeValue(
      parts.store,
      [&](sql::Transaction& transaction, Changes& changes) -> absl::StatusOr<Settings> {
        auto before = settings_store::Get(transaction);
        if (!before.ok()) return before.status();
        if (auto match = CheckIfMatch(request, before->version); !match.ok()) return match;
        const DeclaredSettings::Names declared = parts.declared.Get();
        Settings changed = whole ? WithSecretsOf(*before) : *before;
        changed.version = before->version;
        if (whole) KeepDeclared(*before, declared, *body, changed);
        FieldErrors errors;
        BodyReader reader(*body, errors);
        SettingSecrets secrets;
        ReadSettings(reader, changed, secrets);
        reader.Finish();
        Validate(secrets, errors);
        PutSecrets(parts.vault, secrets, changed);
        Validate(changed, errors);
        CheckDeclared(*before, changed, declared, errors);
        if (!errors.empty()) return errors.ToStatus();
        auto may = CheckProvider(parts, caller, *before, changed);
        if (!may.ok()) return may;
        auto done = settings_store::Update(transaction, changes, parts.store.NowMs(), changed);
        if (!done.ok()) return done;
        return changed;
      });
  if (!settings.ok()) return settings.status();
  return WholeResponse(parts, *settings);
}

}  // namespace

Routes SettingsRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/admin/settings",
       Access::kAdmin,
       [&parts](const Request&, const Caller&) { return Get(parts); },
       {.summary = "Show the settings", .answers = {Answers(SettingsShape)}}},
      {"GET",
       "/api/v1/admin/settings/table",
       Access::kAdmin,
       [&parts](const Request&, const Caller&) { return ShowTable(parts); },
       {.summary = "Show what each setting is", .answers = {AnswersData(RowShape)}}},
      {"PUT",
       "/api/v1/admin/settings",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Change(parts, request, caller, true);
       },
       {.summary = "Change the settings as a whole",
        .body = DescribeBody,
        .answers = {Answers(SettingsShape)},
        .guarded = true,
        .about = "What is left out gets its default, but for what weir.yaml declares and for "
                 "secrets, which stay; null takes a secret away."}},
      {"PATCH",
       "/api/v1/admin/settings",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Change(parts, request, caller, false);
       },
       {.summary = "Change some settings",
        .body = DescribeBody,
        .answers = {Answers(SettingsShape)},
        .guarded = true}},
  };
}

}  // namespace weir::admin
