// /health, /ready, /metrics, /api/v1/status and the page at /.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/sql/database_figures.h"
#include "libs/common/version.h"
#include "services/admin/alerts/well_watch.h"
#include "services/admin/json/record_json.h"
#include "services/admin/resources/relay_figures_json.h"
#include "services/admin/resources/resource.h"
#include "weir/v1/report.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

constexpr std::string_view kPageType = "text/html; charset=utf-8";
constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

constexpr std::string_view kFrontPage = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Weir: control plane</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem }
pre { background: #8881; padding: 0.8rem; overflow-x: auto }
:root { color-scheme: light dark }
</style>
<h1>Weir</h1>
<p>This is the control plane of Weir, an LLM gateway. It keeps users, keys, accounts and prices and
answers to a REST API. Model requests do not come here but to the relay. Browsers get the console at
this address; this process found no build of it when it started. <code>./weir build</code> makes one,
and <code>WEIR_ADMIN_CONSOLE_DIR</code> names its folder.</p>
<p>Without it, log in and look around:</p>
<pre>curl -s $WEIR_ADMIN_URL/api/v1/auth/login -H 'content-type: application/json' \
  -d '{"username":"admin","password":"…"}'
curl -s $WEIR_ADMIN_URL/api/v1/admin/logs -H "authorization: Bearer $TOKEN"</pre>
<ul>
<li><a href="/api/v1/status">/api/v1/status</a>: state of the services</li>
<li><a href="/health">/health</a>, <a href="/ready">/ready</a>, <a href="/metrics">/metrics</a></li>
</ul>
</html>
)html";

Response TextResponse(int status, std::string_view type, std::string body) {
  Response response;
  response.status = status;
  response.content_type = type;
  response.body = std::move(body);
  return response;
}

