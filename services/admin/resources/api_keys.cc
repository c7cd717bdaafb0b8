// /api/v1/api-keys and /api/v1/users/{id}/apikeys: users manage their own keys, administrators all.
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/api_key_hash.h"
#include "libs/common/secret.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/key_guard.h"
#include "services/admin/model/validate.h"
#include "services/admin/resources/bulk.h"
#include "services/admin/resources/figure_order.h"
#include "services/admin/resources/key_rules.h"
#include "services/admin/resources/key_use.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/api_key_store.h"
#include "services/admin/store/user_store.h"
#include "weir/v1/query.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

// {id} of the routes below /users: that user's keys. Only the user's own and administrators'.
absl::StatusOr<std::int64_t> OwnerOf(const Request& request, const Caller& caller) {
  auto id = request.Id("id");
  if (!id.ok()) return id.status();
  if (!caller.is_admin() && *id != caller.user.id) return NotFound("user");
  return *id;
}

absl::StatusOr<Response> ListWhere(ResourceParts& parts, ListQuery query) {
  auto page = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return api_key_store::List(transaction, query);
  });
  if (!page.ok()) return page.status();
  json::array data;
  std::vector<const ApiKey*> keys;
  for (const ApiKey& key : page->items) {
    data.push_back(ApiKeyJson(key, parts.store.NowMs()));
    keys.push_back(&key);
  }
  CompleteKeys(parts, keys, data);
  return ListResponse(std::move(data), page->total, query);
}

ListRules Rules() {
  ListRules rules = {
      .filters = {{"name", "name", Filter::Kind::kContains},
                  {"user_id", "user_id = ?", Filter::Kind::kInteger},
                  {"group_id", "group_id = ?", Filter::Kind::kInteger}},
      .sorts = {{"id", "id"},
                {"name", "name"},
                {"created_at", "created_at_ms"},
                {"expires_at", "expires_at_ms"}},
      .others = {WordParameter("scope", {"mine", "all"}),
                 WordParameter("status", {"active", "disabled", "expired", "exhausted"})}};
  AddFigureSorts(v1::DIMENSION_KEY, rules);
  return rules;
}

void DescribeBody(BodyReader& reader) {
  ApiKey key;
  ReadApiKey(reader, key);
}

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request, const Caller& caller,
                              std::int64_t owner_id) {
  auto query = ParseList(request, Rules());
  if (!query.ok()) return query.status();
  v1::EventFilter figures;
  const auto narrow_to = [&](std::int64_t user_id) {
    query->conditions.push_back({"user_id = ?", {user_id}});
    figures.add_user_ids(user_id);
  };
  const bool mine = !caller.is_admin() || request.Query("scope") == "mine";
  if (owner_id != 0) narrow_to(owner_id);
  if (mine && owner_id != caller.user.id) narrow_to(caller.user.id);
  absl::Status narrowed = NarrowByStatus(parts, request.Query("status"), *query);
  if (narrowed.ok()) narrowed = OrderByFigure(parts, request, v1::DIMENSION_KEY, figures, *query);
  if (!narrowed.ok()) return narrowed;
  return ListWhere(parts, *std::move(query));
}

absl::StatusOr<Response> Get(ResourceParts& parts, const Request& request, const Caller& caller) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  auto key = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return VisibleKey(transaction, *id, caller);
  });
  if (!key.ok()) return key.status();
  json::array one = {ApiKeyJson(*key, parts.store.NowMs())};
  CompleteKeys(parts, {&*key}, one);
  return RecordResponse(200, one.front().as_object(), key->version);
}

Response KeyResponse(ResourceParts& parts, int status, const ApiKey& key, const Secret& text) {
  json::object body = ApiKeyJson(key, parts.store.NowMs());
  body["key"] = text.Reveal();
  return RecordResponse(status, body, key.version);
}

void SetKeyText(const Secret& text, ApiKey& key) {
  key.key_hash = ApiKeyHash(text.Reveal());
  key.key_hint = ApiKeyHint(text.Reveal());
}

