// /api/v1/admin/accounts.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/money.h"
#include "libs/common/text.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/validate.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/account_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;

json::object UseJson(const UsageClient::AccountUse& use) {
  return {{"requests", use.requests},
          {"errors", use.errors},
          {"tokens", use.tokens},
          {"cost_nano_usd", use.cost_nano_usd},
          {"cost_usd", FormatUsd(use.cost_nano_usd)}};
}

// last_used_at and today (UTC); both are left out when usage is away.
void AddUse(ResourceParts& parts, json::array& data) {
  std::vector<std::int64_t> ids;
  for (const json::value& value : data) ids.push_back(value.at("id").as_int64());
  if (ids.empty()) return;
  UsageClient::LastUsedTimes times;
  if (!parts.usage.AccountsLastUsed(ids, times).ok()) return;
  AddLastUsed(data, times);
  std::map<std::int64_t, UsageClient::AccountUse> use;
  const std::int64_t midnight_ms = parts.store.NowMs() / kDayMs * kDayMs;
  if (!parts.usage.AccountsUse(ids, midnight_ms, use).ok()) return;
  for (json::value& value : data) {
    json::object& record = value.as_object();
    record["today"] = UseJson(use[record.at("id").as_int64()]);
  }
}

json::object OneJson(ResourceParts& parts, const Account& account) {
  json::array one = {AccountJson(account, parts.vault, parts.store.NowMs())};
  AddUse(parts, one);
  return std::move(one.front().as_object());
}

void RequireNew(BodyReader& reader) { reader.Require({"name", "platform_type", "request_url"}); }

// Cooldowns end by themselves, so the stored word is not enough.
void AddStatusFilter(std::string_view status, std::int64_t now_ms, ListQuery& query) {
  const auto wanted = FromWord<AccountStatus>(status);
  if (!wanted.has_value()) return;
  constexpr std::string_view kNormal =
      "status = 'normal' OR (status IN ('rate_limited', 'api_exception') AND "
      "cooldown_until_ms <= ?)";
  if (*wanted == AccountStatus::kNormal) {
    query.conditions.push_back({kNormal, {now_ms}});
    return;
  }
  query.conditions.push_back({"status = ?", {std::string(status)}});
  if (*wanted == AccountStatus::kRateLimited || *wanted == AccountStatus::kApiException) {
    query.conditions.push_back({"cooldown_until_ms > ?", {now_ms}});
  }
}

ListRules Rules() {
  return {
      .filters = {{"name", "LOWER(name) LIKE ? ESCAPE '\\'", Filter::Kind::kContains},
                  {"platform_type", "platform = ?", Filter::Kind::kText, WordsOf<Platform>()},
                  {"group_id", "id IN (SELECT account_id FROM account_groups WHERE group_id = ?)",
                   Filter::Kind::kInteger}},
      .sorts = {{"id", "id"},
                {"name", "name"},
                {"priority", "priority"},
                {"created_at", "created_at_ms"}},
      .others = {WordParameter("status", WordsOf<AccountStatus>())}};
}

// last_used_at and today are left out while usage is away.
Shape AccountShape(ResourceParts& parts) {
  return [&parts] {
    json::object account = AccountJson(Account(), parts.vault, 0);
    account["last_used_at"] = MaybeAbsent(TimeJson(0));
    account["today"] = MaybeAbsent(UseJson({}));
    return Named("Account", std::move(account));
  };
}

void DescribeBody(BodyReader& reader) {
  Account account;
  AccountSecrets secrets;
  ReadAccount(reader, account, secrets);
}

void DescribeNew(BodyReader& reader) {
  RequireNew(reader);
  DescribeBody(reader);
}

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request) {
  auto query = ParseList(request, Rules());
  if (!query.ok()) return query.status();
  AddStatusFilter(request.Query("status"), parts.store.NowMs(), *query);
  auto page = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return account_store::List(transaction, *query);
  });
  if (!page.ok()) return page.status();
  json::array data;
  for (const Account& account : page->items) {
    data.push_back(AccountJson(account, parts.vault, parts.store.NowMs()));
  }
  AddUse(parts, data);
  return ListResponse(std::move(data), page->total, *query);
}

