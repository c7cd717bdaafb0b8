#include "services/admin/store/audit.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>
#include <variant>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

thread_local const Actor* current_actor = nullptr;

const Table& TheTable() {
  static const Table table = {
      .name = "audit",
      .what = "audit entry",
      .columns = {"user_id", "actor", "client_ip", "request_id", "resource", "resource_id",
                  "resource_name", "action", "fields", "revision"},
      .counted = true};
  return table;
}

// A column as JSON: text that holds an object or a list is that.
json::value JsonOf(const sql::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return nullptr;
  if (text->starts_with('{') || text->starts_with('[')) {
    json::error_code error;
    json::value parsed = json::parse(*text, error);
    if (!error) return parsed;
  }
  return json::value(*text);
}

// Where the API calls a column otherwise.
std::string_view FieldOf(std::string_view column) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"platform", "platform_type"},
      {"sealed_credential", "secret_key"},
      {"sealed_proxy_url", "proxy_url"},
      {"key_hash", "key"},
      {"password_hash", "password"},
      {"limits.requests_per_minute", "limits.rpm"},
      {"limits.tokens_per_minute", "limits.tpm"}};
  for (const auto& [stored, name] : kNames) {
    if (stored == column) return name;
  }
  return column;
}

std::string TextOf(const json::value& value) { return json::serialize(value); }

void AddIfDifferent(std::string_view field, const json::value& before, const json::value& after,
                    std::vector<FieldChange>& fields) {
  if (before == after) return;
  fields.push_back({std::string(field), TextOf(before), TextOf(after)});
}

const json::value* MemberOf(const json::value& value, json::string_view name) {
  return value.is_object() ? value.get_object().if_contains(name) : nullptr;
}

// "limits.rpm": member by member, where at least one side has members.
void AddMembers(std::string_view field, const json::value& before, const json::value& after,
                std::vector<FieldChange>& fields) {
  std::set<std::string> names;
  for (const json::value* side : {&before, &after}) {
    if (!side->is_object()) continue;
    for (const auto& member : side->get_object()) {
      names.emplace(member.key().data(), member.key().size());
    }
  }
  static const json::value none;
  for (const std::string& name : names) {
    const json::value* from = MemberOf(before, name);
    const json::value* to = MemberOf(after, name);
    const std::string member = StrCat(field, ".", name);
    AddIfDifferent(FieldOf(member), from == nullptr ? none : *from, to == nullptr ? none : *to,
                   fields);
  }
}

// Of a row that is made, empty columns say nothing.
bool SaysNothing(const json::value& value) {
  return value.is_null() || (value.is_string() && value.get_string().empty()) ||
         (value.is_int64() && value.get_int64() == 0) ||
         (value.is_array() && value.get_array().empty()) ||
         (value.is_object() && value.get_object().empty());
}

std::string EncodeFields(const std::vector<FieldChange>& fields) {
  json::array array;
  for (const FieldChange& change : fields) {
    array.push_back(
        json::array{json::value(change.field), json::parse(change.from), json::parse(change.to)});
  }
  return json::serialize(array);
}

std::vector<FieldChange> DecodeFields(const std::string& text) {
  std::vector<FieldChange> fields;
  const json::value list = json::parse(text);
  for (const json::value& change : list.as_array()) {
    fields.push_back(
        {std::string(change.at(0).as_string()), TextOf(change.at(1)), TextOf(change.at(2))});
  }
  return fields;
}

AuditRow FromRow(const sql::Row& row) {
  AuditRow entry;
  entry.id = row.Int(0);
  entry.mark.at_ms = row.Int(1);
  std::size_t column = kRecordColumns;
  entry.actor.user_id = row.Int(column++);
  entry.actor.name = row.Text(column++);
  entry.actor.client_ip = row.Text(column++);
  entry.actor.request_id = row.Text(column++);
  entry.resource = row.Text(column++);
  entry.resource_id = row.Int(column++);
  entry.resource_name = row.Text(column++);
  entry.action = row.Text(column++);
  entry.fields = DecodeFields(row.Text(column++));
  entry.mark.revision = row.Int(column++);
  return entry;
}

}  // namespace

ActorScope::ActorScope(Actor actor)
    : actor_(std::move(actor)), before_(std::exchange(current_actor, &actor_)) {}

ActorScope::~ActorScope() { current_actor = before_; }

const Actor* ActorScope::Current() { return current_actor; }

std::vector<FieldChange> Difference(const Table& table, const std::vector<sql::Value>& before,
                                    const std::vector<sql::Value>& after) {
  std::vector<FieldChange> fields;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const std::string_view column = table.columns[i];
    const json::value from = before.empty() ? json::value() : JsonOf(before[i]);
    const json::value to = JsonOf(after[i]);
    if (before.empty() && SaysNothing(to)) continue;
    if (std::find(table.hidden.begin(), table.hidden.end(), column) != table.hidden.end()) {
      if (from != to) fields.push_back({std::string(FieldOf(column)), R"("***")", R"("***")"});
    } else if (from.is_object() || to.is_object()) {
      AddMembers(FieldOf(column), from, to, fields);
    } else {
      AddIfDifferent(FieldOf(column), from, to, fields);
    }
  }
  return fields;
}

absl::Status WriteAudit(sql::Transaction& transaction, const Actor& actor, ChangeMark mark,
                        const std::vector<AuditEntry>& entries) {
  std::vector<std::vector<sql::Value>> rows;
  for (const AuditEntry& entry : entries) {
    if (entry.action == "update" && entry.fields.empty()) continue;
    rows.push_back({actor.user_id, actor.name, actor.client_ip, actor.request_id, entry.resource,
                    entry.resource_id, entry.resource_name, entry.action,
                    EncodeFields(entry.fields), mark.revision});
  }
  return InsertPlainRows(transaction, TheTable(), mark.at_ms, std::move(rows));
}

absl::StatusOr<Page<AuditRow>> ListAudit(sql::Transaction& transaction, const ListQuery& query) {
  auto rows = ListRows(transaction, TheTable(), query);
  if (!rows.ok()) return rows.status();
  Page<AuditRow> page;
  page.total = rows->total;
  for (const sql::Row& row : rows->items) page.items.push_back(FromRow(row));
  return page;
}

}  // namespace weir::admin