absl::StatusOr<Response> Create(ResourceParts& parts, const Request& request, const Caller& caller,
                                std::int64_t owner_id) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  const Secret text(NewApiKey());
  auto created = ChangeValue(
      parts.store, [&](sql::Transaction& transaction, Changes& changes) -> absl::StatusOr<ApiKey> {
        FieldErrors errors;
        BodyReader reader(*body, errors);
        ApiKey key;
        key.user_id = owner_id;
        key.group_id = 0;
        ReadApiKey(reader, key);
        if (owner_id != caller.user.id && key.user_id != owner_id) {
          errors.Add("user_id", "is another than the path's");
        }
        reader.Finish();
        if (!reader.Has("group_id")) {
          auto user = user_store::Get(transaction, key.user_id);
          key.group_id = user.ok() ? user->group_id : kDefaultGroupId;
        }
        Validate(key, errors);
        if (!errors.empty()) return errors.ToStatus();
        if (auto owner = CheckKeyOwner(transaction, caller, nullptr, key); !owner.ok())
          return owner;
        if (caller.is_admin()) {
          auto owner = user_store::Get(transaction, key.user_id);
          if (!owner.ok()) return owner.status();
          key.managed = IsNarrowed(key, owner->group_id);
        }
        SetKeyText(text, key);
        auto done = api_key_store::Insert(transaction, changes, parts.store.NowMs(), key);
        if (!done.ok()) return done;
        return key;
      });
  if (!created.ok()) return created.status();
  return KeyResponse(parts, 201, *created, text);
}

// Reads the key, lets `edit` change it, stores it.
template <class Edit>
absl::StatusOr<ApiKey> Update(ResourceParts& parts, const Request& request, const Caller& caller,
                              std::int64_t id, Edit edit) {
  return ChangeValue(
      parts.store, [&](sql::Transaction& transaction, Changes& changes) -> absl::StatusOr<ApiKey> {
        auto key = VisibleKey(transaction, id, caller);
        if (!key.ok()) return key.status();
        if (auto match = CheckIfMatch(request, key->version); !match.ok()) return match;
        const ApiKey before = *key;
        absl::Status edited = edit(transaction, *key);
        if (edited.ok()) edited = GuardKey(transaction, caller, before, *key);
        if (!edited.ok()) return edited;
        auto done = api_key_store::Update(transaction, changes, parts.store.NowMs(), *key);
        if (!done.ok()) return done;
        return key;
      });
}

absl::StatusOr<Response> Change(ResourceParts& parts, const Request& request, const Caller& caller,
                                bool whole) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  auto key = Update(parts, request, caller, *id,
                    [&](sql::Transaction& transaction, ApiKey& changed) -> absl::Status {
                      const ApiKey before = changed;
                      if (whole) {
                        changed = {};
                        static_cast<Record&>(changed) = before;
                        changed.user_id = before.user_id;
                        changed.managed = before.managed;
                        changed.group_id = before.group_id;
                        if (!caller.is_admin()) changed.record_bodies = before.record_bodies;
                        changed.key_hash = before.key_hash;
                        changed.key_hint = before.key_hint;
                        changed.previous_key_hash = before.previous_key_hash;
                        changed.previous_key_hint = before.previous_key_hint;
                        changed.previous_until_ms = before.previous_until_ms;
                      }
                      FieldErrors errors;
                      BodyReader reader(*body, errors);
                      ReadApiKey(reader, changed);
                      reader.Finish();
                      Validate(changed, errors);
                      if (!errors.empty()) return errors.ToStatus();
                      return CheckKeyOwner(transaction, caller, &before, changed);
                    });
  if (!key.ok()) return key.status();
  return RecordResponse(200, ApiKeyJson(*key, parts.store.NowMs()), key->version);
}

absl::StatusOr<Response> SetStatus(ResourceParts& parts, const Request& request,
                                   const Caller& caller, std::int64_t id, std::int64_t owner_id,
                                   ActiveStatus status) {
  auto key =
      Update(parts, request, caller, id, [&](sql::Transaction&, ApiKey& changed) -> absl::Status {
        if (owner_id != 0 && changed.user_id != owner_id) return NotFound("API key");
        changed.status = status;
        return absl::OkStatus();
      });
  if (!key.ok()) return key.status();
  return RecordResponse(200, ApiKeyJson(*key, parts.store.NowMs()), key->version);
}

absl::StatusOr<Response> Delete(ResourceParts& parts, const Request& request, const Caller& caller,
                                std::int64_t id, std::int64_t owner_id) {
  absl::Status done =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        auto key = VisibleKey(transaction, id, caller);
        if (!key.ok()) return key.status();
        if (owner_id != 0 && key->user_id != owner_id) return NotFound("API key");
        if (auto match = CheckIfMatch(request, key->version); !match.ok()) return match;
        return api_key_store::Delete(transaction, changes, id);
      });
  if (!done.ok()) return done;
  return NoContent();
}

using Handler = std::function<absl::StatusOr<Response>(const Request&, const Caller&)>;

Handler StatusHandler(ResourceParts& parts, ActiveStatus status) {
  return
      [&parts, status](const Request& request, const Caller& caller) -> absl::StatusOr<Response> {
        auto id = request.Id();
        if (!id.ok()) return id.status();
        return SetStatus(parts, request, caller, *id, 0, status);
      };
}

