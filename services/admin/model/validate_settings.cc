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
