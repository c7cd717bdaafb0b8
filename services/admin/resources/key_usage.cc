// /api/v1/key-usage: what a key may spend and has spent, shown to whoever holds it, without log-in.
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "libs/common/api_key_hash.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "libs/common/utc_window.h"
#include "services/admin/json/record_json.h"
#include "services/admin/json/usage_json.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/report_time.h"
#include "services/admin/resources/key_use.h"
#include "services/admin/resources/key_windows.h"
#include "services/admin/resources/report_parts.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/api_key_store.h"
#include "weir/v1/report.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

constexpr std::int64_t kDaysUsual = 7;
constexpr std::int64_t kDaysMax = 90;
constexpr std::uint32_t kModelsMax = 50;
constexpr std::uint32_t kRequestsMax = 20;

// Where clients of all protocols put their key.
std::string_view PresentedKey(const Request& request) {
  constexpr std::string_view kBearer = "bearer ";
  const std::string_view authorization = request.Header("authorization");
  if (EqualsIgnoreCase(authorization.substr(0, kBearer.size()), kBearer)) {
    return StripSpace(authorization.substr(kBearer.size()));
  }
  for (const std::string_view name : {"x-api-key", "x-goog-api-key"}) {
    if (!request.Header(name).empty()) return StripSpace(request.Header(name));
  }
  return {};
}

// Who holds a key that somebody has switched off hears why, as from the relay, and nothing else: it
// may be off because it has come into wrong hands.
absl::Status CheckIsOn(const BoundKey& bound) {
  const auto refused = [](std::string_view why, std::string_view message) {
    return Problem(absl::StatusCode::kPermissionDenied, why, message);
  };
  if (bound.key.status != ActiveStatus::kActive) {
    return refused(reason::kKeyDisabled, "this API key is disabled; ask an administrator");
  }
  if (bound.user.status != ActiveStatus::kActive) {
    return refused(reason::kUserDisabled,
                   "the user who owns this API key is disabled; ask an administrator");
  }
  if (bound.group.status != ActiveStatus::kActive) {
    return refused(reason::kGroupDisabled,
                   "the group of this API key is disabled; ask an administrator");
  }
  return absl::OkStatus();
}

absl::StatusOr<BoundKey> FindKey(ResourceParts& parts, std::string_view text) {
  const absl::Status unknown =
      Problem(absl::StatusCode::kUnauthenticated, reason::kNotLoggedIn,
              "show an API key that works, as `authorization: Bearer …` or `x-api-key`");
  if (text.empty()) return unknown;
  auto found =
      ReadValue(parts.store, [&](sql::Transaction& transaction) -> absl::StatusOr<BoundKey> {
        absl::StatusOr<ApiKey> key =
            api_key_store::FindByHash(transaction, ApiKeyHash(text), parts.store.NowMs());
        if (!key.ok()) return key.status();
        return ReadBoundKey(transaction, *std::move(key));
      });
  if (absl::IsNotFound(found.status())) return unknown;
  if (!found.ok()) return found.status();
  if (absl::Status on = CheckIsOn(*found); !on.ok()) return on;
  return found;
}

struct Days {
  absl::TimeZone zone;
  std::vector<std::int64_t> cuts;
};

// Today and the days before it, in the zone that is asked for.
absl::StatusOr<Days> ReadDays(ResourceParts& parts, const Request& request) {
  FieldErrors errors;
  const absl::StatusOr<absl::TimeZone> zone = FindZone(request.Query("tz"));
  if (!zone.ok()) errors.Add("tz", View(zone.status().message()));
  const std::int64_t count = ReadCount(request, "days", kDaysUsual);
  if (!errors.empty()) return errors.ToStatus();
  const absl::CivilDay today = absl::ToCivilDay(absl::FromUnixMillis(parts.store.NowMs()), *zone);
  Days days{.zone = *zone, .cuts = {}};
  for (std::int64_t day = 1 - count; day <= 1; ++day) {
    days.cuts.push_back(absl::ToUnixMillis(absl::FromCivil(today + day, *zone)));
  }
  return days;
}

json::object DayJson(const std::string& day, const v1::SummaryRow& sums) {
  json::object object = {{"day", day}};
  const json::object counts = TotalsJson(sums);
  object.insert(counts.begin(), counts.end());
  return object;
}

json::object ModelJson(const v1::SummaryRow& sums) {
  json::object object = {{"model", sums.model()}};
  const json::object counts = TotalsJson(sums);
  object.insert(counts.begin(), counts.end());
  return object;
}

// Without who serves it and where its callers are: a key may be in several hands.
json::object RequestJson(const v1::UsageEvent& event) {
  json::object log = LogJson(event, LogView::kRow);
  json::object request;
  for (const std::string_view field : {"id",
                                       "started_at",
                                       "protocol",
                                       "operation",
                                       "model",
                                       "served_model",
                                       "status",
                                       "error_class",
                                       "complete",
                                       "stream",
                                       "cache_hit",
                                       "input_tokens",
                                       "output_tokens",
                                       "cache_read_tokens",
                                       "cache_write_5m_tokens",
                                       "cache_write_1h_tokens",
                                       "reasoning_tokens",
                                       "cost_nano_usd",
                                       "cost_usd",
                                       "usage_source",
                                       "latency_ms",
                                       "first_token_ms"}) {
    request[field] = log.at(field);
  }
  return request;
}

