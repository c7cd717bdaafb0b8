#include "services/admin/model/setting_table.h"

#include "libs/common/resource_rules.h"
#include "services/admin/model/settings_rules.h"

namespace weir::admin {
namespace {

using Form = SettingForm;
using Reach = SettingReach;

// Money has no bounds here: what CheckLimit takes.
constexpr SettingRow kRows[] = {
    {"site_name", "general", Form::kText, Reach::kAdmin, "What pages call this installation.", "",
     0, 0, "", "Weir"},
    {"relay_url", "general", Form::kText, Reach::kAdmin,
     "Where clients reach the relays: shown in examples, and what the console's page may ask."},
    {"registration", "general", Form::kWord, Reach::kAdmin,
     "Who may make a user of themselves: nobody, whoever has an invite, everybody.", "", 0, 0,
     "closed, invite, open"},
    {"console_url", "general", Form::kText, Reach::kRelays,
     "Where people reach this console: providers send them back there, and its pages may send "
     "requests to the relays."},
    {"console_origins", "general", Form::kTexts, Reach::kRelays,
     "Further addresses that people reach it by, such as http://192.168.1.5:8081: pages from there "
     "may send requests to the relays too."},
    {"oidc_issuer", "log_in", Form::kText, Reach::kAdmin,
     "The OpenID provider whose users may log in here, as its discovery document names it."},
    {"oidc_name", "log_in", Form::kText, Reach::kAdmin, "What the button calls the provider."},
    {"oidc_client_id", "log_in", Form::kText, Reach::kAdmin,
     "What this installation is called at the provider."},
    {"oidc_client_secret", "log_in", Form::kSecret, Reach::kAdmin,
     "Its secret there; none for a public client."},
    {"oidc_scopes", "log_in", Form::kTexts, Reach::kAdmin,
     "What is asked for beside openid; profile and email when there are none."},
    {"oidc_creates_users", "log_in", Form::kFlag, Reach::kAdmin,
     "Whoever the provider vouches for becomes a user, whatever registration says."},
    {"oidc_second_factor", "log_in", Form::kWord, Reach::kAdmin,
     "Whether the second factor of a user is left to the provider, or asked for here too.", "", 0,
     0, "provider, ask"},
    {"oidc_role_claim", "log_in", Form::kText, Reach::kAdmin,
     "The claim that makes administrators and users, at each log-in; roles are given here when "
     "there is none."},
    {"oidc_admin_values", "log_in", Form::kTexts, Reach::kAdmin,
     "Values of that claim that make an administrator."},
    {"session_life_ms", "log_in", Form::kInteger, Reach::kAdmin,
     "How long a log-in lasts; for log-ins from now on.", "ms", kSessionLifeMsMin,
     kSessionLifeMsMax, "", "604800000"},
    {"login_failures_max", "log_in", Form::kInteger, Reach::kAdmin,
     "Failed log-ins with one name from one address before it is locked out.", "log-ins",
     kLoginFailuresMin, kLoginFailuresMax, "", "5"},
    {"login_lock_ms", "log_in", Form::kInteger, Reach::kAdmin,
     "How long it is locked out, from its first failure on.", "ms", kLoginLockMsMin,
     kLoginLockMsMax, "", "300000"},
    {"password_bytes_min", "log_in", Form::kInteger, Reach::kAdmin,
     "The shortest password that may be set from now on.", "bytes", kPasswordBytesMin,
     kPasswordBytesMinMax, "", "8"},
    {"alert_url", "alerts", Form::kText, Reach::kAdmin,
     "The webhook that is told of lost accounts, budgets near their end and the like."},
    {"alert_secret", "alerts", Form::kSecret, Reach::kAdmin,
     "Signs what the webhook is told; at least 16 bytes."},
    {"system_prompt", "requests", Form::kText, Reach::kRelays,
     "Put before each request's own system prompt."},
    {"timeouts.connect_ms", "requests", Form::kInteger, Reach::kRelays,
     "For accounts that set none: until a connection is usable.", "ms", 1, kTimeoutMsMax, "",
     "10000"},
    {"timeouts.first_byte_ms", "requests", Form::kInteger, Reach::kRelays,
     "For accounts that set none: until the first byte of the answer.", "ms", 1, kTimeoutMsMax, "",
     "300000"},
    {"timeouts.idle_ms", "requests", Form::kInteger, Reach::kRelays,
     "For accounts that set none: between two bytes of an answer.", "ms", 1, kTimeoutMsMax, "",
     "300000"},
    {"timeouts.total_ms", "requests", Form::kInteger, Reach::kRelays,
     "For accounts that set none: the whole request.", "ms", 1, kTimeoutMsMax, "", "3600000"},
    {"cache_ttl_ms", "requests", Form::kInteger, Reach::kRelays,
     "How long the response cache keeps an answer, for who has it on.", "ms", 1, kCacheTtlMsMax, "",
     "300000"},
    {"on_disconnect", "requests", Form::kWord, Reach::kRelays,
     "What becomes of a request whose client has left: ended at once, or read on within caps.", "",
     0, 0, "abort, drain"},
    {"drain_ms_max", "requests", Form::kInteger, Reach::kRelays,
     "How long an answer is read on without its client.", "ms", 1, kDrainMsMax, "", "60000"},
    {"drain_usd_max", "requests", Form::kUsd, Reach::kRelays,
     "What an answer that is read on without its client may cost.", "USD", 0, 0, "", "no cap"},
    {"tier_models.free", "requests", Form::kTexts, Reach::kRelays,
     "What session accounts of tier free serve that name no models themselves; none: everything."},
    {"tier_models.pro", "requests", Form::kTexts, Reach::kRelays,
     "What session accounts of tier pro serve that name no models themselves; none: everything."},
    {"tier_models.pro+", "requests", Form::kTexts, Reach::kRelays,
     "What session accounts of tier pro+ serve that name no models themselves; none: everything."},
    {"tier_models.business", "requests", Form::kTexts, Reach::kRelays,
     "What session accounts of tier business serve that name no models themselves; none: "
     "everything."},
    {"redis_away_policy", "limits", Form::kWord, Reach::kRelays,
     "Shared limits while Redis is away: each relay by itself, all let in, all with limits "
     "refused.",
     "", 0, 0, "local, open, closed"},
    {"budgets_when_usage_away", "limits", Form::kWord, Reach::kRelays,
     "Budgets while usage is away and the leases are spent: requests are refused, or served.", "",
     0, 0, "spend_leases_then_closed, spend_leases_then_open"},
    {"budget_output_tokens_default", "limits", Form::kInteger, Reach::kRelays,
     "Output reserved of budgets for a request that names no limit.", "tokens", 1, kTokensMax, "",
     "4096"},
    {"bodies_forbidden", "records", Form::kFlag, Reach::kRelays,
     "No body is recorded, whatever keys and groups say."},
    {"body_bytes_max", "records", Form::kInteger, Reach::kRelays,
     "How much of one recorded body is kept.", "bytes", kBodyBytesMin, kBodyBytesMax, "", "65536"},
    {"body_mask_emails", "records", Form::kFlag, Reach::kRelays,
     "E-mail addresses are masked in recorded bodies."},
    {"body_mask_patterns", "records", Form::kTexts, Reach::kRelays,
     "What these regular expressions match is masked in recorded bodies."},
    {"serve_unpriced_models", "unpriced_models", Form::kFlag, Reach::kRelays,
     "Models without a price are served at no cost instead of refused."},
};

}  // namespace

std::span<const SettingRow> SettingTable() { return kRows; }

}  // namespace weir::admin
