#include "services/admin/store/account_filter.h"

#include <algorithm>
#include <vector>

#include "libs/common/model_pattern.h"
#include "libs/common/text.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/session_rules.h"
#include "services/admin/store/columns.h"
#include "services/admin/store/settings_store.h"

namespace weir::admin::account_filter {
namespace {

constexpr std::string_view kAttention =
    "status = 'account_exception' OR "
    "(status IN ('rate_limited', 'api_exception') AND cooldown_until_ms > ?) OR "
    "(status <> 'disabled' AND credential_expires_at_ms > 0 AND (credential_expires_at_ms <= ? OR "
    "(refresh_at_ms = 0 AND credential_expires_at_ms <= ?)))";
// What decides the models of an account: its own list, or the tier of a session that has none.
constexpr std::string_view kDecides =
    "CASE WHEN platform = 'session' AND models = '[]' THEN 'tier:' || tier ELSE models END";
constexpr std::string_view kTierMark = "tier:";

// One parameter however many lists there are, so that a statement's text does not depend on them.
std::string_view AmongLists(sql::SqlDialect dialect) {
  static const std::string sqlite = StrCat(kDecides, " IN (SELECT value FROM json_each(?))");
  static const std::string postgres =
      StrCat(kDecides, " IN (SELECT jsonb_array_elements_text(CAST(? AS JSONB)))");
  return dialect == sql::SqlDialect::kSqlite ? sqlite : postgres;
}

bool Serves(const std::string& decides, const Settings& settings, std::string_view model) {
  Account account;
  if (decides.starts_with(kTierMark)) {
    account.platform = Platform::kSession;
    account.tier = decides.substr(kTierMark.size());
  } else {
    account.models = DecodeList(decides);
  }
  const std::vector<std::string>& served = ServedModels(account, settings);
  return served.empty() || std::any_of(served.begin(), served.end(), [&](const std::string& text) {
           return ModelPattern(text).Matches(model);
         });
}

}  // namespace

std::string NormalNow(std::string_view now) {
  return StrCat(
      "status = 'normal' OR (status IN ('rate_limited', 'api_exception') AND cooldown_until_ms <= ",
      now, ")");
}

Condition NeedsAttention(bool needed, std::int64_t now_ms) {
  static const std::string not_needed = StrCat("NOT (", kAttention, ")");
  return {needed ? kAttention : not_needed, {now_ms, now_ms, now_ms + kExpiresSoonMs}};
}

absl::StatusOr<Condition> ServesModel(sql::Transaction& transaction, std::string_view model,
                                      std::int64_t lists_max) {
  const auto settings = settings_store::Get(transaction);
  if (!settings.ok()) return settings.status();
  const auto lists = transaction.Execute(
      StrCat("SELECT DISTINCT ", kDecides, " FROM accounts LIMIT $1"), {lists_max + 1});
  if (!lists.ok()) return lists.status();
  if (std::ssize(lists->rows) > lists_max) {
    return BadParameter(StrCat("accounts have more than ", lists_max,
                               " different lists of models; give them patterns in common"));
  }
  std::vector<std::string> serving;
  for (const sql::Row& row : lists->rows) {
    if (Serves(row.Text(0), *settings, model)) serving.push_back(row.Text(0));
  }
  return Condition{AmongLists(transaction.dialect()), {EncodeList(serving)}};
}

}  // namespace weir::admin::account_filter
