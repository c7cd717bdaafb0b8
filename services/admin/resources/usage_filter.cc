#include "services/admin/resources/usage_filter.h"

#include <cstdint>
#include <optional>
#include <string>

#include "libs/common/ids.h"
#include "libs/common/money.h"
#include "libs/common/stable_hash.h"
#include "libs/common/text.h"
#include "services/admin/json/usage_json.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/report_time.h"
#include "services/admin/resources/report_parts.h"
#include "services/admin/resources/resource.h"
#include "weir/v1/query.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

template <class Add>
void EachInteger(const Request& request, std::string_view name, Add add) {
  const auto [first, last] = request.query.equal_range(name);
  for (auto entry = first; entry != last; ++entry) {
    std::int64_t number = 0;
    if (ParseInteger(entry->second, number)) add(number);
  }
}

void ReadTimes(const Request& request, v1::EventFilter& filter, FieldErrors& errors) {
  const absl::StatusOr<absl::TimeZone> zone = FindZone(request.Query("tz"));
  if (!zone.ok()) errors.Add("tz", View(zone.status().message()));
  const absl::TimeZone in = zone.value_or(absl::UTCTimeZone());
  filter.set_from_unix_ms(ReadTime(request, "from", 0, in, errors));
  filter.set_to_unix_ms(ReadTime(request, "to", 0, in, errors));
}

// "true" or "false"; nothing when it is not given.
std::optional<bool> FlagOf(const Request& request, std::string_view name) {
  const std::string_view word = request.Query(name);
  return word.empty() ? std::nullopt : std::optional(word == "true");
}

v1::EventSource SourceOf(std::string_view word) {
  if (word.empty()) return v1::EVENT_SOURCE_UNSPECIFIED;
  return word == "test" ? v1::EVENT_SOURCE_TEST : v1::EVENT_SOURCE_REQUEST;
}

template <class Add>
void EachText(const Request& request, std::string_view name, Add add) {
  const auto [first, last] = request.query.equal_range(name);
  for (auto entry = first; entry != last; ++entry) add(entry->second);
}

void ReadWhose(const Request& request, const Caller& caller, v1::EventFilter& filter,
               FieldErrors& errors) {
  const bool mine = !caller.is_admin() || request.Query("scope") == "mine";
  EachInteger(request, "user_id", [&](std::int64_t id) {
    if (!mine) filter.add_user_ids(id);
    if (mine && id != caller.user.id) errors.Add("user_id", "must be your own");
  });
  if (mine) filter.add_user_ids(caller.user.id);
  EachInteger(request, "key_id", [&](std::int64_t id) { filter.add_key_ids(id); });
  EachInteger(request, "group_id", [&](std::int64_t id) { filter.add_group_ids(id); });
  EachInteger(request, "account_id", [&](std::int64_t id) {
    filter.add_account_ids(id);
    if (!caller.is_admin()) errors.Add("account_id", "accounts are for administrators");
  });
}

void ReadWhat(const Request& request, v1::EventFilter& filter) {
  EachText(request, "model", [&](const std::string& name) { filter.add_models(name); });
  EachText(request, "served_model",
           [&](const std::string& name) { filter.add_served_models(name); });
  EachText(request, "error_class",
           [&](const std::string& word) { filter.add_error_classes(word); });
  EachText(request, "protocol",
           [&](const std::string& word) { filter.add_dialects(DialectOfWord(word)); });
  if (const auto complete = FlagOf(request, "complete")) filter.set_complete(*complete);
  if (const auto stream = FlagOf(request, "stream")) filter.set_stream(*stream);
  if (const auto retried = FlagOf(request, "retried")) filter.set_retried(*retried);
}

// As rows show it, or as its client calls it, which may look the same.
void AddSessions(const std::string& text, v1::EventFilter& filter) {
  if (text.empty()) return;
  if (const std::optional<std::uint64_t> shown = SessionOfText(text)) filter.add_sessions(*shown);
  filter.add_sessions(StableHash(text));
}

