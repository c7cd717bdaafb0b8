// /api/v1/users: for administrators.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>

#include "services/admin/credentials/password.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/password_rules.h"
#include "services/admin/model/validate.h"
#include "services/admin/resources/bulk.h"
#include "services/admin/resources/count_json.h"
#include "services/admin/resources/figure_order.h"
#include "services/admin/resources/resource.h"
#include "services/admin/resources/second_factor.h"
#include "services/admin/resources/subject_figures.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/member_counts.h"
#include "services/admin/store/session_store.h"
#include "services/admin/store/settings_store.h"
#include "services/admin/store/user_store.h"
#include "weir/v1/query.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

ListRules Rules() {
  ListRules rules = {
      .filters = {{"username", "username", Filter::Kind::kContains},
                  {"name", "name", Filter::Kind::kContains},
                  {"email", "email", Filter::Kind::kContains},
                  {"role", "role = ?", Filter::Kind::kText, WordsOf<Role>()},
                  {"status", "status = ?", Filter::Kind::kText, WordsOf<ActiveStatus>()},
                  {"group_id", "group_id = ?", Filter::Kind::kInteger}},
      .sorts = {{"id", "id"},
                {"username", "username"},
                {"email", "email"},
                {"created_at", "created_at_ms"},
                {"last_login_at", "last_login_at_ms"}},
      .others = {FlagParameter("has_keys")}};
  AddFigureSorts(v1::DIMENSION_USER, rules);
  return rules;
}

void DescribeBody(BodyReader& reader) {
  User user;
  std::optional<Secret> password;
  ReadUser(reader, user, password);
}

void AddKeysFilter(const Request& request, ListQuery& query) {
  const std::string_view wanted = request.Query("has_keys");
  if (wanted.empty()) return;
  constexpr std::string_view kHas =
      "EXISTS (SELECT 1 FROM api_keys WHERE api_keys.user_id = users.id)";
  constexpr std::string_view kHasNone =
      "NOT EXISTS (SELECT 1 FROM api_keys WHERE api_keys.user_id = users.id)";
  query.conditions.push_back({wanted == "true" ? kHas : kHasNone, {}});
}

absl::Status AddKeyCounts(ResourceParts& parts, json::array& data) {
  std::vector<std::int64_t> ids;
  ids.reserve(data.size());
  for (const json::value& user : data) ids.push_back(user.at("id").as_int64());
  auto keys = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return member_counts::KeysOfUsers(transaction, ids);
  });
  if (!keys.ok()) return keys.status();
  for (json::value& user : data) {
    user.as_object()["keys"] = CountJson((*keys)[user.at("id").as_int64()]);
  }
  return absl::OkStatus();
}

// Second factors, keys, and what usage knows; `users` in the order of `data`.
absl::Status Complete(ResourceParts& parts, const std::vector<const User*>& users,
                      json::array& data) {
  if (absl::Status added = AddSecondFactors(parts, data); !added.ok()) return added;
  if (absl::Status added = AddKeyCounts(parts, data); !added.ok()) return added;
  std::vector<const Limits*> limits;
  limits.reserve(users.size());
  for (const User* user : users) limits.push_back(&user->limits);
  UsageGlance glance(parts.usage);
  AddFigures(glance, SubjectKind::kUsers, limits, parts.store.NowMs(), data);
  return absl::OkStatus();
}

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request) {
  auto query = ParseList(request, Rules());
  if (!query.ok()) return query.status();
  AddKeysFilter(request, *query);
  absl::Status ordered = OrderByFigure(parts, request, v1::DIMENSION_USER, {}, *query);
  if (!ordered.ok()) return ordered;
  auto page = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return user_store::List(transaction, *query);
  });
  if (!page.ok()) return page.status();
  json::array data;
  std::vector<const User*> users;
  for (const User& user : page->items) {
    data.push_back(UserJson(user));
    users.push_back(&user);
  }
  if (absl::Status added = Complete(parts, users, data); !added.ok()) return added;
  return ListResponse(std::move(data), page->total, *query);
}

absl::StatusOr<Response> Get(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  auto user = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return user_store::Get(transaction, *id);
  });
  if (!user.ok()) return user.status();
  json::array one = {UserJson(*user)};
  if (absl::Status added = Complete(parts, {&*user}, one); !added.ok()) return added;
  return RecordResponse(200, one.front().as_object(), user->version);
}

// Reads and checks the body on top of `user`; hashes the password when there is one.
absl::Status ReadBody(ResourceParts& parts, const json::object& body, bool is_new, User& user) {
  auto settings = ReadValue(parts.store, settings_store::Get);
  if (!settings.ok()) return settings.status();
  FieldErrors errors;
  BodyReader reader(body, errors);
  std::optional<Secret> password;
  ReadUser(reader, user, password);
  if (is_new && user.username.empty()) {
    reader.Require({"email"});
    user.username = user.email;  // {name, email} alone is enough for a user
  }
  reader.Finish();
  Validate(user, errors);
  if (password.has_value())
    ValidatePassword(password->Reveal(), user, *settings, "password", errors);
  if (!errors.empty()) return errors.ToStatus();
  if (password.has_value()) {
    auto hash = HashPassword(*password);
    if (!hash.ok()) return hash.status();
    user.password_hash = *std::move(hash);
  }
  return absl::OkStatus();
}

