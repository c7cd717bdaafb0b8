// Who somebody is at a provider: one's own identities, and those of others for administrators.
#include <string>
#include <utility>

#include <boost/json/array.hpp>

#include "services/admin/json/describe.h"
#include "services/admin/json/record_json.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/identity_store.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

json::object IdentityJson(const UserIdentity& identity) {
  return {{"id", identity.id},
          {"issuer", identity.issuer},
          {"subject", identity.subject},
          {"label", identity.label},
          {"created_at", TimeJson(identity.created_at_ms)}};
}

json::value IdentityShape() { return Named("Identity", IdentityJson(UserIdentity())); }

absl::StatusOr<Response> List(ResourceParts& parts, std::int64_t user_id) {
  using Identities = std::vector<UserIdentity>;
  auto identities =
      ReadValue(parts.store, [&](sql::Transaction& transaction) -> absl::StatusOr<Identities> {
        auto user = user_store::Get(transaction, user_id);
        if (!user.ok()) return user.status();
        return identity_store::OfUser(transaction, user_id);
      });
  if (!identities.ok()) return identities.status();
  return JsonResponse(200, json::object{{"data", ListJson(*identities, IdentityJson)}});
}

absl::StatusOr<Response> Delete(ResourceParts& parts, std::int64_t user_id,
                                const Request& request) {
  auto id = request.Id("identity_id");
  if (!id.ok()) return id.status();
  absl::Status done = parts.store.Change([&](sql::Transaction& transaction, Changes& changes) {
    return identity_store::Delete(transaction, changes, user_id, *id);
  });
  if (!done.ok()) return done;
  return NoContent();
}

void ReadIdentity(BodyReader& reader, UserIdentity& identity) {
  reader.Require({"issuer", "subject"});
  reader.Text("issuer", identity.issuer);
  reader.Text("subject", identity.subject);
  reader.Text("label", identity.label);
}

void CheckIdentity(const UserIdentity& identity, FieldErrors& errors) {
  constexpr std::size_t kSubjectBytesMax = 255;
  constexpr std::size_t kLabelBytesMax = 128;
  if (identity.issuer.empty() || identity.issuer.size() > 2048) {
    errors.Add("issuer", "must be the provider's oidc_issuer");
  }
  if (identity.subject.empty() || identity.subject.size() > kSubjectBytesMax) {
    errors.Add("subject", "must be 1 to 255 bytes long");
  }
  if (identity.label.size() > kLabelBytesMax) errors.Add("label", "must be at most 128 bytes long");
}

// Whoever is that at the provider is this user from now on, so it is proved who says it.
absl::StatusOr<Response> Add(ResourceParts& parts, const Request& request, const Caller& caller) {
  auto user_id = request.Id();
  if (!user_id.ok()) return user_id.status();
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  FieldErrors errors;
  BodyReader reader(*body, errors);
  UserIdentity identity;
  ReadIdentity(reader, identity);
  reader.Finish();
  CheckIdentity(identity, errors);
  if (!errors.empty()) return errors.ToStatus();
  if (auto confirmed = parts.sessions.CheckConfirmed(caller); !confirmed.ok()) return confirmed;
  if (identity.label.empty()) identity.label = identity.subject.substr(0, 128);
  identity.user_id = *user_id;
  absl::Status done =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        auto user = user_store::Get(transaction, *user_id);
        if (!user.ok()) return user.status();
        return identity_store::Insert(transaction, changes, parts.store.NowMs(), identity);
      });
  if (!done.ok()) return done;
  return JsonResponse(201, IdentityJson(identity));
}

}  // namespace

Routes IdentityRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/auth/identities",
       Access::kUser,
       [&parts](const Request&, const Caller& caller) { return List(parts, caller.user.id); },
       {.summary = "List who one is at the provider", .answers = {AnswersData(IdentityShape)}}},
      {"DELETE",
       "/api/v1/auth/identities/{identity_id}",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return Delete(parts, caller.user.id, request);
       },
       {.summary = "Take one of one's identities away", .answers = {AnswersNothing()}}},
      {"GET",
       "/api/v1/users/{id}/identities",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) -> absl::StatusOr<Response> {
         auto id = request.Id();
         if (!id.ok()) return id.status();
         return List(parts, *id);
       },
       {.summary = "List who a user is at the provider", .answers = {AnswersData(IdentityShape)}}},
      {"POST",
       "/api/v1/users/{id}/identities",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Add(parts, request, caller);
       },
       {.summary = "Say who a user is at the provider",
        .body =
            [](BodyReader& reader) {
              UserIdentity identity;
              ReadIdentity(reader, identity);
            },
        .answers = {Answers(IdentityShape, 201)},
        .refusals = {409},
        .about = "Wants a fresh log-in, or POST /api/v1/auth/confirm."}},
      {"DELETE",
       "/api/v1/users/{id}/identities/{identity_id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) -> absl::StatusOr<Response> {
         auto id = request.Id();
         if (!id.ok()) return id.status();
         return Delete(parts, *id, request);
       },
       {.summary = "Take one of a user's identities away", .answers = {AnswersNothing()}}},
  };
}

}  // namespace weir::admin
