// /api/v1/admin/accounts.
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/session_rules.h"
#include "services/admin/model/validate.h"
#include "services/admin/oauth/token_refresher.h"
#include "services/admin/resources/account_answer.h"
#include "services/admin/resources/bulk.h"
#include "services/admin/resources/figure_order.h"
#include "services/admin/resources/given_account.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/account_filter.h"
#include "services/admin/store/account_history.h"
#include "services/admin/store/account_store.h"
#include "weir/v1/query.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

void RequireNew(BodyReader& reader) { reader.Require({"name", "platform_type", "request_url"}); }

void AddStatusFilter(std::string_view status, std::int64_t now_ms, ListQuery& query) {
  const auto wanted = FromWord<AccountStatus>(status);
  if (!wanted.has_value()) return;
  if (*wanted == AccountStatus::kNormal) {
    static const std::string normal = account_filter::NormalNow("?");
    query.conditions.push_back({normal, {now_ms}});
    return;
  }
  query.conditions.push_back({"status = ?", {std::string(status)}});
  if (*wanted == AccountStatus::kRateLimited || *wanted == AccountStatus::kApiException) {
    query.conditions.push_back({"cooldown_until_ms > ?", {now_ms}});
  }
}

// "none" is a tier to ask for, too: that of accounts without one.
constexpr std::string_view kNoTier = "none";

std::vector<std::string_view> TierWords() {
  std::vector<std::string_view> words(kTiers.begin(), kTiers.end());
  words.push_back(kNoTier);
  return words;
}

void AddFlagFilters(const Request& request, std::int64_t now_ms, ListQuery& query) {
  if (const std::string_view tier = request.Query("tier"); !tier.empty()) {
    query.conditions.push_back({"tier = ?", {std::string(tier == kNoTier ? "" : tier)}});
  }
  if (const std::string_view proxy = request.Query("proxy"); !proxy.empty()) {
    query.conditions.push_back(
        {proxy == "true" ? "sealed_proxy_url <> ''" : "sealed_proxy_url = ''", {}});
  }
  if (const std::string_view attention = request.Query("attention"); !attention.empty()) {
    query.conditions.push_back(account_filter::NeedsAttention(attention == "true", now_ms));
  }
}

ListRules Rules() {
  ListRules rules = {
      .filters = {{"name", "name", Filter::Kind::kContains},
                  {"platform_type", "platform = ?", Filter::Kind::kText, WordsOf<Platform>()},
                  {"group_id", "id IN (SELECT account_id FROM account_groups WHERE group_id = ?)",
                   Filter::Kind::kInteger}},
      .sorts = {{"id", "id"},
                {"name", "name"},
                {"priority", "priority"},
                {"created_at", "created_at_ms"}},
      .others = {WordParameter("status", WordsOf<AccountStatus>()),
                 TextParameter("model", "those that serve it, once routes have named it"),
                 WordParameter("tier", TierWords()), FlagParameter("proxy"),
                 FlagParameter("attention")}};
  AddFigureSorts(v1::DIMENSION_ACCOUNT, rules);
  return rules;
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
  AddFlagFilters(request, parts.store.NowMs(), *query);
  absl::Status ordered = OrderByFigure(parts, request, v1::DIMENSION_ACCOUNT, {}, *query);
  if (!ordered.ok()) return ordered;
  const std::string_view model = request.Query("model");
  auto page =
      ReadValue(parts.store, [&](sql::Transaction& transaction) -> absl::StatusOr<Page<Account>> {
        ListQuery narrowed = *query;
        if (!model.empty()) {
          auto serving = account_filter::ServesModel(transaction, model);
          if (!serving.ok()) return serving.status();
          narrowed.conditions.push_back(*std::move(serving));
        }
        return account_store::List(transaction, narrowed);
      });
  if (!page.ok()) return page.status();
  json::array data;
  for (const Account& account : page->items) {
    data.push_back(AccountJson(account, parts.vault, parts.store.NowMs()));
  }
  CompleteAccounts(parts, data);
  return ListResponse(std::move(data), page->total, *query);
}

absl::StatusOr<Response> Get(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  auto account = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return account_store::Get(transaction, *id);
  });
  if (!account.ok()) return account.status();
  return RecordResponse(200, AccountAnswer(parts, *account), account->version);
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

