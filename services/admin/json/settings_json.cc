#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"
#include "services/admin/json/record_json.h"
#include "services/admin/json/value_json.h"
#include "services/admin/model/session_rules.h"
#include "services/admin/model/setting_table.h"
#include "services/admin/model/settings_rules.h"
#include "services/admin/model/validate.h"

namespace weir::admin {

namespace json = boost::json;

namespace {

// Every tier there is, also those that serve everything.
json::object TierModelsJson(const Settings& settings) {
  json::object tiers;
  for (const std::string_view tier : kTiers) {
    const auto found = settings.tier_models.find(std::string(tier));
    tiers[tier] =
        TextsJson(found == settings.tier_models.end() ? std::vector<std::string>() : found->second);
  }
  return tiers;
}

void ReadTierModels(BodyReader& reader, Settings& settings) {
  if (reader.IsNull("tier_models")) settings.tier_models.clear();
  const auto inner = reader.Object("tier_models");
  if (inner == nullptr) return;
  for (const std::string_view tier : kTiers) {
    inner->Texts(tier, settings.tier_models[std::string(tier)]);
  }
  inner->Finish();
  std::erase_if(settings.tier_models, [](const auto& tier) { return tier.second.empty(); });
}

}  // namespace

json::object SettingsJson(const Settings& settings) {
  return {{"site_name", settings.site_name},
          {"relay_url", settings.relay_url},
          {"registration", WordJson(settings.registration)},
          {"session_life_ms", CapJson(settings.session_life_ms)},
          {"login_failures_max", CapJson(settings.login_failures_max)},
          {"login_lock_ms", CapJson(settings.login_lock_ms)},
          {"password_bytes_min", CapJson(settings.password_bytes_min)},
          {"console_url", settings.console_url},
          {"console_origins", TextsJson(settings.console_origins)},
          {"oidc_issuer", settings.oidc_issuer},
          {"oidc_name", settings.oidc_name},
          {"oidc_client_id", settings.oidc_client_id},
          {"has_oidc_client_secret", !settings.sealed_oidc_client_secret.empty()},
          {"oidc_scopes", TextsJson(settings.oidc_scopes)},
          {"oidc_creates_users", settings.oidc_creates_users},
          {"oidc_second_factor", WordJson(settings.oidc_second_factor)},
          {"oidc_role_claim", settings.oidc_role_claim},
          {"oidc_admin_values", TextsJson(settings.oidc_admin_values)},
          {"alert_url", settings.alert_url},
          {"has_alert_secret", !settings.sealed_alert_secret.empty()},
          {"serve_unpriced_models", settings.serve_unpriced_models},
          {"system_prompt", settings.system_prompt},
          {"timeouts", TimeoutsJson(settings.timeouts)},
          {"redis_away_policy", WordJson(settings.redis_away_policy)},
          {"cache_ttl_ms", CapJson(settings.cache_ttl_ms)},
          {"on_disconnect", WordJson(settings.on_disconnect)},
          {"drain_ms_max", CapJson(settings.drain_ms_max)},
          {"drain_usd_max", UsdJson(settings.drain_nano_usd_max)},
          {"budgets_when_usage_away", WordJson(settings.budgets_when_usage_away)},
          {"budget_output_tokens_default", CapJson(settings.budget_output_tokens_default)},
          {"bodies_forbidden", settings.bodies_forbidden},
          {"body_bytes_max", CapJson(settings.body_bytes_max)},
          {"body_mask_emails", settings.body_mask_emails},
          {"body_mask_patterns", TextsJson(settings.body_mask_patterns)},
          {"tier_models", TierModelsJson(settings)},
          {"updated_at", TimeJson(settings.updated_at_ms)},
          {"version", settings.version}};
}

json::object FlatSettingsJson(const Settings& settings) {
  constexpr json::string_view kHas(kHasPrefix.data(), kHasPrefix.size());
  json::object flat;
  for (const auto& member : SettingsJson(settings)) {
    const json::string_view name = member.key();
    if (name == "version" || name == "updated_at") continue;
    if (name.starts_with(kHas)) {
      flat[name.substr(kHas.size())] = member.value();
      continue;
    }
    if (!member.value().is_object()) {
      flat[name] = member.value();
      continue;
    }
    for (const auto& inner : member.value().get_object()) {
      flat[StrCat(std::string_view(name.data(), name.size()), ".",
                  std::string_view(inner.key().data(), inner.key().size()))] = inner.value();
    }
  }
  return flat;
}

void ReadSettings(BodyReader& reader, Settings& settings, SettingSecrets& secrets) {
  reader.Ignore({"version", "updated_at", "sources", "has_alert_secret", "has_oidc_client_secret"});
  reader.Text("site_name", settings.site_name);
  reader.Text("relay_url", settings.relay_url);
  reader.Word("registration", settings.registration);
  reader.Cap("session_life_ms", settings.session_life_ms);
  reader.Cap("login_failures_max", settings.login_failures_max);
  reader.Cap("login_lock_ms", settings.login_lock_ms);
  reader.Cap("password_bytes_min", settings.password_bytes_min);
  reader.Text("console_url", settings.console_url);
  reader.Texts("console_origins", settings.console_origins);
  reader.Text("oidc_issuer", settings.oidc_issuer);
  reader.Text("oidc_name", settings.oidc_name);
  reader.Text("oidc_client_id", settings.oidc_client_id);
  reader.HiddenLine("oidc_client_secret", secrets.oidc_client_secret);
  reader.Texts("oidc_scopes", settings.oidc_scopes);
  reader.Flag("oidc_creates_users", settings.oidc_creates_users);
  reader.Word("oidc_second_factor", settings.oidc_second_factor);
  reader.Text("oidc_role_claim", settings.oidc_role_claim);
  reader.Texts("oidc_admin_values", settings.oidc_admin_values);
  reader.Text("alert_url", settings.alert_url);
  reader.HiddenLine("alert_secret", secrets.alert_secret);
  reader.Flag("serve_unpriced_models", settings.serve_unpriced_models);
  reader.Text("system_prompt", settings.system_prompt);
  ReadTimeouts(reader, settings.timeouts);
  reader.Word("redis_away_policy", settings.redis_away_policy);
  reader.Cap("cache_ttl_ms", settings.cache_ttl_ms);
  reader.Word("on_disconnect", settings.on_disconnect);
  reader.Cap("drain_ms_max", settings.drain_ms_max);
  reader.UsdCap("drain_usd_max", settings.drain_nano_usd_max);
  reader.Word("budgets_when_usage_away", settings.budgets_when_usage_away);
  reader.Cap("budget_output_tokens_default", settings.budget_output_tokens_default);
  reader.Flag("bodies_forbidden", settings.bodies_forbidden);
  reader.Cap("body_bytes_max", settings.body_bytes_max);
  reader.Flag("body_mask_emails", settings.body_mask_emails);
  reader.Texts("body_mask_patterns", settings.body_mask_patterns);
  ReadTierModels(reader, settings);
}

void Validate(const SettingSecrets& secrets, FieldErrors& errors) {
  if (secrets.oidc_client_secret.has_value() && !secrets.oidc_client_secret->empty()) {
    ValidateCredential(secrets.oidc_client_secret->Reveal(), "oidc_client_secret", errors);
  }
  const auto& secret = secrets.alert_secret;
  if (!secret.has_value() || secret->empty()) return;
  ValidateCredential(secret->Reveal(), "alert_secret", errors);
  if (secret->Reveal().size() < kAlertSecretBytesMin) {
    errors.Add("alert_secret", StrCat("must have at least ", kAlertSecretBytesMin, " bytes"));
  }
}

}  // namespace weir::admin