Handler UsersStatusHandler(ResourceParts& parts, ActiveStatus status) {
  return
      [&parts, status](const Request& request, const Caller& caller) -> absl::StatusOr<Response> {
        auto owner = OwnerOf(request, caller);
        if (!owner.ok()) return owner.status();
        auto id = request.Id("key_id");
        if (!id.ok()) return id.status();
        return SetStatus(parts, request, caller, *id, *owner, status);
      };
}

Routes RoutesBelowUsers(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/users/{id}/apikeys",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) -> absl::StatusOr<Response> {
         auto owner = OwnerOf(request, caller);
         if (!owner.ok()) return owner.status();
         return List(parts, request, caller, *owner);
       },
       {.summary = "List a user's keys",
        .query = ParametersOf(Rules()),
        .answers = {AnswersList(KeyShape)}}},
      {"POST",
       "/api/v1/users/{id}/apikeys",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) -> absl::StatusOr<Response> {
         auto owner = OwnerOf(request, caller);
         if (!owner.ok()) return owner.status();
         return Create(parts, request, caller, *owner);
       },
       {.summary = "Make a key for a user",
        .body = DescribeBody,
        .answers = {Answers(KeyWithTextShape, 201)}}},
      {"DELETE",
       "/api/v1/users/{id}/apikeys/{key_id}",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) -> absl::StatusOr<Response> {
         auto owner = OwnerOf(request, caller);
         if (!owner.ok()) return owner.status();
         auto id = request.Id("key_id");
         if (!id.ok()) return id.status();
         return Delete(parts, request, caller, *id, *owner);
       },
       {.summary = "Delete a user's key", .answers = {AnswersNothing()}, .guarded = true}},
      {"PUT",
       "/api/v1/users/{id}/apikeys/{key_id}/disable",
       Access::kUser,
       UsersStatusHandler(parts, ActiveStatus::kDisabled),
       {.summary = "Disable a user's key", .answers = {Answers(KeyShape)}, .guarded = true}},
      {"PUT",
       "/api/v1/users/{id}/apikeys/{key_id}/enable",
       Access::kUser,
       UsersStatusHandler(parts, ActiveStatus::kActive),
       {.summary = "Enable a user's key", .answers = {Answers(KeyShape)}, .guarded = true}},
  };
}

}  // namespace

Routes ApiKeyRoutes(ResourceParts& parts) {
  Routes routes = {
      {"GET",
       "/api/v1/api-keys",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return List(parts, request, caller, 0);
       },
       {.summary = "List keys",
        .query = ParametersOf(Rules()),
        .answers = {AnswersList(KeyShape)}}},
      {"POST",
       "/api/v1/api-keys",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return Create(parts, request, caller, caller.user.id);
       },
       {.summary = "Make a key",
        .body = DescribeBody,
        .answers = {Answers(KeyWithTextShape, 201)},
        .about = "Its text is in this answer and nowhere else."}},
      {"GET",
       "/api/v1/api-keys/{id}",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return Get(parts, request, caller);
       },
       {.summary = "Show a key", .answers = {Answers(KeyShape)}}},
      {"PUT",
       "/api/v1/api-keys/{id}",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return Change(parts, request, caller, true);
       },
       {.summary = "Change a key as a whole",
        .body = DescribeBody,
        .answers = {Answers(KeyShape)},
        .guarded = true}},
      {"PATCH",
       "/api/v1/api-keys/{id}",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return Change(parts, request, caller, false);
       },
       {.summary = "Change a part of a key",
        .body = DescribeBody,
        .answers = {Answers(KeyShape)},
        .guarded = true}},
      {"DELETE",
       "/api/v1/api-keys/{id}",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) -> absl::StatusOr<Response> {
         auto id = request.Id();
         if (!id.ok()) return id.status();
         return Delete(parts, request, caller, *id, 0);
       },
       {.summary = "Delete a key", .answers = {AnswersNothing()}, .guarded = true}},
      {"POST",
       "/api/v1/api-keys/{id}/enable",
       Access::kUser,
       StatusHandler(parts, ActiveStatus::kActive),
       {.summary = "Enable a key", .answers = {Answers(KeyShape)}, .guarded = true}},
      {"POST",
       "/api/v1/api-keys/{id}/disable",
       Access::kUser,
       StatusHandler(parts, ActiveStatus::kDisabled),
       {.summary = "Disable a key", .answers = {Answers(KeyShape)}, .guarded = true}},
  };
  for (Route& route : RoutesBelowUsers(parts)) routes.push_back(std::move(route));
  routes.push_back(
      BulkRoute(routes, "/api/v1/api-keys", "/api/v1/api-keys/bulk", "Change many keys"));
  return routes;
}

}  // namespace weir::admin
