// /api/v1/admin/prices: dated; what was valid is never rewritten.
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"
#include "services/admin/json/price_json.h"
#include "services/admin/json/record_json.h"
#include "services/admin/model/price_csv.h"
#include "services/admin/model/validate.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/price_list.h"
#include "services/admin/store/price_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t kImportBytesMax = 16 << 20;

ListRules Rules() {
  return {.filters = {{"provider", "provider = ?"}, {"model", "model", Filter::Kind::kContains}},
          .sorts = {{"id", "id"},
                    {"provider", "provider"},
                    {"model", "model"},
                    {"effective_from", "effective_from_ms"},
                    {"input", "input_pico_usd"},
                    {"cache_read", "cache_read_pico_usd"},
                    {"cache_write_5m", "cache_write_5m_pico_usd"},
                    {"cache_write_1h", "cache_write_1h_pico_usd"},
                    {"output", "output_pico_usd"}}};
}

json::value PriceShape() { return Named("Price", PriceJson(Price())); }

absl::StatusOr<Response> List(ResourceParts& parts, const Request& request) {
  auto query = ParseList(request, Rules());
  if (!query.ok()) return query.status();
  auto page = ReadValue(parts.store, [&](sql::Transaction& transaction) {
    return price_store::List(transaction, *query);
  });
  if (!page.ok()) return page.status();
  json::array data;
  for (const Price& price : page->items) data.push_back(PriceJson(price));
  return ListResponse(std::move(data), page->total, *query);
}

// Without a date, the first price of a model holds since ever, any further one from now on.
absl::Status SetDate(sql::Transaction& transaction, std::int64_t now_ms, Price& price) {
  const ListQuery same_model = {
      .conditions = {{"provider = ? AND model = ?", {price.provider, price.model}}},
      .limit = 1,
      .with_total = false};
  auto known = price_store::List(transaction, same_model);
  if (!known.ok()) return known.status();
  price.effective_from_ms = known->items.empty() ? 0 : now_ms;
  return absl::OkStatus();
}

// A date that has passed is only for a time when the model had no price.
absl::Status CheckPast(sql::Transaction& transaction, std::int64_t now_ms, const Price& price) {
  if (price.effective_from_ms > now_ms) return absl::OkStatus();
  const ListQuery in_force = {
      .conditions = {{"provider = ? AND model = ? AND effective_from_ms <= ?",
                      {price.provider, price.model, price.effective_from_ms}}},
      .limit = 1,
      .with_total = false};
  auto known = price_store::List(transaction, in_force);
  if (!known.ok() || known->items.empty()) return known.status();
  return Conflict("the model had a price then, and what was valid is never rewritten");
}

// What a new price says nothing of stays as with the one before.
absl::Status KeepUnsaid(sql::Transaction& transaction, const BodyReader& reader, Price& price) {
  const ListQuery before = {
      .conditions = {{"provider = ? AND model = ? AND effective_from_ms <= ?",
                      {price.provider, price.model, price.effective_from_ms}}},
      .order_column = "effective_from_ms",
      .descending = true,
      .limit = 1};
  auto known = price_store::List(transaction, before);
  if (!known.ok() || known->items.empty()) return known.status();
  const Price& last = known->items.front();
  if (!reader.Has("aliases")) price.aliases = last.aliases;
  if (!reader.Has("max_output_tokens")) price.max_output_tokens = last.max_output_tokens;
  return absl::OkStatus();
}

void ReadNewPrice(BodyReader& reader, Price& price, FieldErrors& errors) {
  reader.Require({"model", "input", "output"});
  ReadPrice(reader, price);
  ReadFree(reader, price, errors);
}

absl::StatusOr<Response> Create(ResourceParts& parts, const Request& request) {
  auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  FieldErrors errors;
  BodyReader reader(*body, errors);
  Price price;
  price.source = PriceSource::kManual;
  ReadNewPrice(reader, price, errors);
  reader.Finish();
  Validate(price, errors);
  if (!errors.empty()) return errors.ToStatus();
  const std::int64_t now_ms = parts.store.NowMs();
  absl::Status stored =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        if (!reader.Has("effective_from")) {
          absl::Status dated = SetDate(transaction, now_ms, price);
          if (!dated.ok()) return dated;
        } else if (absl::Status past = CheckPast(transaction, now_ms, price); !past.ok()) {
          return past;
        }
        if (absl::Status kept = KeepUnsaid(transaction, reader, price); !kept.ok()) return kept;
        return price_store::Insert(transaction, changes, now_ms, price);
      });
  if (!stored.ok()) return stored;
  return RecordResponse(201, PriceJson(price), price.version);
}

