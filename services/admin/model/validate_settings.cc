// What administrators set for admin itself.
#include <algorithm>
#include <cstddef>

#include "libs/common/resource_rules.h"
#include "libs/common/text.h"
#include "libs/common/upstream_url.h"
#include "services/admin/model/settings_rules.h"
#include "services/admin/model/validate.h"

namespace weir::admin {
namespace {

constexpr std::size_t kNameBytesMax = 128;

// 0 = not set.
void CheckBounds(std::int64_t value, std::int64_t min, std::int64_t max, std::string_view field,
                 FieldErrors& errors) {
  if (value != 0 && (value < min || value > max)) {
    errors.Add(field, StrCat("must be ", min, " to ", max));
  }
}

void CheckText(std::string_view text, std::size_t bytes_max, std::string_view field,
               FieldErrors& errors) {
  if (text.size() > bytes_max || HasControl(text)) {
    errors.Add(field, StrCat("must be at most ", bytes_max, " bytes, without control characters"));
  }
}

void CheckScopes(const std::vector<std::string>& scopes, FieldErrors& errors) {
  constexpr std::size_t kScopesMax = 20;
  const auto is_odd = [](char c) { return c <= ' ' || c >= 0x7f || c == '"' || c == '\\'; };
  const bool good = scopes.size() <= kScopesMax &&
                    std::all_of(scopes.begin(), scopes.end(), [&](const std::string& scope) {
                      return !scope.empty() && scope.size() <= kNameBytesMax &&
                             std::none_of(scope.begin(), scope.end(), is_odd);
                    });
  if (!good) errors.Add("oidc_scopes", "must be at most 20 single words");
}

void CheckRoles(const Settings& settings, FieldErrors& errors) {
  constexpr std::size_t kValuesMax = 100;
  constexpr std::size_t kValueBytesMax = 256;
  CheckText(settings.oidc_role_claim, kValueBytesMax, "oidc_role_claim", errors);
  if (settings.oidc_admin_values.size() > kValuesMax) {
    errors.Add("oidc_admin_values", "must have at most 100 entries");
  }
  for (const std::string& value : settings.oidc_admin_values) {
    CheckText(value, kValueBytesMax, "oidc_admin_values", errors);
  }
}

void CheckConsole(const Settings& settings, FieldErrors& errors) {
  if (!settings.console_url.empty()) {
    ValidateUpstreamUrl(settings.console_url, "console_url", errors);
  }
  if (settings.console_origins.size() > kConsoleOriginsMax) {
    errors.Add("console_origins", StrCat("must have at most ", kConsoleOriginsMax, " entries"));
  }
  for (const std::string& origin : settings.console_origins) {
    const auto parsed = ParseUpstreamUrl(origin);
    if (!parsed.ok()) {
      errors.Add("console_origins", View(parsed.status().message()));
    } else if (!parsed->base_path.empty()) {
      errors.Add("console_origins", "must be scheme, host and port alone: http://192.168.1.5:8081");
    }
  }
}

void CheckOidc(const Settings& settings, FieldErrors& errors) {
  constexpr std::size_t kClientIdBytesMax = 512;
  if (!settings.oidc_issuer.empty()) {
    ValidateUpstreamUrl(settings.oidc_issuer, "oidc_issuer", errors);
    if (settings.oidc_client_id.empty()) errors.Add("oidc_client_id", "is needed");
    if (settings.console_url.empty())
      errors.Add("console_url", "is needed: the provider sends people back there");
  }
  CheckText(settings.oidc_name, kNameBytesMax, "oidc_name", errors);
  CheckText(settings.oidc_client_id, kClientIdBytesMax, "oidc_client_id", errors);
  CheckScopes(settings.oidc_scopes, errors);
  CheckRoles(settings, errors);
}

}  // namespace

void ValidateOwnSettings(const Settings& settings, FieldErrors& errors) {
  if (settings.site_name.size() > kNameBytesMax || HasControl(settings.site_name)) {
    errors.Add("site_name", "must be at most 128 bytes long, without control characters");
  }
  if (!settings.relay_url.empty()) {
    const auto url = ParseAccountUrl(settings.relay_url);
    if (!url.ok()) errors.Add("relay_url", View(url.status().message()));
  }
  CheckBounds(settings.session_life_ms, kSessionLifeMsMin, kSessionLifeMsMax, "session_life_ms",
              errors);
  CheckBounds(settings.login_failures_max, kLoginFailuresMin, kLoginFailuresMax,
              "login_failures_max", errors);
  CheckBounds(settings.login_lock_ms, kLoginLockMsMin, kLoginLockMsMax, "login_lock_ms", errors);
  CheckBounds(settings.password_bytes_min, kPasswordBytesMin, kPasswordBytesMinMax,
              "password_bytes_min", errors);
  CheckConsole(settings, errors);
  CheckOidc(settings, errors);
  if (settings.alert_url.empty()) return;
  ValidateWebhookUrl(settings.alert_url, "alert_url", errors);
  if (settings.sealed_alert_secret.empty()) {
    errors.Add("alert_secret", "is needed: what the webhook is told is signed");
  }
}

void ValidateWebhookUrl(std::string_view url, std::string_view field, FieldErrors& errors) {
  constexpr std::size_t kQueryBytesMax = 2048;
  const std::size_t query = url.find('?');
  ValidateUpstreamUrl(url.substr(0, query), field, errors);
  if (query == std::string_view::npos) return;
  const std::string_view text = url.substr(query);
  const auto is_odd = [](char c) { return c <= ' ' || c >= 0x7f || c == '#'; };
  if (text.size() > kQueryBytesMax || std::any_of(text.begin(), text.end(), is_odd)) {
    errors.Add(field, "must have a query of printable characters, at most 2048, and no fragment");
  }
}

}  // namespace weir::admin
