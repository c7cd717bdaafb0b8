#include "services/admin/model/settings_rules.h"

namespace weir::admin {

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
  return same == b;
}

}  // namespace weir::admin
