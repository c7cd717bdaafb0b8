// /api/v1/auth/2fa: the second factor of one's own log-in; administrators can take off anybody's.
#include "services/admin/resources/second_factor.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include "services/admin/credentials/one_time_code.h"
#include "services/admin/json/record_json.h"
#include "services/admin/resources/count_json.h"
#include "services/admin/resources/subject_figures.h"
#include "services/admin/store/second_factor_store.h"
#include "services/admin/store/session_store.h"
#include "services/admin/store/user_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

void NoteSecondFactor(const User& user, bool after, Changes& changes) {
  const auto text = [](bool flag) { return std::string(flag ? "true" : "false"); };
  changes.Note(
      {"user", user.id, user.username, "update", {{"second_factor", text(!after), text(after)}}});
}

json::object StateJson(bool in_force, std::size_t recovery_codes_left) {
  return {{"in_force", in_force}, {"recovery_codes_left", recovery_codes_left}};
}

json::object SecretJson(const std::string& secret, const std::string& url) {
  return {{"secret", secret}, {"url", url}};
}

json::object RecoveryJson(const std::vector<Secret>& codes) {
  return {{"recovery_codes",
           ListJson(codes, [](const Secret& code) { return json::value(code.Reveal()); })}};
}

absl::StatusOr<Response> State(ResourceParts& parts, const Caller& caller) {
  auto factor = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return second_factor_store::Find(transaction, caller.user.id);
  });
  if (!factor.ok()) return factor.status();
  const bool in_force = factor->has_value() && (*factor)->in_force;
  return JsonResponse(200, StateJson(in_force, in_force ? (*factor)->recovery_hashes.size() : 0));
}

absl::StatusOr<Response> Begin(ResourceParts& parts, const Caller& caller) {
  if (absl::Status confirmed = parts.sessions.CheckConfirmed(caller); !confirmed.ok()) {
    return confirmed;
  }
  auto secret = ChangeValue(parts.store, [&](sql::Transaction& transaction, Changes&) {
    return parts.sessions.factors().Begin(transaction, caller.user.id);
  });
  if (!secret.ok()) return secret.status();
  return JsonResponse(
      200, SecretJson(Base32(secret->Reveal()), CodeUrl(*secret, caller.user.username).Reveal()));
}

void ReadCode(BodyReader& reader, std::optional<Secret>& code) {
  reader.Require({"code"});
  reader.Hidden("code", code);
}

// Log-ins from before knew no code, so they end.
absl::StatusOr<Response> PutInForce(ResourceParts& parts, const Request& request,
                                    const Caller& caller) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  FieldErrors errors;
  BodyReader reader(*body, errors);
  std::optional<Secret> code;
  ReadCode(reader, code);
  reader.Finish();
  if (!errors.empty()) return errors.ToStatus();
  auto codes = ChangeValue(
      parts.store,
      [&](sql::Transaction& transaction, Changes& changes) -> absl::StatusOr<std::vector<Secret>> {
        auto given = parts.sessions.factors().PutInForce(transaction, caller.user.id, *code,
                                                         parts.store.NowMs());
        if (!given.ok()) return given;
        absl::Status ended =
            session_store::DeleteOfUser(transaction, caller.user.id, caller.session_id);
        if (!ended.ok()) return ended;
        NoteSecondFactor(caller.user, true, changes);
        return given;
      });
  if (!codes.ok()) return codes.status();
  return JsonResponse(200, RecoveryJson(*codes));
}

absl::StatusOr<Response> TakeOff(ResourceParts& parts, const Caller& caller, std::int64_t user_id) {
  if (absl::Status confirmed = parts.sessions.CheckConfirmed(caller); !confirmed.ok()) {
    return confirmed;
  }
  absl::Status done =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        auto user = user_store::Get(transaction, user_id);
        if (!user.ok()) return user.status();
        NoteSecondFactor(*user, false, changes);
        return second_factor_store::Delete(transaction, user_id);
      });
  if (!done.ok()) return done;
  return NoContent();
}

}  // namespace

absl::Status AddSecondFactors(ResourceParts& parts, json::array& users) {
  std::vector<std::int64_t> ids;
  for (const json::value& user : users) ids.push_back(user.at("id").as_int64());
  auto having = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return second_factor_store::Having(transaction, ids);
  });
  if (!having.ok()) return having.status();
  for (json::value& user : users) {
    user.as_object()["second_factor"] = having->contains(user.at("id").as_int64());
  }
  return absl::OkStatus();
}

json::value UserShape() {
  json::object user = UserJson(User());
  user["second_factor"] = MaybeAbsent(true);
  user["keys"] = MaybeAbsent(CountJson(RowTotal()));
  AddFiguresShape(SubjectKind::kUsers, user);
  return Named("User", std::move(user));
}

Routes SecondFactorRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/auth/2fa",
       Access::kUser,
       [&parts](const Request&, const Caller& caller) { return State(parts, caller); },
       {.summary = "Show whether one's second factor is in force",
        .answers = {Answers([] { return StateJson(false, 0); })}}},
      {"POST",
       "/api/v1/auth/2fa/begin",
       Access::kUser,
       [&parts](const Request&, const Caller& caller) { return Begin(parts, caller); },
       {.summary = "Get a secret for an authenticator app",
        .answers = {Answers([] { return SecretJson("", ""); })}}},
      {"POST",
       "/api/v1/auth/2fa/confirm",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return PutInForce(parts, request, caller);
       },
       {.summary = "Put the second factor in force",
        .body =
            [](BodyReader& reader) {
              std::optional<Secret> code;
              ReadCode(reader, code);
            },
        .answers = {Answers([] { return RecoveryJson({}); })},
        .about = "Ends one's other log-ins. The recovery codes are shown this once."}},
      {"POST",
       "/api/v1/auth/2fa/off",
       Access::kUser,
       [&parts](const Request&, const Caller& caller) {
         return TakeOff(parts, caller, caller.user.id);
       },
       {.summary = "Take one's second factor off", .answers = {AnswersNothing()}}},
      {"DELETE",
       "/api/v1/users/{id}/2fa",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) -> absl::StatusOr<Response> {
         auto id = request.Id();
         if (!id.ok()) return id.status();
         return TakeOff(parts, caller, *id);
       },
       {.summary = "Take a user's second factor off", .answers = {AnswersNothing()}}},
  };
}

}  // namespace weir::admin