absl::Status CheckGroup(sql::Transaction& transaction, const User& user) {
  const auto group = group_store::Get(transaction, user.group_id);
  if (!absl::IsNotFound(group.status())) return group.status();
  FieldErrors errors;
  errors.Add("group_id", "does not exist");
  return errors.ToStatus();
}

// Who makes an administrator proves to be present.
absl::Status CheckRole(ResourceParts& parts, const Caller& caller, Role before, Role after) {
  const bool raised = before != Role::kAdmin && after == Role::kAdmin;
  return raised ? parts.sessions.CheckConfirmed(caller) : absl::OkStatus();
}

absl::StatusOr<Response> Create(ResourceParts& parts, const Request& request,
                                const Caller& caller) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  User user;
  if (absl::Status read = ReadBody(parts, *body, /*is_new=*/true, user); !read.ok()) return read;
  if (auto may = CheckRole(parts, caller, Role::kUser, user.role); !may.ok()) return may;
  absl::Status stored =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        absl::Status group = CheckGroup(transaction, user);
        if (!group.ok()) return group;
        return user_store::Insert(transaction, changes, parts.store.NowMs(), user);
      });
  if (!stored.ok()) return stored;
  return RecordResponse(201, UserJson(user), user.version);
}

absl::Status StoreUser(ResourceParts& parts, sql::Transaction& transaction, Changes& changes,
                       const User& before, User& user) {
  absl::Status done = CheckGroup(transaction, user);
  const bool is_admin = user.role == Role::kAdmin && user.status == ActiveStatus::kActive;
  if (done.ok() && !is_admin) done = user_store::CheckAdminRemains(transaction, before);
  const bool log_out = user.password_hash != before.password_hash || user.status != before.status;
  // First: a log-in that is under way is over then, or does not come (NoteLogin).
  if (done.ok()) done = user_store::Update(transaction, changes, parts.store.NowMs(), user);
  if (done.ok() && log_out) done = session_store::DeleteOfUser(transaction, user.id, "");
  return done;
}

absl::StatusOr<Response> Change(ResourceParts& parts, const Request& request, const Caller& caller,
                                bool whole) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  auto before = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return user_store::Get(transaction, *id);
  });
  if (!before.ok()) return before.status();
  if (absl::Status match = CheckIfMatch(request, before->version); !match.ok()) return match;
  // Outside the transaction: hashing a password takes long.
  User user = *before;
  if (whole) {
    user = {};
    static_cast<Record&>(user) = *before;
    user.password_hash = before->password_hash;
    user.last_login_at_ms = before->last_login_at_ms;
  }
  if (absl::Status read = ReadBody(parts, *body, whole, user); !read.ok()) return read;
  if (auto may = CheckRole(parts, caller, before->role, user.role); !may.ok()) return may;
  const Record read_record = user;
  absl::Status stored =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        static_cast<Record&>(user) = read_record;
        const auto now = user_store::Get(transaction, *id);
        if (!now.ok()) return now.status();
        if (now->version != before->version) return VersionConflict();
        user.last_login_at_ms = now->last_login_at_ms;
        return StoreUser(parts, transaction, changes, *before, user);
      });
  if (!stored.ok()) return stored;
  return RecordResponse(200, UserJson(user), user.version);
}

absl::StatusOr<Response> Delete(ResourceParts& parts, const Request& request,
                                const Caller& caller) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  if (*id == caller.user.id) return Conflict("you cannot delete yourself");
  absl::Status done =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        auto user = user_store::Get(transaction, *id);
        if (!user.ok()) return user.status();
        if (auto match = CheckIfMatch(request, user->version); !match.ok()) return match;
        absl::Status may = user_store::CheckAdminRemains(transaction, *user);
        if (may.ok()) may = api_key_store::DeleteOfUser(transaction, changes, *id);
        if (!may.ok()) return may;
        return user_store::Delete(transaction, changes, *id);
      });
  if (!done.ok()) return done;
  return NoContent();
}

}  // namespace

Routes UserRoutes(ResourceParts& parts) {
  Routes routes = {
      {"GET",
       "/api/v1/users",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return List(parts, request); },
       {.summary = "List users",
        .query = ParametersOf(Rules()),
        .answers = {AnswersList(UserShape)}}},
      {"POST",
       "/api/v1/users",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Create(parts, request, caller);
       },
       {.summary = "Make a user",
        .body = DescribeBody,
        .answers = {Answers(UserShape, 201)},
        .about = "name and email alone are enough: the e-mail address is the user name then. "
                 "Making an administrator wants a fresh log-in, or POST /api/v1/auth/confirm."}},
      {"GET",
       "/api/v1/users/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Get(parts, request); },
       {.summary = "Show a user", .answers = {Answers(UserShape)}}},
      {"PUT",
       "/api/v1/users/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Change(parts, request, caller, true);
       },
       {.summary = "Change a user as a whole",
        .body = DescribeBody,
        .answers = {Answers(UserShape)},
        .guarded = true}},
      {"PATCH",
       "/api/v1/users/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Change(parts, request, caller, false);
       },
       {.summary = "Change a part of a user",
        .body = DescribeBody,
        .answers = {Answers(UserShape)},
        .guarded = true}},
      {"DELETE",
       "/api/v1/users/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Delete(parts, request, caller);
       },
       {.summary = "Delete a user", .answers = {AnswersNothing()}, .guarded = true}},
  };
  routes.push_back(BulkRoute(routes, "/api/v1/users", "/api/v1/users/bulk", "Change many users"));
  return routes;
}

}  // namespace weir::admin