absl::StatusOr<Response> Get(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  auto account = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return account_store::Get(transaction, *id);
  });
  if (!account.ok()) return account.status();
  return RecordResponse(200, OneJson(parts, *account), account->version);
}

absl::Status ReadBody(const json::object& body, bool is_new, Account& account,
                      AccountSecrets& secrets) {
  FieldErrors errors;
  BodyReader reader(body, errors);
  if (is_new) RequireNew(reader);
  ReadAccount(reader, account, secrets);
  reader.Finish();
  Validate(account, errors);
  Validate(secrets, errors);
  return errors.ToStatus();
}

// A proxy's URL that comes back as it was shown, with *** for its password, is not a new one.
bool IsShownProxy(const Vault& vault, const Account& account, const Secret& given) {
  const auto held = OpenProxyUrl(vault, account);
  return held.ok() && !held->empty() && MaskPassword(held->Reveal()) == given.Reveal();
}

void PutSecrets(const Vault& vault, const AccountSecrets& secrets, Account& account) {
  if (secrets.credential.has_value()) SetCredential(vault, *secrets.credential, account);
  if (secrets.proxy_url.has_value() && !IsShownProxy(vault, account, *secrets.proxy_url)) {
    SetProxyUrl(vault, *secrets.proxy_url, account);
  }
}

absl::StatusOr<Response> Create(ResourceParts& parts, const Request& request) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  Account account;
  AccountSecrets secrets;
  auto read = ReadBody(*body, /*is_new=*/true, account, secrets);
  if (!read.ok()) return read;
  const std::int64_t now_ms = parts.store.NowMs();
  const Account as_read = account;
  absl::Status stored =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        account = as_read;
        absl::Status done = account_store::Insert(transaction, changes, now_ms, account);
        if (!done.ok()) return done;
        // The seal is bound to the id, which is known only now.
        PutSecrets(parts.vault, secrets, account);
        const bool sealed = !account.sealed_credential.empty() || !account.sealed_proxy_url.empty();
        return sealed ? account_store::Update(transaction, changes, now_ms, account) : done;
      });
  if (!stored.ok()) return stored;
  return RecordResponse(201, OneJson(parts, account), account.version);
}

// Reads the account, lets `edit` change it, stores it.
template <class Edit>
absl::StatusOr<Response> Update(ResourceParts& parts, const Request& request, Edit edit) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  const std::int64_t now_ms = parts.store.NowMs();
  auto account = ChangeValue(
      parts.store, [&](sql::Transaction& transaction, Changes& changes) -> absl::StatusOr<Account> {
        auto read = account_store::Get(transaction, *id);
        if (!read.ok()) return read.status();
        if (auto match = CheckIfMatch(request, read->version); !match.ok()) return match;
        const AccountStatus before = read->status;
        absl::Status edited = edit(*read);
        if (!edited.ok()) return edited;
        // What relays saw before an administrator's decision no longer counts.
        if (read->status != before) read->status_observed_at_ms = now_ms;
        auto done = account_store::Update(transaction, changes, now_ms, *read);
        if (!done.ok()) return done;
        return read;
      });
  if (!account.ok()) return account.status();
  return RecordResponse(200, OneJson(parts, *account), account->version);
}

// Another URL gets the credential: who says so proves to be present.
absl::Status CheckUrl(ResourceParts& parts, const Caller& caller, const std::string& before,
                      const Account& account) {
  return account.request_url == before ? absl::OkStatus() : parts.sessions.CheckConfirmed(caller);
}

