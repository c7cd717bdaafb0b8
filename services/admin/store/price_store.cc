#include "services/admin/store/price_store.h"

#include <string>
#include <utility>

#include "services/admin/model/problem.h"
#include "services/admin/model/words.h"
#include "services/admin/store/columns.h"

namespace weir::admin::price_store {
namespace {

const Table& TheTable() {
  static const Table table = {
      .name = "prices",
      .what = "price",
      .columns = {"provider", "model", "effective_from_ms", "input_pico_usd", "output_pico_usd",
                  "cache_read_pico_usd", "cache_write_5m_pico_usd", "cache_write_1h_pico_usd",
                  "tier_above_input_tokens", "tier_input_pico_usd", "tier_output_pico_usd",
                  "tier_cache_read_pico_usd", "tier_cache_write_5m_pico_usd",
                  "tier_cache_write_1h_pico_usd", "aliases", "max_output_tokens", "source"},
      .kind = ResourceKind::kPrice,
      .title = "model"};
  return table;
}

Price FromRow(const sql::Row& row) {
  Price price;
  ReadRecord(row, price);
  std::size_t column = kRecordColumns;
  price.provider = row.Text(column++);
  price.model = row.Text(column++);
  price.effective_from_ms = row.Int(column++);
  price.input_pico_usd = row.Int(column++);
  price.output_pico_usd = row.Int(column++);
  price.cache_read_pico_usd = row.Int(column++);
  price.cache_write_5m_pico_usd = row.Int(column++);
  price.cache_write_1h_pico_usd = row.Int(column++);
  price.tier_above_input_tokens = row.Int(column++);
  price.tier_input_pico_usd = row.Int(column++);
  price.tier_output_pico_usd = row.Int(column++);
  price.tier_cache_read_pico_usd = row.Int(column++);
  price.tier_cache_write_5m_pico_usd = row.Int(column++);
  price.tier_cache_write_1h_pico_usd = row.Int(column++);
  price.aliases = DecodeList(row.Text(column++));
  price.max_output_tokens = row.Int(column++);
  price.source = FromWord<PriceSource>(row.Text(column++)).value_or(PriceSource::kUnknown);
  return price;
}

std::vector<sql::Value> ValuesOf(const Price& price) {
  return {price.provider,
          price.model,
          price.effective_from_ms,
          price.input_pico_usd,
          price.output_pico_usd,
          price.cache_read_pico_usd,
          price.cache_write_5m_pico_usd,
          price.cache_write_1h_pico_usd,
          price.tier_above_input_tokens,
          price.tier_input_pico_usd,
          price.tier_output_pico_usd,
          price.tier_cache_read_pico_usd,
          price.tier_cache_write_5m_pico_usd,
          price.tier_cache_write_1h_pico_usd,
          EncodeList(price.aliases),
          price.max_output_tokens,
          std::string(WordOf(price.source))};
}

absl::StatusOr<Price> FromStatus(absl::StatusOr<sql::Row> row) {
  if (!row.ok()) return row.status();
  return FromRow(*row);
}

std::vector<Price> FromRows(const std::vector<sql::Row>& rows) {
  std::vector<Price> items;
  items.reserve(rows.size());
  for (const sql::Row& row : rows) items.push_back(FromRow(row));
  return items;
}

}  // namespace

absl::StatusOr<Price> Get(sql::Transaction& transaction, std::int64_t id) {
  return FromStatus(ReadRow(transaction, TheTable(), id));
}

absl::StatusOr<Price> Find(sql::Transaction& transaction, std::string_view provider,
                           std::string_view model, std::int64_t effective_from_ms) {
  const ListQuery query = {
      .conditions = {{"provider = ? AND model = ? AND effective_from_ms = ?",
                      {std::string(provider), std::string(model), effective_from_ms}}},
      .limit = 1};
  auto page = List(transaction, query);
  if (!page.ok()) return page.status();
  if (page->items.empty()) return NotFound(TheTable().what);
  return std::move(page->items.front());
}

absl::StatusOr<Page<Price>> List(sql::Transaction& transaction, const ListQuery& query) {
  auto rows = ListRows(transaction, TheTable(), query);
  if (!rows.ok()) return rows.status();
  return Page<Price>{.items = FromRows(rows->items), .total = rows->total};
}

absl::StatusOr<std::vector<Price>> After(sql::Transaction& transaction, std::int64_t after,
                                         std::int64_t limit) {
  auto rows = RowsAfter(transaction, TheTable(), after, limit);
  if (!rows.ok()) return rows.status();
  return FromRows(*rows);
}

absl::Status Insert(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Price& price) {
  return InsertRow(transaction, changes, TheTable(), now_ms, ValuesOf(price), price);
}

absl::Status InsertMany(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                        const std::vector<Price*>& prices) {
  if (prices.empty()) return absl::OkStatus();
  auto id = TakeIds(transaction, TheTable(), static_cast<std::int64_t>(prices.size()));
  if (!id.ok()) return id.status();
  for (Price* price : prices) {
    price->id = (*id)++;
    absl::Status done =
        InsertRowWithId(transaction, changes, TheTable(), now_ms, ValuesOf(*price), *price);
    if (!done.ok()) return done;
  }
  return absl::OkStatus();
}

absl::Status Update(sql::Transaction& transaction, Changes& changes, std::int64_t now_ms,
                    Price& price) {
  return UpdateRow(transaction, changes, TheTable(), now_ms, ValuesOf(price), price);
}

absl::Status Delete(sql::Transaction& transaction, Changes& changes, std::int64_t id) {
  return DeleteRow(transaction, changes, TheTable(), id);
}

}  // namespace weir::admin::price_store