Response FrontPage() {
  Response response = TextResponse(200, kPageType, std::string(kFrontPage));
  response.headers.emplace_back(
      "Content-Security-Policy",
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
  return response;
}

Response Ready(ResourceParts& parts) {
  const bool good = parts.store.database().Ping().ok();
  return TextResponse(good ? 200 : 503, "text/plain", good ? "ready\n" : "the database is away\n");
}

// An Ingress passes each path on, so what strangers sent is told by what proxies add.
absl::StatusOr<Response> OwnMetrics(ResourceParts& parts, const Request& request) {
  if (!request.Header("x-forwarded-for").empty() || !request.Header("forwarded").empty()) {
    return NotFound("page through a proxy; the ops port serves it");
  }
  return TextResponse(200, kMetricsType, parts.metrics.Expose());
}

// By relay.
using Overheads = std::map<std::string, v1::RelayOverhead, std::less<>>;

// Of none while usage is away.
Overheads ReadOverheads(ResourceParts& parts) {
  Overheads overheads;
  v1::OverheadsResponse answer;
  if (!parts.usage.Overheads(answer).ok()) return overheads;
  for (const v1::RelayOverhead& relay : answer.relays()) overheads[relay.relay_id()] = relay;
  return overheads;
}

json::value OverheadJson(const Overheads& overheads, std::string_view relay_id) {
  const auto found = overheads.find(relay_id);
  return Where(found != overheads.end(), [&] {
    const v1::RelayOverhead told = found == overheads.end() ? v1::RelayOverhead() : found->second;
    return json::object{
        {"requests", told.requests()}, {"p50_us", told.p50_us()}, {"p99_us", told.p99_us()}};
  });
}

json::object RelayJson(const RelayState& relay, const Overheads& overheads, std::int64_t latest,
                       std::int64_t now_ms) {
  const bool behind = relay.acked_revision < latest && relay.sent_at_ms != 0;
  return {{"id", relay.id},
          {"version", relay.version},
          {"address", relay.address},
          {"connected", relay.connected},
          {"connected_since", TimeJson(relay.connected_since_ms)},
          {"last_seen_at", TimeJson(relay.last_seen_ms)},
          {"revision", relay.acked_revision},
          {"acked_at", TimeJson(relay.acked_at_ms)},
          {"lag_ms", behind ? now_ms - relay.sent_at_ms : 0},
          {"nacked_revision", IntegerOrNull(relay.nacked_revision)},
          {"nack_reason", TextOrNull(relay.nack_reason)},
          {"figures", FiguresJson(relay.figures)},
          {"overhead", OverheadJson(overheads, relay.id)}};
}

json::value KindJson(bool postgres) {
  return OneWord({"sqlite", "postgresql"}, postgres ? "postgresql" : "sqlite");
}

// Null where an older usage service does not tell.
json::object StorageJson(const LedgerStorage& storage) {
  return {{"partitioned", storage.partitioned},
          {"partitions", storage.partitions},
          {"made_until", TimeJson(storage.made_until_ms)},
          {"unexpected_day_events", storage.default_events},
          {"kept_from", TimeJson(storage.kept_from_ms)},
          {"kind", KindJson(storage.partitioned)},
          {"latency_us", IntegerOrNull(storage.latency_us)},
          {"bytes", IntegerOrNull(storage.bytes)}};
}

json::object DatabaseJson(const sql::DatabaseFigures& figures) {
  return {{"kind", KindJson(figures.dialect == sql::SqlDialect::kPostgres)},
          {"latency_us", figures.latency_us},
          {"bytes", figures.bytes}};
}

// Left out while usage is away.
void AddLedger(ResourceParts& parts, json::object& body) {
  const absl::StatusOr<LedgerStorage> storage = parts.maintenance.Storage();
  if (storage.ok()) body["ledger"] = StorageJson(*storage);
}

std::string_view WordOfIngest(const LedgerIngest& ingest) {
  if (IsStored(ingest)) return "ok";
  return ingest.failing_since_ms != 0 ? "failing" : "late";
}

json::object IngestJson(const LedgerIngest& ingest) {
  return {{"status", OneWord({"ok", "failing", "late"}, WordOfIngest(ingest))},
          {"events_waiting", ingest.events_waiting},
          {"oldest_waiting_ms", ingest.oldest_waiting_ms},
          {"failing_since", TimeJson(ingest.failing_since_ms)},
          {"last_error", TextOrNull(ingest.last_error)},
          {"events_last_minute", ingest.events_last_minute}};
}

json::object HealthJson(bool database, bool usage, bool stored, RedisState redis) {
  const auto up = [](bool good) { return OneWord({"ok", "down"}, good ? "ok" : "down"); };
  const bool well = database && usage && stored && redis != RedisState::kAway;
  return {{"status",
           OneWord({"ok", "degraded", "down"}, well ? "ok" : (database ? "degraded" : "down"))},
          {"version", std::string(kVersion)},
          {"database_status", up(database)},
          {"redis_status", RedisWord(redis)},
          {"usage_status", up(usage)}};
}

json::object WellJson(const WellState& well) {
  return {{"since", TimeJson(well.well_since_ms)},
          {"watched_since", TimeJson(well.watching_since_ms)}};
}

// What only administrators see may be absent.
json::value StatusShape() {
  json::object body = HealthJson(true, true, true, RedisState::kNone);
  json::array relays;
  relays.push_back(RelayJson(RelayState(), {}, 0, 0));
  body["revision"] = MaybeAbsent(0);
  body["relays"] = MaybeAbsent(std::move(relays));
  body["database"] = MaybeAbsent(DatabaseJson(sql::DatabaseFigures()));
  body["ingest"] = MaybeAbsent(IngestJson(LedgerIngest()));
  body["ledger"] = MaybeAbsent(StorageJson(LedgerStorage()));
  body["unpriced"] = MaybeAbsent(UnpricedNoticeShape());
  body["conflicts"] = MaybeAbsent(0);
  body["well"] = MaybeAbsent(WellJson({}));
  return Named("Status", std::move(body));
}

// What runs where, for administrators.
void AddOperation(ResourceParts& parts, const std::vector<RelayState>& states,
                  const absl::StatusOr<LedgerIngest>& ingest, bool usage, json::object& body) {
  // Of the database: the publisher hears of a change a moment after its answer.
  const auto revision = ReadValue(
      parts.store, [](sql::Transaction& transaction) { return ReadRevision(transaction); });
  const std::int64_t latest = revision.ok() ? revision->number : parts.publisher.latest();
  body["revision"] = latest;
  const Overheads overheads = usage ? ReadOverheads(parts) : Overheads();
  json::array relays;
  for (const RelayState& relay : states) {
    relays.push_back(RelayJson(relay, overheads, latest, parts.store.NowMs()));
  }
  body["relays"] = std::move(relays);
  body["well"] = WellJson(parts.well.Read());
  const auto figures = sql::MeasureDatabase(parts.store.database());
  if (figures.ok()) body["database"] = DatabaseJson(*figures);
  if (ingest.ok()) body["ingest"] = IngestJson(*ingest);
  if (!usage) return;
  AddLedger(parts, body);
  AddUnpricedNotice(parts, body);
  AddConflictsNotice(parts, body);
}

json::object AliveJson() { return {{"status", "ok"}}; }

// Everybody may see whether it works; what runs where is for administrators.
absl::StatusOr<Response> Status(ResourceParts& parts, const Request& request) {
  const bool database = parts.store.database().Ping().ok();
  const bool usage = parts.usage.Ping().ok();
  // That usage answers says nothing of whether it can write.
  const absl::StatusOr<LedgerIngest> ingest = parts.maintenance.Ingest();
  const bool stored = ingest.ok() && IsStored(*ingest);
  const std::vector<RelayState> states = parts.registry.List();
  json::object body = HealthJson(database, usage, stored, RedisOf(states));
  const bool tells_who =
      !request.Header("authorization").empty() || !request.Cookie(kSessionCookie).empty();
  if (tells_who) {
    auto caller = parts.sessions.Authenticate(request);
    if (!caller.ok()) return caller.status();
    if (caller->is_admin()) AddOperation(parts, states, ingest, usage, body);
  }
  return JsonResponse(200, body);
}

}  // namespace