void ReadLeast(const Request& request, v1::EventFilter& filter, FieldErrors& errors) {
  std::int64_t latency_ms = 0;
  if (ParseInteger(request.Query("latency_ms_min"), latency_ms)) {
    filter.set_latency_ms_min(latency_ms);
  }
  const std::string_view usd = request.Query("cost_usd_min");
  if (usd.empty()) return;
  const absl::StatusOr<std::int64_t> nano_usd = ParseUsd(usd);
  if (!nano_usd.ok()) return errors.Add("cost_usd_min", View(nano_usd.status().message()));
  filter.set_cost_nano_usd_min(*nano_usd);
}

// The words of a person who looks for something.
void ReadWords(const Request& request, v1::EventFilter& filter, FieldErrors& errors) {
  filter.set_search(std::string(request.Query("search")));
  filter.set_client_ip(std::string(request.Query("client_ip")));
  filter.set_user_agent(std::string(request.Query("user_agent")));
  filter.set_id(ReadRequestId(request, errors));
}

// HTTP statuses, or the word "error" for all that went wrong.
void ReadStatuses(const Request& request, v1::EventFilter& filter, FieldErrors& errors) {
  const auto [first, last] = request.query.equal_range("status");
  for (auto entry = first; entry != last; ++entry) {
    int status = 0;
    if (entry->second == "error") {
      filter.set_only_errors(true);
    } else if (ParseInteger(entry->second, status) && status >= 100 && status <= 599) {
      filter.add_statuses(status);
    } else {
      errors.Add("status", "must be an HTTP status or the word error");
    }
  }
}

}  // namespace

QueryParameters ReportParameters(const QueryParameters& others) {
  const auto id = [](std::string_view name) {
    return Repeated(IntegerParameter(name, 0, INT64_MAX));
  };
  return Joined({TextParameter("from", kDayForm), TextParameter("to", kDayForm),
                 TextParameter("tz", "a name such as Europe/Berlin; UTC when it is not given"),
                 WordParameter("scope", {"mine", "all"}), Repeated(TextParameter("model")),
                 id("user_id"), id("key_id"), id("group_id"), id("account_id")},
                others);
}

std::string ReadRequestId(const Request& request, FieldErrors& errors) {
  const std::string_view text = request.Query("request_id");
  if (text.empty()) return "";
  absl::StatusOr<std::string> id = UuidFromText(text);
  if (id.ok() && IsUuid7(*id)) return *std::move(id);
  errors.Add("request_id", "must be a request's id");
  return "";
}

QueryParameters LogParameters(const QueryParameters& others) {
  const QueryParameters more = {
      Repeated(TextParameter("status", "an HTTP status, or error for all that went wrong")),
      Repeated(TextParameter("served_model")),
      Repeated(WordParameter("protocol", DialectWords())),
      Repeated(TextParameter("error_class")),
      FlagParameter("complete"),
      FlagParameter("stream"),
      FlagParameter("retried"),
      IntegerParameter("latency_ms_min", 1, INT64_MAX),
      TextParameter("cost_usd_min", "decimal text such as 0.05; what the request cost at first"),
      Repeated(TextParameter("session", "as rows show it, or what the client calls it")),
      WordParameter("cache_hit", {"true"}),
      WordParameter("source", {"request", "test"}),
      TextParameter("request_id"),
      TextParameter("client_ip"),
      TextParameter("user_agent"),
      TextParameter("search", "a part of what the row says")};
  return Joined(ReportParameters(more), others);
}

absl::Status ReadUsageFilter(const Request& request, const Caller& caller,
                             v1::EventFilter& filter) {
  FieldErrors errors;
  ReadTimes(request, filter, errors);
  ReadWhose(request, caller, filter, errors);
  ReadWhat(request, filter);
  EachText(request, "session", [&](const std::string& text) { AddSessions(text, filter); });
  ReadLeast(request, filter, errors);
  ReadWords(request, filter, errors);
  ReadStatuses(request, filter, errors);
  filter.set_source(SourceOf(request.Query("source")));
  filter.set_only_cache_hits(request.Query("cache_hit") == "true");
  return errors.ToStatus();
}

}  // namespace weir::admin