absl::StatusOr<Response> Create(ResourceParts& parts, const Request& request) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  Account account;
  AccountSecrets secrets;
  auto read = ReadBody(*body, /*is_new=*/true, account, secrets);
  if (!read.ok()) return read;
  const std::int64_t now_ms = parts.store.NowMs();
  const Account as_read = account;
  absl::Status stored = parts.store.Change([&](sql::Transaction& transaction, Changes& changes) {
    account = as_read;
    return InsertGiven(transaction, changes, parts.vault, now_ms, secrets, account);
  });
  if (!stored.ok()) return stored;
  return RecordResponse(201, AccountAnswer(parts, account), account.version);
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
        const Account before = *read;
        absl::Status edited = edit(*read);
        if (!edited.ok()) return edited;
        // What relays saw before an administrator's decision no longer counts.
        if (read->status != before.status) read->status_observed_at_ms = now_ms;
        AccountHistoryEntry entry;
        entry.at_ms = now_ms;
        entry.source = account_history::kFromAdmin;
        auto noted = account_history::NoteStatus(transaction, before, *read, std::move(entry));
        if (!noted.ok()) return noted;
        auto done = account_store::Update(transaction, changes, now_ms, *read);
        if (!done.ok()) return done;
        return read;
      });
  if (!account.ok()) return account.status();
  return RecordResponse(200, AccountAnswer(parts, *account), account->version);
}

// Another URL gets the credential, or what renews it, or stands in the way to it: who says so
// proves to be present.
absl::Status CheckUrls(ResourceParts& parts, const Caller& caller, const Account& before,
                       const AccountSecrets& given, const Account& account) {
  const bool same =
      account.request_url == before.request_url &&
      (!given.proxy_url.has_value() || HoldsProxy(parts.vault, before, *given.proxy_url)) &&
      (account.oauth.token_url == before.oauth.token_url || before.oauth.token_url.empty());
  return same ? absl::OkStatus() : parts.sessions.CheckConfirmed(caller);
}

// Write-only or observed: a client that sends back what it got cannot know them.
void KeepUnsaid(const Account& before, Account& account) {
  static_cast<Record&>(account) = before;
  account.sealed_credential = before.sealed_credential;
  account.sealed_proxy_url = before.sealed_proxy_url;
  account.sealed_client_secret = before.sealed_client_secret;
  account.sealed_refresh_token = before.sealed_refresh_token;
  account.credential_refreshed_at_ms = before.credential_refreshed_at_ms;
  account.refresh_at_ms = before.refresh_at_ms;
  account.replaced_at_ms = before.replaced_at_ms;
  account.given_mark = before.given_mark;
  account.status = before.status;
  account.status_reason = before.status_reason;
  account.cooldown_until_ms = before.cooldown_until_ms;
  account.status_observed_at_ms = before.status_observed_at_ms;
  account.model_cooldowns = before.model_cooldowns;
}

absl::StatusOr<Response> Change(ResourceParts& parts, const Request& request, const Caller& caller,
                                bool whole) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  return Update(parts, request, [&](Account& account) -> absl::Status {
    const Account before = account;
    if (whole) {
      account = Account();
      KeepUnsaid(before, account);
    }
    AccountSecrets secrets;
    auto read = ReadBody(*body, whole, account, secrets);
    if (read.ok()) read = CheckUrls(parts, caller, before, secrets, account);
    if (read.ok()) PutGiven(parts.vault, secrets, before, parts.store.NowMs(), account);
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

// Renews its credential now.
absl::StatusOr<Response> Refresh(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  absl::Status done = parts.refresher.Refresh(*id);
  if (!done.ok()) return done;
  return Get(parts, request);
}

}  // namespace

Routes AccountRoutes(ResourceParts& parts) {
  Routes routes = {
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
      {"POST",
       "/api/v1/admin/accounts/{id}/refresh",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Refresh(parts, request); },
       {.summary = "Renew an account's credential now",
        .answers = {Answers(AccountShape(parts))},
        .refusals = {409, 503}}},
  };
  routes.push_back(BulkRoute(routes, "/api/v1/admin/accounts", "/api/v1/admin/accounts/bulk",
                             "Change many accounts"));
  return routes;
}

}  // namespace weir::admin