absl::StatusOr<Response> Change(ResourceParts& parts, const Request& request, const Caller& caller,
                                bool whole) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  return Update(parts, request, [&](Account& account) -> absl::Status {
    const std::string url = account.request_url;
    if (whole) {
      const Account before = std::exchange(account, Account());
      static_cast<Record&>(account) = before;
      // Write-only or observed: a client that sends back what it got cannot know them.
      account.sealed_credential = before.sealed_credential;
      account.sealed_proxy_url = before.sealed_proxy_url;
      account.status = before.status;
      account.status_reason = before.status_reason;
      account.cooldown_until_ms = before.cooldown_until_ms;
      account.status_observed_at_ms = before.status_observed_at_ms;
      account.model_cooldowns = before.model_cooldowns;
    }
    AccountSecrets secrets;
    auto read = ReadBody(*body, whole, account, secrets);
    if (read.ok()) read = CheckUrl(parts, caller, url, account);
    if (read.ok()) PutSecrets(parts.vault, secrets, account);
    return read;
  });
}

absl::StatusOr<Response> Delete(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  absl::Status done =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        auto account = account_store::Get(transaction, *id);
        if (!account.ok()) return account.status();
        if (auto match = CheckIfMatch(request, account->version); !match.ok()) return match;
        return account_store::Delete(transaction, changes, *id);
      });
  if (!done.ok()) return done;
  return NoContent();
}

void Clear(AccountStatus status, std::int64_t now_ms, Account& account) {
  account.status = status;
  account.status_reason.clear();
  account.cooldown_until_ms = 0;
  account.model_cooldowns.clear();
  account.status_observed_at_ms = now_ms;
}

absl::StatusOr<Response> Enable(ResourceParts& parts, const Request& request) {
  return Update(parts, request, [&](Account& account) {
    if (account.status == AccountStatus::kDisabled) {
      Clear(AccountStatus::kNormal, parts.store.NowMs(), account);
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<Response> Disable(ResourceParts& parts, const Request& request) {
  return Update(parts, request, [&](Account& account) {
    Clear(AccountStatus::kDisabled, parts.store.NowMs(), account);
    return absl::OkStatus();
  });
}

// Forgets what was observed; a disabled account stays disabled.
absl::StatusOr<Response> Reset(ResourceParts& parts, const Request& request) {
  return Update(parts, request, [&](Account& account) {
    const bool disabled = account.status == AccountStatus::kDisabled;
    Clear(disabled ? AccountStatus::kDisabled : AccountStatus::kNormal, parts.store.NowMs(),
          account);
    return absl::OkStatus();
  });
}

}  // namespace

Routes AccountRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/admin/accounts",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return List(parts, request); },
       {.summary = "List accounts",
        .query = ParametersOf(Rules()),
        .answers = {AnswersList(AccountShape(parts))}}},
      {"POST",
       "/api/v1/admin/accounts",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Create(parts, request); },
       {.summary = "Make an account",
        .body = DescribeNew,
        .answers = {Answers(AccountShape(parts), 201)}}},
      {"GET",
       "/api/v1/admin/accounts/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Get(parts, request); },
       {.summary = "Show an account", .answers = {Answers(AccountShape(parts))}}},
      {"PUT",
       "/api/v1/admin/accounts/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Change(parts, request, caller, true);
       },
       {.summary = "Change an account as a whole",
        .body = DescribeNew,
        .answers = {Answers(AccountShape(parts))},
        .guarded = true}},
      {"PATCH",
       "/api/v1/admin/accounts/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Change(parts, request, caller, false);
       },
       {.summary = "Change a part of an account",
        .body = DescribeBody,
        .answers = {Answers(AccountShape(parts))},
        .guarded = true}},
      {"DELETE",
       "/api/v1/admin/accounts/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Delete(parts, request); },
       {.summary = "Delete an account", .answers = {AnswersNothing()}, .guarded = true}},
      {"POST",
       "/api/v1/admin/accounts/{id}/enable",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Enable(parts, request); },
       {.summary = "Put an account in service",
        .answers = {Answers(AccountShape(parts))},
        .guarded = true}},
      {"POST",
       "/api/v1/admin/accounts/{id}/disable",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Disable(parts, request); },
       {.summary = "Take an account out of service",
        .answers = {Answers(AccountShape(parts))},
        .guarded = true}},
      {"POST",
       "/api/v1/admin/accounts/{id}/reset",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Reset(parts, request); },
       {.summary = "Forget what was observed of an account",
        .answers = {Answers(AccountShape(parts))},
        .guarded = true}},
  };
}

}  // namespace weir::admin