Routes StatusRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/",
       Access::kPublic,
       [](const Request&, const Caller&) -> absl::StatusOr<Response> { return FrontPage(); },
       {.summary = "A page about this API, where there is no console",
        .answers = {AnswersFile(kPageType)}}},
      {"GET",
       "/health",
       Access::kPublic,
       [](const Request&, const Caller&) -> absl::StatusOr<Response> {
         return JsonResponse(200, AliveJson());
       },
       {.summary = "Whether the process lives", .answers = {Answers(AliveJson)}}},
      {"GET",
       "/ready",
       Access::kPublic,
       [&parts](const Request&, const Caller&) -> absl::StatusOr<Response> { return Ready(parts); },
       {.summary = "Whether the database answers",
        .answers = {AnswersFile("text/plain"), {.status = 503, .content_type = "text/plain"}}}},
      {"GET",
       "/metrics",
       Access::kPublic,
       [&parts](const Request& request, const Caller&) { return OwnMetrics(parts, request); },
       {.summary = "Figures for Prometheus",
        .answers = {AnswersFile(kMetricsType)},
        .refusals = {404},
        .about = "Not found for who comes through a reverse proxy: figures are for the inside."}},
      {"GET",
       "/api/v1/status",
       Access::kPublic,
       [&parts](const Request& request, const Caller&) { return Status(parts, request); },
       {.summary = "State of the services",
        .answers = {Answers(StatusShape)},
        .refusals = {401, 403},
        .about =
            "Relays and the ledger are shown to administrators alone. `well.since` is null while "
            "something is wrong; what was before `well.watched_since` this process does not "
            "know."}},
  };
}

}  // namespace weir::admin
