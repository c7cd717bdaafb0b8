#include "services/admin/store/alert_store.h"

#include <utility>

#include "libs/common/text.h"
#include "services/admin/model/words.h"
#include "services/admin/store/alert_words.h"

namespace weir::admin::alert_store {
namespace {

const Table& TheTable() {
  static const Table table = {.name = "alerts",
                              .what = "alert",
                              .columns = {"event", "subject", "state", "text", "delivery", "tries",
                                          "next_try_at_ms", "delivered_at_ms", "last_error"},
                              .title = "subject"};
  return table;
}

AlertMessage FromRow(const sql::Row& row) {
  AlertMessage message;
  message.id = row.Int(0);
  message.created_at_ms = row.Int(1);
  std::size_t column = kRecordColumns;
  message.event = row.Text(column++);
  message.subject = row.Text(column++);
  message.state = FromWord<AlertState>(row.Text(column++)).value_or(AlertState::kRaised);
  message.text = row.Text(column++);
  message.delivery = FromWord<AlertDelivery>(row.Text(column++)).value_or(AlertDelivery::kGivenUp);
  message.tries = row.Int(column++);
  message.next_try_at_ms = row.Int(column++);
  message.delivered_at_ms = row.Int(column++);
  message.last_error = row.Text(column++);
  return message;
}

std::string Word(AlertDelivery delivery) { return std::string(WordOf(delivery)); }

}  // namespace

absl::StatusOr<std::vector<AlertCondition>> Conditions(sql::Transaction& transaction,
                                                       std::string_view event) {
  auto result = transaction.Execute(
      "SELECT event, subject, text, since_ms, seen_ms, told FROM alert_conditions "
      "WHERE event = $1 OR $1 = '' ORDER BY event, subject LIMIT $2",
      {std::string(event), kConditionsMax});
  if (!result.ok()) return result.status();
  std::vector<AlertCondition> conditions;
  conditions.reserve(result->rows.size());
  for (const sql::Row& row : result->rows) {
    conditions.push_back({.event = row.Text(0),
                          .subject = row.Text(1),
                          .text = row.Text(2),
                          .since_ms = row.Int(3),
                          .seen_ms = row.Int(4),
                          .told = row.Int(5) != 0});
  }
  return conditions;
}

absl::Status Put(sql::Transaction& transaction, const AlertCondition& condition) {
  return transaction
      .Execute(
          "INSERT INTO alert_conditions (event, subject, text, since_ms, seen_ms, told) "
          "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (event, subject) DO UPDATE SET "
          "text = excluded.text, seen_ms = excluded.seen_ms, told = excluded.told",
          {condition.event, condition.subject, condition.text, condition.since_ms,
           condition.seen_ms, std::int64_t{condition.told}})
      .status();
}

absl::Status Remove(sql::Transaction& transaction, const AlertCondition& condition) {
  return transaction
      .Execute("DELETE FROM alert_conditions WHERE event = $1 AND subject = $2",
               {condition.event, condition.subject})
      .status();
}

absl::StatusOr<std::int64_t> Waiting(sql::Transaction& transaction) {
  auto result = transaction.Execute("SELECT COUNT(*) FROM alerts WHERE delivery = 'waiting'");
  if (!result.ok()) return result.status();
  return result->rows.front().Int(0);
}

absl::Status Queue(sql::Transaction& transaction, std::int64_t now_ms, AlertMessage& message) {
  Record record;
  Changes nobody_hears;
  message.created_at_ms = now_ms;
  absl::Status inserted =
      InsertRow(transaction, nobody_hears, TheTable(), now_ms,
                {message.event, message.subject, std::string(WordOf(message.state)), message.text,
                 Word(message.delivery), message.tries, message.next_try_at_ms,
                 message.delivered_at_ms, message.last_error},
                record);
  message.id = record.id;
  return inserted;
}

absl::StatusOr<bool> IsDue(sql::Transaction& transaction, std::int64_t now_ms) {
  auto result = transaction.Execute(
      "SELECT id FROM alerts WHERE delivery = 'waiting' AND next_try_at_ms <= $1 LIMIT 1",
      {now_ms});
  if (!result.ok()) return result.status();
  return !result->rows.empty();
}

absl::StatusOr<std::vector<AlertMessage>> Claim(sql::Transaction& transaction, std::int64_t now_ms,
                                                std::int64_t until_ms, std::int64_t limit) {
  const ListQuery due = {.conditions = {{"delivery = 'waiting' AND next_try_at_ms <= ?", {now_ms}}},
                         .limit = limit};
  auto page = List(transaction, due);
  if (!page.ok()) return page.status();
  std::vector<AlertMessage> claimed;
  for (AlertMessage& message : page->items) {
    auto taken = transaction.Execute(
        "UPDATE alerts SET next_try_at_ms = $1 WHERE id = $2 AND next_try_at_ms = $3 "
        "AND delivery = 'waiting'",
        {until_ms, message.id, message.next_try_at_ms});
    if (!taken.ok()) return taken.status();
    if (taken->affected_rows == 1) claimed.push_back(std::move(message));
  }
  return claimed;
}

absl::Status NoteTry(sql::Transaction& transaction, const AlertMessage& message,
                     std::int64_t claimed_until_ms) {
  return transaction
      .Execute(
          "UPDATE alerts SET delivery = $2, tries = $3, next_try_at_ms = $4, delivered_at_ms = $5, "
          "last_error = $6 WHERE id = $1 AND delivery = 'waiting' AND next_try_at_ms = $7",
          {message.id, Word(message.delivery), message.tries, message.next_try_at_ms,
           message.delivered_at_ms, message.last_error, claimed_until_ms})
      .status();
}

absl::StatusOr<Page<AlertMessage>> List(sql::Transaction& transaction, const ListQuery& query) {
  auto rows = ListRows(transaction, TheTable(), query);
  if (!rows.ok()) return rows.status();
  Page<AlertMessage> page;
  page.total = rows->total;
  for (const sql::Row& row : rows->items) page.items.push_back(FromRow(row));
  return page;
}

absl::Status Prune(sql::Transaction& transaction) {
  return transaction
      .Execute(
          "DELETE FROM alerts WHERE delivery <> 'waiting' AND id < (SELECT MIN(id) FROM (SELECT id "
          "FROM alerts WHERE delivery <> 'waiting' ORDER BY id DESC LIMIT $1) AS kept)",
          {kKept})
      .status();
}

absl::Status Forget(sql::Transaction& transaction) {
  auto forgotten = transaction.Execute("DELETE FROM alert_conditions");
  if (!forgotten.ok()) return forgotten.status();
  return transaction
      .Execute(
          "UPDATE alerts SET delivery = 'given_up', last_error = 'there is no webhook any more' "
          "WHERE delivery = 'waiting'")
      .status();
}

}  // namespace weir::admin::alert_store