absl::StatusOr<json::array> DaysJson(UsageGlance& glance, const ApiKey& key, const Days& days) {
  v1::SeriesRequest question;
  question.mutable_filter()->add_key_ids(key.id);
  question.mutable_edges_unix_ms()->Add(days.cuts.begin(), days.cuts.end());
  question.set_top(1);
  v1::SeriesResponse answer;
  absl::Status asked = glance.Series(question, answer);
  if (!asked.ok()) return asked;
  std::vector<v1::SummaryRow> sums(days.cuts.size() - 1);
  for (const v1::SeriesRow& row : answer.totals()) {
    if (row.bucket() < sums.size()) sums[row.bucket()] = row.sums();
  }
  json::array data;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    data.push_back(DayJson(BucketLabel(days.cuts[i], Bucket::kDay, days.zone), sums[i]));
  }
  return data;
}

// Of the days, by what was asked for; the dearest first.
absl::StatusOr<json::array> ModelsJson(UsageGlance& glance, const ApiKey& key, const Days& days) {
  v1::SummarizeRequest question;
  v1::EventFilter& filter = *question.mutable_filter();
  filter.add_key_ids(key.id);
  filter.set_from_unix_ms(days.cuts.front());
  filter.set_to_unix_ms(days.cuts.back());
  question.add_by(v1::DIMENSION_MODEL);
  question.set_limit(kModelsMax);
  question.set_rows_only(true);
  v1::SummarizeResponse answer;
  absl::Status asked = glance.Summarize(question, answer);
  if (!asked.ok()) return asked;
  return ListJson(answer.rows(), ModelJson);
}

// The last ones, as far back as days can be asked for.
absl::StatusOr<json::array> RequestsJson(UsageGlance& glance, const ApiKey& key,
                                         std::int64_t now_ms) {
  v1::ListEventsRequest question;
  question.mutable_filter()->add_key_ids(key.id);
  question.mutable_filter()->set_from_unix_ms(now_ms - kDaysMax * kDayMs);
  question.set_limit(kRequestsMax);
  v1::ListEventsResponse answer;
  absl::Status asked = glance.ListEvents(question, answer);
  if (!asked.ok()) return asked;
  return ListJson(answer.events(), RequestJson);
}

json::object ShownOf(const json::object& all) {
  json::object key;
  for (const std::string_view field : {"id", "name", "key_hint", "status", "expires_at",
                                       "allowed_models", "limits", "last_used_at"}) {
    if (all.contains(field)) key[field] = all.at(field);
  }
  return key;
}

struct KeyFigures {
  json::array windows;
  json::array days;
  json::array models;
  json::array requests;
};

json::object UsageJson(json::object key, const std::string& zone, KeyFigures figures) {
  return {{"key", std::move(key)},
          {"windows", std::move(figures.windows)},
          {"time_zone", zone},
          {"days", std::move(figures.days)},
          {"models", std::move(figures.models)},
          {"last_requests", std::move(figures.requests)}};
}

absl::StatusOr<KeyFigures> ReadFigures(UsageGlance& glance, const BoundKey& who, const Days& days,
                                       std::int64_t now_ms) {
  KeyFigures figures;
  absl::Status read;
  const auto take = [&read](absl::StatusOr<json::array> rows, json::array& into) {
    read = rows.status();
    if (read.ok()) into = *std::move(rows);
    return read.ok();
  };
  const bool good = take(KeyWindows(glance, who, GroupAmounts::kHidden, now_ms), figures.windows) &&
                    take(DaysJson(glance, who.key, days), figures.days) &&
                    take(ModelsJson(glance, who.key, days), figures.models) &&
                    take(RequestsJson(glance, who.key, now_ms), figures.requests);
  if (!good) return read;
  return figures;
}

json::value UsageShape() {
  json::object key = ApiKeyJson(ApiKey(), 0);
  key["last_used_at"] = MaybeAbsent(TimeJson(0));
  KeyFigures figures;
  figures.windows.push_back(KeyWindowShape());
  figures.days.push_back(DayJson("", v1::SummaryRow()));
  figures.models.push_back(ModelJson(v1::SummaryRow()));
  figures.requests.push_back(RequestJson(v1::UsageEvent()));
  return Named("KeyUsage", UsageJson(ShownOf(key), "", std::move(figures)));
}

absl::StatusOr<Response> Show(ResourceParts& parts, const Request& request) {
  absl::StatusOr<BoundKey> who = FindKey(parts, PresentedKey(request));
  if (!who.ok()) return who.status();
  absl::StatusOr<Days> days = ReadDays(parts, request);
  if (!days.ok()) return days.status();
  const std::int64_t now_ms = parts.store.NowMs();
  // One wait for all of the page: whoever holds a key may ask, and a usage service that hangs must
  // not keep admin's threads.
  UsageGlance glance(parts.usage, UsageGlance::kAskedForWaitMs);
  // As the key's lists show it, without what is its administrator's alone; first, for it is quick.
  json::array keys = {ApiKeyJson(who->key, now_ms)};
  AddKeyUse(glance, {&who->key}, keys);
  absl::StatusOr<KeyFigures> figures = ReadFigures(glance, *who, *days, now_ms);
  if (!figures.ok()) return figures.status();
  return JsonResponse(
      200, UsageJson(ShownOf(keys.at(0).as_object()), ZoneName(request), *std::move(figures)));
}

}  // namespace

Routes KeyUsageRoutes(ResourceParts& parts) {
  return {
      {"GET",
       "/api/v1/key-usage",
       Access::kKey,
       [&parts](const Request& request, const Caller&) { return Show(parts, request); },
       {.summary = "Show what an API key may spend and has spent",
        .query = {TextParameter("tz"), IntegerParameter("days", 1, kDaysMax)},
        .answers = {Answers(UsageShape)},
        .refusals = {403, 503},
        .about = "`models` are of the days asked for, `last_requests` of the last 90. By the key "
                 "itself, without log-in: as `authorization: Bearer`, `x-api-key` "
                 "or `x-goog-api-key`."}}};
}

}  // namespace weir::admin
