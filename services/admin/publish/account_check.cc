#include "services/admin/publish/account_check.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/session_rules.h"
#include "services/admin/model/test_model.h"
#include "services/admin/model/validate.h"
#include "services/admin/model/words.h"
#include "services/admin/publish/observation.h"
#include "services/admin/store/account_history.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/audit.h"
#include "services/admin/store/settings_store.h"

namespace weir::admin {
namespace {

constexpr std::int64_t kTokensMax = 16;  // enough for a word; the fewest that every protocol takes
constexpr std::int64_t kUsPerMs = 1'000;
// As services/relay/README.md names it.
constexpr std::string_view kCredentialSignal = "credential";

absl::StatusOr<AccountTestAsk> AskFor(const Account& account, std::string_view model,
                                      std::string_view relay_id) {
  AccountTestAsk ask;
  ask.model = model.empty() ? TestModelOf(account) : std::string(model);
  ask.relay_id = relay_id;
  ask.max_tokens = kTokensMax;
  FieldErrors errors;
  ValidateUpstreamUrl(account.request_url, "request_url", errors);
  if (ask.model.empty()) errors.Add("model", "is needed: the account names none");
  if (!errors.empty()) return errors.ToStatus();
  return ask;
}

AccountCheck CheckOf(const AccountTestAsk& ask, const AccountTestOutcome& outcome,
                     std::int64_t now_ms) {
  return {.checked_at_ms = now_ms,
          .good = outcome.result.reason().empty(),
          .reason = outcome.result.reason(),
          .message = outcome.result.message(),
          .http_status = outcome.result.status(),
          .took_ms = outcome.result.total_us() / kUsPerMs,
          .model = ask.model,
          .relay_id = outcome.relay_id};
}

// What was asked by is what there is.
bool IsSame(const Account& asked, const Account& account) {
  return account.request_url == asked.request_url && account.platform == asked.platform &&
         account.credential_type == asked.credential_type && account.session == asked.session &&
         account.sealed_credential == asked.sealed_credential;
}

void PutInService(std::int64_t now_ms, Account& account) {
  account.status = AccountStatus::kNormal;
  account.status_reason.clear();
  account.cooldown_until_ms = 0;
  account.status_observed_at_ms = now_ms;
}

Observation RefusalOf(const AccountCheck& check, std::int64_t account_id) {
  return {.account_id = account_id,
          .signal = Signal::kCredentialRejected,
          .observed_at_ms = check.checked_at_ms,
          .cooldown_until_ms = 0,
          .reason = check.reason,
          .model = {},
          .http_status = check.http_status,
          .request_id = {},
          .relay_id = check.relay_id};
}

}  // namespace

absl::StatusOr<Account> ReadServedAccount(Store& store, std::int64_t account_id) {
  return ReadValue(store, [&](sql::Transaction& transaction) -> absl::StatusOr<Account> {
    auto account = account_store::Get(transaction, account_id);
    if (!account.ok()) return account.status();
    const auto settings = settings_store::Get(transaction);
    if (!settings.ok()) return settings.status();
    account->models = ServedModels(*account, *settings);
    return account;
  });
}

bool ApplyCheck(const AccountCheck& check, const AccountTestOutcome& outcome, Account& account) {
  if (account.status == AccountStatus::kDisabled) return false;
  if (check.good) {
    const std::size_t rested =
        std::erase_if(account.model_cooldowns, [&](const ModelCooldown& cooldown) {
          return cooldown.model == outcome.result.upstream_model();
        });
    if (account.status == AccountStatus::kNormal && rested == 0) return false;
    PutInService(check.checked_at_ms, account);
    return true;
  }
  if (outcome.result.signal() != kCredentialSignal) return false;
  const Observation refusal = RefusalOf(check, account.id);
  if (!Apply(refusal, account)) return false;
  PlanRenewal(refusal, check.checked_at_ms, account);
  return true;
}

absl::Status AccountChecker::Check(std::int64_t account_id, std::string_view model,
                                   std::string_view relay_id) {
  const absl::StatusOr<Account> account = ReadServedAccount(store_, account_id);
  if (!account.ok()) return account.status();
  const absl::StatusOr<AccountTestAsk> ask = AskFor(*account, model, relay_id);
  if (!ask.ok()) return ask.status();
  auto request = AccountTestRequestFor(*ask, *account, vault_);
  if (!request.ok()) return request.status();
  const auto outcome = RunAccountTest(broker_, *ask, *std::move(request));
  if (!outcome.ok()) return outcome.status();
  // The relay's own matter, which says nothing of the account.
  if (outcome->result.reason() == reason::kNotReady) {
    return Problem(absl::StatusCode::kUnavailable, reason::kServiceAway, outcome->result.message());
  }
  return Keep(*account, *outcome, CheckOf(*ask, *outcome, store_.NowMs()));
}

absl::Status AccountChecker::Keep(const Account& asked, const AccountTestOutcome& outcome,
                                  const AccountCheck& check) {
  bool changed = false;
  Account now;
  absl::Status kept =
      store_.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        changed = false;
        auto account = account_store::Get(transaction, asked.id);
        if (!account.ok()) return account.status();
        if (!IsSame(asked, *account)) {
          return Conflict("the account was changed while it was checked; check again");
        }
        absl::Status stored = check_store::Put(transaction, asked.id, check);
        if (!stored.ok()) return stored;
        const Account before = *account;
        if (!ApplyCheck(check, outcome, *account)) return absl::OkStatus();
        changed = true;
        AccountHistoryEntry entry;
        entry.at_ms = check.checked_at_ms;
        entry.source = account_history::kFromCheck;
        entry.http_status = check.http_status;
        if (ActorScope::Current() == nullptr) entry.seen_by = check.relay_id;
        stored = account_history::NoteStatus(transaction, before, *account, std::move(entry));
        if (!stored.ok()) return stored;
        stored = account_store::Update(transaction, changes, check.checked_at_ms, *account);
        now = *std::move(account);
        return stored;
      });
  if (kept.ok() && changed) {
    LogInfo(
        "account status changed by a check",
        {{"account_id", now.id}, {"status", WordOf(now.status)}, {"reason", now.status_reason}});
  }
  return kept;
}

absl::StatusOr<std::string> AccountChecker::CheckSessions(const std::function<bool()>& gone) {
  const auto due = ReadValue(store_, [&](sql::Transaction& transaction) {
    return check_store::DueSessions(transaction, store_.NowMs() - kSessionPauseMs);
  });
  if (!due.ok()) return due.status();
  std::int64_t asked = 0;
  std::int64_t without_model = 0;
  for (const std::int64_t id : *due) {
    if (gone()) break;
    const absl::Status checked = Check(id, {}, {});
    // Without a relay none of the others can be asked either.
    if (absl::IsUnavailable(checked)) return checked;
    if (absl::IsInvalidArgument(checked)) ++without_model;
    if (checked.ok()) ++asked;
  }
  const auto checks = ReadValue(
      store_, [&](sql::Transaction& transaction) { return check_store::Of(transaction, *due); });
  if (!checks.ok()) return checks.status();
  const auto good = std::count_if(checks->begin(), checks->end(),
                                  [](const auto& entry) { return entry.second.good; });
  return StrCat(asked, " sessions asked, ", good, " good, ", without_model,
                " without a model to ask for");
}

}  // namespace weir::admin