// What it was used for stays in the ledger, which holds amounts, not prices.
absl::StatusOr<Response> Delete(ResourceParts& parts, const Request& request) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  absl::Status done =
      parts.store.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
        auto price = price_store::Get(transaction, *id);
        if (!price.ok()) return price.status();
        if (auto match = CheckIfMatch(request, price->version); !match.ok()) return match;
        return price_store::Delete(transaction, changes, *id);
      });
  if (!done.ok()) return done;
  return NoContent();
}

struct ImportOptions {
  bool dry_run = false;
  bool skip_refused = false;
};

ImportOptions ReadImportOptions(const Request& request) {
  return {.dry_run = request.Query("dry_run") == "true",
          .skip_refused = request.Query("skip_refused") == "true"};
}

// A JSON list begins with a bracket or a brace, and no CSV file does.
absl::StatusOr<PriceFile> ReadPriceFile(const Request& request) {
  const std::string_view text = StripSpace(request.body);
  const bool json = text.starts_with('[') || text.starts_with('{');
  return json ? ReadPriceJson(text) : ReadPriceCsv(request.body);
}

// All rows or none, unless asked otherwise: half of a list is seldom what was meant.
absl::Status CheckNoneRefused(const PriceFile& file, const PriceListPlan& plan) {
  if (absl::Status rows = CheckRefused(file.refused); !rows.ok()) return rows;
  return CheckPriceList(plan);
}

json::value ImportShape() {
  json::object report = PlanShape();
  report["dry_run"] = true;
  return Named("PriceImport", std::move(report));
}

// The body is a list, as CSV (model/price_csv.h) or JSON (json/price_json.h). With dry_run nothing
// is written; the report is the same.
absl::StatusOr<Response> Import(ResourceParts& parts, const Request& request) {
  const ImportOptions options = ReadImportOptions(request);
  auto file = ReadPriceFile(request);
  if (!file.ok()) return file.status();
  const std::int64_t now_ms = parts.store.NowMs();
  auto plan = ChangeValue(
      parts.store,
      [&](sql::Transaction& transaction, Changes& changes) -> absl::StatusOr<PriceListPlan> {
        auto planned = PlanPriceList(transaction, file->rows, now_ms);
        if (!planned.ok() || options.dry_run) return planned;
        absl::Status done =
            options.skip_refused ? absl::OkStatus() : CheckNoneRefused(*file, *planned);
        if (done.ok())
          done = ApplyPriceList(transaction, changes, now_ms, PriceSource::kList, *planned);
        if (!done.ok()) return done;
        return planned;
      });
  if (!plan.ok()) return plan.status();
  json::object report = PlanJson(*file, *plan);
  report["dry_run"] = options.dry_run;
  return JsonResponse(200, report);
}

}  // namespace

Routes PriceRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/admin/prices",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return List(parts, request); },
       {.summary = "List prices",
        .query = ParametersOf(Rules()),
        .answers = {AnswersList(PriceShape)}}},
      {"POST",
       "/api/v1/admin/prices",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Create(parts, request); },
       {.summary = "Make a price",
        .body =
            [](BodyReader& reader) {
              Price price;
              FieldErrors errors;
              ReadNewPrice(reader, price, errors);
            },
        .answers = {Answers(PriceShape, 201)}}},
      {"POST",
       "/api/v1/admin/prices/import",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Import(parts, request); },
       {.summary = "Take over a list of prices",
        .query = {FlagParameter("dry_run"), FlagParameter("skip_refused")},
        .file_types = {"text/csv", "application/json"},
        .answers = {Answers(ImportShape)},
        .about = "All rows or none, unless skip_refused is true. With dry_run nothing is written; "
                 "the report is the same."},
       kImportBytesMax},
      {"DELETE",
       "/api/v1/admin/prices/{id}",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return Delete(parts, request); },
       {.summary = "Delete a price", .answers = {AnswersNothing()}, .guarded = true}},
  };
}

}  // namespace weir::admin
