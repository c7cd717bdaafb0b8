// /api/v1/groups: for administrators.
#include <utility>
#include <vector>

#include <boost/json/array.hpp>

#include "services/admin/json/record_json.h"
#include "services/admin/model/validate.h"
#include "services/admin/resources/count_json.h"
#include "services/admin/resources/figure_order.h"
#include "services/admin/resources/resource.h"
#include "services/admin/resources/subject_figures.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/member_counts.h"
#include "weir/v1/query.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

ListRules Rules() {
  ListRules rules = {
      .filters = {{"name", "name", Filter::Kind::kContains},
                  {"status", "status = ?", Filter::Kind::kText, WordsOf<ActiveStatus>()}},
      .sorts = {{"id", "id"}, {"name", "name"}, {"created_at", "created_at_ms"}}};
  AddFigureSorts(v1::DIMENSION_GROUP, rules);
  return rules;
}

using member_counts::GroupMembers;

json::object MembersJson(const GroupMembers& members) {
  return {{"accounts", CountJson(members.accounts)},
          {"accounts_normal", CountJson(members.normal)},
          {"keys", CountJson(members.keys)},
          {"users", CountJson(members.users)}};
}

json::value GroupShape() {
  json::object group = GroupJson(Group());
  group["members"] = MaybeAbsent(MembersJson(GroupMembers()));
  AddFiguresShape(SubjectKind::kGroups, group);
  return Named("Group", std::move(group));
}

// What each ties together; `data` has the records.
absl::Status AddMembers(ResourceParts& parts, json::array& data) {
  std::vector<std::int64_t> ids;
  ids.reserve(data.size());
  for (const json::value& group : data) ids.push_back(group.at("id").as_int64());
  auto members = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return member_counts::OfGroups(transaction, ids, parts.store.NowMs());
  });
  if (!members.ok()) return members.status();
  for (json::value& group : data) {
    group.as_object()["members"] = MembersJson((*members)[group.at("id").as_int64()]);
  }
  return absl::OkStatus();
}

absl::StatusOr<json::array> WithFigures(ResourceParts& parts, const std::vector<Group>& groups) {
  json::array data;
  std::vector<const Limits*> limits;
  limits.reserve(groups.size());
  for (const Group& group : groups) {
    data.push_back(GroupJson(group));
    limits.push_back(&group.limits);
  }
  if (absl::Status added = AddMembers(parts, data); !added.ok()) return added;
  UsageGlance glance(parts.usage);
  AddFigures(glance, SubjectKind::kGroups, limits, parts.store.NowMs(), data);
  return data;
}

void DescribeBody(BodyReader& reader) {
  Group group;
  ReadGroup(reader, group);
}

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request) {
  auto query = ParseList(request, Rules());
  if (!query.ok()) return query.status();
  absl::Status ordered = OrderByFigure(parts, request, v1::DIMENSION_GROUP, {}, *query);
  if (!ordered.ok()) return ordered;
  auto page = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return group_store::List(transaction, *query);
  });
  if (!page.ok()) return page.status();
  auto data = WithFigures(parts, page->items);
  if (!data.ok()) return data.status();
  return ListResponse(*std::move(data), page->total, *query);
}

absl::StatusOr<Response> Get(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  auto group = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return group_store::Get(transaction, *id);
  });
  if (!group.ok()) return group.status();
  const auto one = WithFigures(parts, {*group});
  if (!one.ok()) return one.status();
  return RecordResponse(200, one->front().as_object(), group->version);
}

absl::Status ReadBody(const json::object& body, Group& group) {
  FieldErrors errors;
  BodyReader reader(body, errors);
  ReadGroup(reader, group);
  reader.Finish();
  Validate(group, errors);
  return errors.ToStatus();
}

absl::StatusOr<Response> Create(ResourceParts& parts, const Request& request) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  Group group;
  if (absl::Status read = ReadBody(*body, group); !read.ok()) return read;
  absl::Status stored = parts.store.Change([&](sql::Transaction& transaction, Changes& changes) {
    return group_store::Insert(transaction, changes, parts.store.NowMs(), group);
  });
  if (!stored.ok()) return stored;
  return RecordResponse(201, GroupJson(group), group.version);
}

absl::StatusOr<Response> Change(ResourceParts& parts, const Request& request, bool whole) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  auto group = ChangeValue(
      parts.store, [&](sql::Transaction& transaction, Changes& changes) -> absl::StatusOr<Group> {
        auto before = group_store::Get(transaction, *id);
        if (!before.ok()) return before.status();
        if (auto match = CheckIfMatch(request, before->version); !match.ok()) return match;
        Group changed = whole ? Group() : *before;
        static_cast<Record&>(changed) = *before;
        if (auto read = ReadBody(*body, changed); !read.ok()) return read;
        if (*id == kDefaultGroupId && changed.name != before->name) {
          return Conflict("the default group keeps its name");
        }
        auto done = group_store::Update(transaction, changes, parts.store.NowMs(), changed);
        if (!done.ok()) return done;
        return changed;
      });
  if (!group.ok()) return group.status();
  return RecordResponse(200, GroupJson(*group), group->version);
}

absl::StatusOr<Response> Delete(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  absl::Status done =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        auto group = group_store::Get(transaction, *id);
        if (!group.ok()) return group.status();
        if (auto match = CheckIfMatch(request, group->version); !match.ok()) return match;
        return group_store::Delete(transaction, changes, *id);
      });
  if (!done.ok()) return done;
  return NoContent();
}

}  // namespace

Routes GroupRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/groups",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return List(parts, request); },
       {.summary = "List groups",
        .query = ParametersOf(Rules()),
        .answers = {AnswersList(GroupShape)}}},
      {"POST",
       "/api/v1/groups",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Create(parts, request); },
       {.summary = "Make a group", .body = DescribeBody, .answers = {Answers(GroupShape, 201)}}},
      {"GET",
       "/api/v1/groups/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Get(parts, request); },
       {.summary = "Show a group", .answers = {Answers(GroupShape)}}},
      {"PUT",
       "/api/v1/groups/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Change(parts, request, true); },
       {.summary = "Change a group as a whole",
        .body = DescribeBody,
        .answers = {Answers(GroupShape)},
        .guarded = true}},
      {"PATCH",
       "/api/v1/groups/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Change(parts, request, false); },
       {.summary = "Change a part of a group",
        .body = DescribeBody,
        .answers = {Answers(GroupShape)},
        .guarded = true}},
      {"DELETE",
       "/api/v1/groups/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Delete(parts, request); },
       {.summary = "Delete a group", .answers = {AnswersNothing()}, .guarded = true}},
  };
}

}  // namespace weir::admin
