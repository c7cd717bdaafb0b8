#include "services/admin/resources/usage_filter.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "libs/common/ids.h"
#include "libs/common/text.h"
#include "services/admin/json/usage_json.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/report_time.h"
#include "weir/v1/query.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

template <class Add>
void EachInteger(const Request& request, std::string_view name, FieldErrors& errors, Add add) {
  const auto [first, last] = request.query.equal_range(name);
  for (auto entry = first; entry != last; ++entry) {
    std::int64_t number = 0;
    if (ParseInteger(entry->second, number)) {
      add(number);
    } else {
      errors.Add(name, "must be a whole number");
    }
  }
}

void ReadTimes(const Request& request, v1::EventFilter& filter, FieldErrors& errors) {
  const absl::StatusOr<absl::TimeZone> zone = FindZone(request.Query("tz"));
  if (!zone.ok()) errors.Add("tz", View(zone.status().message()));
  const auto time_of = [&](std::string_view name) -> std::int64_t {
    const std::string_view text = request.Query(name);
    if (text.empty()) return 0;
    const auto time = ParseTimeIn(text, zone.value_or(absl::UTCTimeZone()));
    if (!time.ok()) errors.Add(name, View(time.status().message()));
    // 0 means "no bound" from here on.
    if (time.ok() && *time <= 0) errors.Add(name, "must be after 1970");
    return time.value_or(0);
  };
  filter.set_from_unix_ms(time_of("from"));
  filter.set_to_unix_ms(time_of("to"));
}

// "true" or "false"; nothing when it is not given.
std::optional<bool> FlagOf(const Request& request, std::string_view name, FieldErrors& errors) {
  const std::string_view word = request.Query(name);
  if (word == "true") return true;
  if (word == "false") return false;
  if (!word.empty()) errors.Add(name, "must be true or false");
  return std::nullopt;
}

template <class Add>
void EachText(const Request& request, std::string_view name, Add add) {
  const auto [first, last] = request.query.equal_range(name);
  for (auto entry = first; entry != last; ++entry) add(entry->second);
}

void ReadWhose(const Request& request, const Caller& caller, v1::EventFilter& filter,
               FieldErrors& errors) {
  const bool mine = !caller.is_admin() || request.Query("scope") == "mine";
  EachInteger(request, "user_id", errors, [&](std::int64_t id) {
    if (!mine) filter.add_user_ids(id);
    if (mine && id != caller.user.id) errors.Add("user_id", "must be your own");
  });
  if (mine) filter.add_user_ids(caller.user.id);
  EachInteger(request, "key_id", errors, [&](std::int64_t id) { filter.add_key_ids(id); });
  EachInteger(request, "group_id", errors, [&](std::int64_t id) { filter.add_group_ids(id); });
  EachInteger(request, "account_id", errors, [&](std::int64_t id) {
    filter.add_account_ids(id);
    if (!caller.is_admin()) errors.Add("account_id", "accounts are for administrators");
  });
}

void ReadWhat(const Request& request, v1::EventFilter& filter, FieldErrors& errors) {
  EachText(request, "model", [&](const std::string& name) { filter.add_models(name); });
  EachText(request, "served_model",
           [&](const std::string& name) { filter.add_served_models(name); });
  EachText(request, "error_class",
           [&](const std::string& word) { filter.add_error_classes(word); });
  EachText(request, "protocol", [&](const std::string& word) {
    const v1::Dialect dialect = DialectOfWord(word);
    filter.add_dialects(dialect);
    if (dialect == v1::DIALECT_UNSPECIFIED) errors.Add("protocol", "is not a known protocol");
  });
  if (const auto complete = FlagOf(request, "complete", errors)) filter.set_complete(*complete);
  if (const auto stream = FlagOf(request, "stream", errors)) filter.set_stream(*stream);
}

// The words of a person who looks for something.
void ReadWords(const Request& request, v1::EventFilter& filter, FieldErrors& errors) {
  filter.set_search(std::string(request.Query("search")));
  filter.set_client_ip(std::string(request.Query("client_ip")));
  filter.set_user_agent(std::string(request.Query("user_agent")));
  const std::string_view id = request.Query("request_id");
  if (id.empty()) return;
  const absl::StatusOr<std::string> bytes = UuidFromText(id);
  if (!bytes.ok() || !IsUuid7(*bytes)) errors.Add("request_id", "must be a request's id");
  filter.set_id(bytes.value_or(""));
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

absl::Status CheckLogParameters(const Request& request,
                                std::initializer_list<std::string_view> others) {
  FieldErrors errors;
  const auto among = [](const auto& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const auto& [name, value] : request.query) {
    if (!among(kUsageFilterNames, name) && !among(others, name)) {
      errors.Add(name.substr(0, 100), "is not a known parameter");
    }
  }
  return errors.ToStatus();
}

absl::Status CheckReportParameters(const Request& request,
                                   std::initializer_list<std::string_view> others) {
  constexpr std::array<std::string_view, 9> kKnown = {
      "from", "to", "tz", "scope", "model", "user_id", "key_id", "group_id", "account_id"};
  FieldErrors errors;
  for (const auto& [name, value] : request.query) {
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end() &&
        std::find(others.begin(), others.end(), name) == others.end()) {
      errors.Add(name.substr(0, 100), "is not a known parameter");
    }
  }
  return errors.ToStatus();
}

absl::Status ReadUsageFilter(const Request& request, const Caller& caller,
                             v1::EventFilter& filter) {
  FieldErrors errors;
  ReadTimes(request, filter, errors);
  ReadWhose(request, caller, filter, errors);
  ReadWhat(request, filter, errors);
  ReadWords(request, filter, errors);
  ReadStatuses(request, filter, errors);
  const std::string_view cache_hit = request.Query("cache_hit");
  filter.set_only_cache_hits(cache_hit == "true");
  if (!cache_hit.empty() && cache_hit != "true") errors.Add("cache_hit", "must be true");
  const std::string_view scope = request.Query("scope");
  if (!scope.empty() && scope != "mine" && scope != "all")
    errors.Add("scope", "must be mine or all");
  return errors.ToStatus();
}

}  // namespace weir::admin
