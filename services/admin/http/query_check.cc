#include "services/admin/http/query_check.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "libs/common/text.h"
#include "services/admin/model/problem.h"
#include "services/admin/model/report_time.h"

namespace weir::admin {
namespace {

constexpr std::size_t kNameBytesShown = 100;

std::string Choices(const QueryParameter& parameter) {
  std::string choices;
  for (const std::string_view word : parameter.words) {
    StrAppend(choices, choices.empty() ? "" : ", ", word);
  }
  return choices;
}

bool IsAmong(const std::vector<std::string_view>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// "-name" of "name"; "--today_cost" is nothing.
bool IsTurned(const std::vector<std::string_view>& words, std::string_view word) {
  return word.starts_with('-') && !word.starts_with("--") && IsAmong(words, word.substr(1));
}

void CheckValue(const QueryParameter& parameter, std::string_view value, FieldErrors& errors) {
  std::int64_t number = 0;
  switch (parameter.kind) {
    case QueryParameter::Kind::kText:
      return;
    case QueryParameter::Kind::kInteger:
      if (ParseInteger(value, number) && number >= parameter.min && number <= parameter.max) return;
      errors.Add(parameter.name, parameter.max == INT64_MAX
                                     ? StrCat("must be a whole number, ", parameter.min, " or more")
                                     : StrCat("must be ", parameter.min, " to ", parameter.max));
      return;
    case QueryParameter::Kind::kWord:
      if (IsAmong(parameter.words, value)) return;
      errors.Add(parameter.name, StrCat("must be one of ", Choices(parameter)));
      return;
    case QueryParameter::Kind::kOrder:
      if (IsAmong(parameter.words, value) || IsTurned(parameter.words, value)) return;
      errors.Add(parameter.name, StrCat("must be one of ", Choices(parameter),
                                        ", with - before it for descending"));
  }
}

// A range that ends before it begins holds nothing, and is never what was meant. Times that cannot
// be read are for the handlers to refuse.
void CheckRange(const Request& request, FieldErrors& errors) {
  const std::string_view end_name = request.query.contains("to") ? "to" : "before";
  const absl::StatusOr<absl::TimeZone> zone = FindZone(request.Query("tz"));
  if (!zone.ok()) return;
  const absl::StatusOr<std::int64_t> begin = ParseTimeIn(request.Query("from"), *zone);
  const absl::StatusOr<std::int64_t> end = ParseTimeIn(request.Query(end_name), *zone);
  if (begin.ok() && end.ok() && *begin > *end) errors.Add(end_name, "must not be before from");
}

}  // namespace

QueryParameter TextParameter(std::string_view name, std::string_view about) {
  return {.name = name, .about = about};
}

QueryParameter IntegerParameter(std::string_view name, std::int64_t min, std::int64_t max) {
  return {.name = name, .kind = QueryParameter::Kind::kInteger, .min = min, .max = max};
}

QueryParameter IdParameter(std::string_view name) { return IntegerParameter(name, 1, INT64_MAX); }

QueryParameter WordParameter(std::string_view name, std::vector<std::string_view> words) {
  return {.name = name, .kind = QueryParameter::Kind::kWord, .words = std::move(words)};
}

QueryParameter OrderParameter(std::vector<std::string_view> names) {
  return {.name = "sort", .kind = QueryParameter::Kind::kOrder, .words = std::move(names)};
}

QueryParameter FlagParameter(std::string_view name) {
  return WordParameter(name, {"true", "false"});
}

QueryParameter Repeated(QueryParameter parameter) {
  parameter.repeated = true;
  return parameter;
}

QueryParameter Required(QueryParameter parameter) {
  parameter.required = true;
  return parameter;
}

QueryParameters Joined(QueryParameters a, const QueryParameters& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

absl::Status CheckQuery(const Request& request, const QueryParameters& parameters,
                        bool takes_more) {
  FieldErrors errors;
  for (const auto& [name, value] : request.query) {
    const bool known = std::any_of(
        parameters.begin(), parameters.end(),
        [&name = name](const QueryParameter& parameter) { return parameter.name == name; });
    if (!known && !takes_more)
      errors.Add(name.substr(0, kNameBytesShown), "is not a known parameter");
  }
  for (const QueryParameter& parameter : parameters) {
    const auto [first, last] = request.query.equal_range(parameter.name);
    if (first == last && parameter.required) errors.Add(parameter.name, "is needed");
    if (std::distance(first, last) > 1 && !parameter.repeated) {
      errors.Add(parameter.name, "may be given once");
    }
    for (auto entry = first; entry != last; ++entry) CheckValue(parameter, entry->second, errors);
  }
  CheckRange(request, errors);
  return errors.ToStatus();
}

}  // namespace weir::admin
