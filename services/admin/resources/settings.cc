// /api/v1/admin/settings: policy that holds for all relays, and for registration.
#include "services/admin/json/record_json.h"
#include "services/admin/model/validate.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/settings_store.h"

namespace weir::admin {
namespace {

boost::json::value SettingsShape() { return Named("Settings", SettingsJson(Settings())); }

absl::StatusOr<Response> Get(ResourceParts& parts) {
  auto settings = ReadValue(parts.store, settings_store::Get);
  if (!settings.ok()) return settings.status();
  return RecordResponse(200, SettingsJson(*settings), settings->version);
}

absl::StatusOr<Response> Put(ResourceParts& parts, const Request& request) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  auto settings = ChangeValue(
      parts.store,
      [&](sql::Transaction& transaction, Changes& changes) -> absl::StatusOr<Settings> {
        auto before = settings_store::Get(transaction);
        if (!before.ok()) return before.status();
        if (auto match = CheckIfMatch(request, before->version); !match.ok()) return match;
        Settings changed;
        changed.version = before->version;
        FieldErrors errors;
        BodyReader reader(*body, errors);
        ReadSettings(reader, changed);
        reader.Finish();
        Validate(changed, errors);
        if (!errors.empty()) return errors.ToStatus();
        auto done = settings_store::Update(transaction, changes, parts.store.NowMs(), changed);
        if (!done.ok()) return done;
        return changed;
      });
  if (!settings.ok()) return settings.status();
  return RecordResponse(200, SettingsJson(*settings), settings->version);
}

}  // namespace

Routes SettingsRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/admin/settings",
       Access::kAdmin,
       [&parts](const Request&, const Caller&) { return Get(parts); },
       {.summary = "Show the settings", .answers = {Answers(SettingsShape)}}},
      {"PUT",
       "/api/v1/admin/settings",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Put(parts, request); },
       {.summary = "Change the settings as a whole",
        .body =
            [](BodyReader& reader) {
              Settings settings;
              ReadSettings(reader, settings);
            },
        .answers = {Answers(SettingsShape)},
        .guarded = true}},
  };
}

}  // namespace weir::admin
