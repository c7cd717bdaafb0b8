// /api/v1/admin/invites: who may make a user of themselves while registration is by invite.
#include <string>
#include <utility>

#include <boost/json/array.hpp>

#include "libs/common/api_key_hash.h"
#include "libs/common/ids.h"
#include "libs/common/secret.h"
#include "libs/common/text.h"
#include "services/admin/json/describe.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/validate.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/columns.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/invite_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
constexpr std::int64_t kDefaultLifeMs = 7 * kDayMs;
constexpr std::int64_t kLifeMsMax = 365 * kDayMs;
constexpr int kCodeBytes = 20;

// What is stored is whether it was used; the rest follows from the time.
void AddStatusFilter(std::string_view status, std::int64_t now_ms, ListQuery& query) {
  if (status == "used") {
    query.conditions.push_back({"used_at_ms <> 0", {}});
  } else if (status == "open") {
    query.conditions.push_back({"used_at_ms = 0 AND expires_at_ms > ?", {now_ms}});
  } else if (status == "expired") {
    query.conditions.push_back({"used_at_ms = 0 AND expires_at_ms <= ?", {now_ms}});
  }
}

ListRules Rules() {
  return {.filters = {{"name", "name", Filter::Kind::kContains},
                      {"email", "email", Filter::Kind::kContains},
                      {"group_id", "group_id = ?", Filter::Kind::kInteger}},
          .sorts = {{"id", "id"},
                    {"created_at", "created_at_ms"},
                    {"expires_at", "expires_at_ms"},
                    {"used_at", "used_at_ms"}},
          .others = {WordParameter("status", {"open", "used", "expired"})}};
}

json::value InviteShape() { return Named("Invite", InviteJson(Invite(), 0)); }

json::value NewInviteShape() {
  json::object invite = InviteJson(Invite(), 0);
  invite["code"] = "";
  return invite;
}

void DescribeBody(BodyReader& reader) {
  Invite invite;
  ReadInvite(reader, invite);
}

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request) {
  auto query = ParseList(request, Rules());
  if (!query.ok()) return query.status();
  const std::int64_t now_ms = parts.store.NowMs();
  AddStatusFilter(request.Query("status"), now_ms, *query);
  auto page = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return invite_store::List(transaction, *query);
  });
  if (!page.ok()) return page.status();
  json::array data;
  for (const Invite& invite : page->items) data.push_back(InviteJson(invite, now_ms));
  return ListResponse(std::move(data), page->total, *query);
}

absl::StatusOr<Invite> ReadNew(const json::object& body, std::int64_t now_ms) {
  FieldErrors errors;
  BodyReader reader(body, errors);
  Invite invite;
  ReadInvite(reader, invite);
  reader.Finish();
  Validate(invite, errors);
  if (invite.expires_at_ms == 0) invite.expires_at_ms = now_ms + kDefaultLifeMs;
  if (invite.expires_at_ms <= now_ms || invite.expires_at_ms > now_ms + kLifeMsMax) {
    errors.Add("expires_at", "must be within the next 365 days");
  }
  if (!errors.empty()) return errors.ToStatus();
  return invite;
}

absl::Status CheckGroup(sql::Transaction& transaction, std::int64_t group_id) {
  const auto group = group_store::Get(transaction, group_id);
  if (!absl::IsNotFound(group.status())) return group.status();
  FieldErrors errors;
  errors.Add("group_id", "does not exist");
  return errors.ToStatus();
}

absl::StatusOr<Response> Create(ResourceParts& parts, const Request& request,
                                const Caller& caller) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  const std::int64_t now_ms = parts.store.NowMs();
  auto invite = ReadNew(*body, now_ms);
  if (!invite.ok()) return invite.status();
  const Secret code(StrCat("wi_", RandomHex(kCodeBytes)));
  invite->code_hash = HexOf(ApiKeyHash(code.Reveal()));
  invite->created_by = caller.user.id;
  absl::Status stored =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        absl::Status group = CheckGroup(transaction, invite->group_id);
        return group.ok() ? invite_store::Insert(transaction, changes, now_ms, *invite) : group;
      });
  if (!stored.ok()) return stored;
  json::object shown = InviteJson(*invite, now_ms);
  shown["code"] = code.Reveal();
  return RecordResponse(201, shown, invite->version);
}

absl::StatusOr<Response> Delete(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  absl::Status done =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        auto invite = invite_store::Get(transaction, *id);
        if (!invite.ok()) return invite.status();
        if (auto match = CheckIfMatch(request, invite->version); !match.ok()) return match;
        return invite_store::Delete(transaction, changes, *id);
      });
  if (!done.ok()) return done;
  return NoContent();
}

}  // namespace

Routes InviteRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/admin/invites",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return List(parts, request); },
       {.summary = "List invites",
        .query = ParametersOf(Rules()),
        .answers = {AnswersList(InviteShape)}}},
      {"POST",
       "/api/v1/admin/invites",
       Access::kAdmin,
       [&parts](const Request& request, const Caller& caller) {
         return Create(parts, request, caller);
       },
       {.summary = "Make an invite",
        .body = DescribeBody,
        .answers = {Answers(NewInviteShape, 201)},
        .about = "Its `code` is shown this once. Without `expires_at` it is good for seven days."}},
      {"DELETE",
       "/api/v1/admin/invites/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Delete(parts, request); },
       {.summary = "Take an invite back", .answers = {AnswersNothing()}, .guarded = true}},
  };
}

}  // namespace weir::admin
