#include "services/admin/model/settings_rules.h"

namespace weir::admin {
namespace {

void TakeOidc(const Settings& from, Settings& settings) {
  settings.oidc_issuer = from.oidc_issuer;
  settings.oidc_name = from.oidc_name;
  settings.oidc_client_id = from.oidc_client_id;
  settings.sealed_oidc_client_secret = from.sealed_oidc_client_secret;
  settings.oidc_scopes = from.oidc_scopes;
  settings.oidc_creates_users = from.oidc_creates_users;
  settings.oidc_second_factor = from.oidc_second_factor;
  settings.oidc_role_claim = from.oidc_role_claim;
  settings.oidc_admin_values = from.oidc_admin_values;
}

}  // namespace

bool SameForRelays(const Settings& a, const Settings& b) {
  // By what admin alone goes by, so that a new setting reaches relays unless it is named here.
  Settings same = a;
  same.version = b.version;
  same.updated_at_ms = b.updated_at_ms;
  same.site_name = b.site_name;
  same.relay_url = b.relay_url;
  same.registration = b.registration;
  same.session_life_ms = b.session_life_ms;
  same.login_failures_max = b.login_failures_max;
  same.login_lock_ms = b.login_lock_ms;
  same.password_bytes_min = b.password_bytes_min;
  same.alert_url = b.alert_url;
  same.sealed_alert_secret = b.sealed_alert_secret;
  TakeOidc(b, same);
  return same == b;
}

bool SameOidc(const Settings& a, const Settings& b) {
  Settings same = a;
  TakeOidc(b, same);
  return same == a;
}

}  // namespace weir::admin
