// /api/v1/auth/sessions: where one is logged in, and an end to it; /api/v1/auth/confirm.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "services/admin/json/record_json.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/session_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

json::object SessionJson(const Session& session, const Caller& caller) {
  return {{"id", session.id},
          {"current", session.id == caller.session_id},
          {"user_agent", session.user_agent},
          {"client_ip", session.client_ip},
          {"created_at", TimeJson(session.created_at_ms)},
          {"last_seen_at", TimeJson(session.last_seen_at_ms)},
          {"expires_at", TimeJson(session.expires_at_ms)}};
}

absl::StatusOr<Response> List(ResourceParts& parts, const Caller& caller) {
  auto sessions = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return session_store::ListOfUser(transaction, caller.user.id, parts.store.NowMs());
  });
  if (!sessions.ok()) return sessions.status();
  json::array data;
  for (const Session& session : *sessions) data.push_back(SessionJson(session, caller));
  return JsonResponse(200, json::object{{"data", std::move(data)}});
}

// Other people's are not there.
absl::StatusOr<Response> End(ResourceParts& parts, const Request& request, const Caller& caller) {
  const std::string& id = request.path_params.at("session_id");
  absl::Status done =
      parts.store.Change([&](sql::Transaction& transaction, Changes&) -> absl::Status {
        auto session = session_store::Get(transaction, id);
        if (!session.ok()) return session.status();
        if (session->user_id != caller.user.id) return NotFound("session");
        return session_store::Delete(transaction, id);
      });
  if (!done.ok()) return done;
  return NoContent();
}

absl::StatusOr<Response> EndOthers(ResourceParts& parts, const Caller& caller) {
  absl::Status done = parts.store.Change([&](sql::Transaction& transaction, Changes&) {
    return session_store::DeleteOfUser(transaction, caller.user.id, caller.session_id);
  });
  if (!done.ok()) return done;
  return NoContent();
}

void ReadProof(BodyReader& reader, std::optional<Secret>& password, std::optional<Secret>& code) {
  reader.Hidden("password", password);
  reader.Hidden("code", code);
}

void DescribeProof(BodyReader& reader) {
  std::optional<Secret> password;
  std::optional<Secret> code;
  ReadProof(reader, password, code);
}

json::object ConfirmedJson(std::int64_t until_ms) {
  return {{"confirmed_until", TimeJson(until_ms)}};
}

absl::StatusOr<Response> Confirm(ResourceParts& parts, const Request& request,
                                 const Caller& caller) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  FieldErrors errors;
  BodyReader reader(*body, errors);
  std::optional<Secret> password;
  std::optional<Secret> code;
  ReadProof(reader, password, code);
  reader.Finish();
  const bool by_password = password.has_value() && !password->empty();
  const bool by_code = code.has_value() && !code->empty();
  if (by_password == by_code) errors.Add("password", "is needed, or code");
  if (!errors.empty()) return errors.ToStatus();
  absl::Status proved = parts.sessions.Confirm(caller, password.value_or(Secret()),
                                               code.value_or(Secret()), request.client_ip);
  // The session stands: only what was given is wrong.
  if (absl::IsUnauthenticated(proved)) {
    errors.Add(by_password ? "password" : "code", "is wrong");
    return errors.ToStatus();
  }
  if (!proved.ok()) return proved;
  return JsonResponse(200, ConfirmedJson(parts.store.NowMs() + kConfirmedForMs));
}

}  // namespace

Routes SessionRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/auth/sessions",
       Access::kUser,
       [&parts](const Request&, const Caller& caller) { return List(parts, caller); },
       {.summary = "List one's log-ins", .answers = {AnswersData([] {
                                           return Named("Session",
                                                        SessionJson(Session(), Caller()));
                                         })}}},
      {"DELETE",
       "/api/v1/auth/sessions",
       Access::kUser,
       [&parts](const Request&, const Caller& caller) { return EndOthers(parts, caller); },
       {.summary = "End one's other log-ins", .answers = {AnswersNothing()}}},
      {"DELETE",
       "/api/v1/auth/sessions/{session_id}",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return End(parts, request, caller);
       },
       {.summary = "End one of one's log-ins", .answers = {AnswersNothing()}}},
      {"POST",
       "/api/v1/auth/confirm",
       Access::kUser,
       [&parts](const Request& request, const Caller& caller) {
         return Confirm(parts, request, caller);
       },
       {.summary = "Prove to be present: password or code, again",
        .body = DescribeProof,
        .answers = {Answers([] { return ConfirmedJson(0); })}}},
  };
}

}  // namespace weir::admin
