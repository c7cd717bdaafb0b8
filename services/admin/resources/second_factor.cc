// /api/v1/auth/2fa: the second factor of one's own log-in; administrators can take off anybody's.
#include "services/admin/resources/second_factor.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

#include "services/admin/credentials/one_time_code.h"
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

absl::StatusOr<Response> State(ResourceParts& parts, const Caller& caller) {
  auto factor = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return second_factor_store::Find(transaction, caller.user.id);
  });
  if (!factor.ok()) return factor.status();
  const bool in_force = factor->has_value() && (*factor)->in_force;
  return JsonResponse(
      200, json::object{{"in_force", in_force},
                        {"recovery_codes_left", in_force ? (*factor)->recovery_hashes.size() : 0}});
}

absl::StatusOr<Response> Begin(ResourceParts& parts, const Caller& caller) {
  if (absl::Status confirmed = parts.sessions.CheckConfirmed(caller); !confirmed.ok()) {
    return confirmed;
  }
  auto secret = ChangeValue(parts.store, [&](sql::Transaction& transaction, Changes&) {
    return parts.sessions.factors().Begin(transaction, caller.user.id);
  });
  if (!secret.ok()) return secret.status();
  return JsonResponse(200, json::object{{"secret", Base32(secret->Reveal())},
                                        {"url", CodeUrl(*secret, caller.user.username).Reveal()}});
}

// Log-ins from before knew no code, so they end.
absl::StatusOr<Response> PutInForce(ResourceParts& parts, const Request& request,
                                    const Caller& caller) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  FieldErrors errors;
  BodyReader reader(*body, errors);
  std::optional<Secret> code;
  reader.Require({"code"});
  reader.Hidden("code", code);
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
  json::array shown;
  for (const Secret& recovery : *codes) shown.emplace_back(recovery.Reveal());
  return JsonResponse(200, json::object{{"recovery_codes", std::move(shown)}});
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

Routes SecondFactorRoutes(ResourceParts& parts) {
  return {
      {"GET", "/api/v1/auth/2fa", Access::kUser,
       [&parts](const Request&, const Caller& caller) { return State(parts, caller); }},
      {"POST", "/api/v1/auth/2fa/begin", Access::kUser,
       [&parts](const Request&, const Caller& caller) { return Begin(parts, caller); }},
      {"POST", "/api/v1/auth/2fa/confirm", Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return PutInForce(parts, request, caller);
       }},
      {"POST", "/api/v1/auth/2fa/off", Access::kUser,
       [&parts](const Request&, const Caller& caller) {
         return TakeOff(parts, caller, caller.user.id);
       }},
      {"DELETE", "/api/v1/users/{id}/2fa", Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) -> absl::StatusOr<Response> {
         auto id = request.Id();
         if (!id.ok()) return id.status();
         return TakeOff(parts, caller, *id);
       }},
  };
}

}  // namespace weir::admin
