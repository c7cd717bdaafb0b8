#include "services/admin/resources/subject_figures.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <boost/json/value.hpp>

#include "libs/common/money.h"
#include "libs/common/utc_window.h"
#include "services/admin/json/describe.h"
#include "services/admin/json/record_json.h"
#include "services/admin/resources/budget_windows.h"
#include "weir/v1/query.pb.h"
#include "weir/v1/spend.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

using Uses = std::map<std::int64_t, Use>;

constexpr int kBudgetsAtOnce = 996;  // usage takes 1000; a whole number of subjects

struct KindRow {
  v1::Dimension dimension;
  v1::SubjectKind subject;
};

KindRow RowOf(SubjectKind kind) {
  switch (kind) {
    case SubjectKind::kKeys:
      return {v1::DIMENSION_KEY, v1::SUBJECT_KIND_KEY};
    case SubjectKind::kUsers:
      return {v1::DIMENSION_USER, v1::SUBJECT_KIND_USER};
    case SubjectKind::kGroups:
      break;
  }
  return {v1::DIMENSION_GROUP, v1::SUBJECT_KIND_GROUP};
}

// A budget and how it stands.
struct Standing {
  std::size_t record = 0;  // whose
  const BudgetRule* rule = nullptr;
  std::int64_t cap = 0;
  std::int64_t used = 0;

  // Of what there is: for comparing and for people, never for money.
  double Share() const { return static_cast<double>(used) / static_cast<double>(cap); }
};

// All budgets of the records; false: usage does not answer.
bool ReadStandings(UsageGlance& glance, v1::SubjectKind kind, const std::vector<std::int64_t>& ids,
                   const std::vector<const Limits*>& limits, std::int64_t now_ms,
                   std::vector<Standing>& standings) {
  v1::PeekBudgetsRequest question;
  std::size_t answered = 0;
  const auto ask = [&] {
    if (question.budgets_size() == 0) return true;
    v1::PeekBudgetsResponse answer;
    if (!glance.PeekBudgets(question, answer).ok()) return false;
    for (const v1::BudgetStanding& standing : answer.standings()) {
      standings[answered++].used = standing.spent();
    }
    question.clear_budgets();
    return true;
  };
  for (std::size_t i = 0; i < ids.size(); ++i) {
    for (const BudgetRule& rule : kBudgets) {
      const std::int64_t cap = limits[i]->*rule.cap;
      if (cap <= 0) continue;
      AskFor(kind, ids[i], rule, now_ms, question);
      standings.push_back({.record = i, .rule = &rule, .cap = cap, .used = 0});
    }
    if (question.budgets_size() >= kBudgetsAtOnce - static_cast<int>(kBudgetRules) && !ask()) {
      return false;
    }
  }
  return ask();
}

json::object LimitJson(const Standing& standing, std::int64_t now_ms) {
  constexpr double kPercent = 100;
  json::object object = {{"name", standing.rule->name}};
  AddAmount("used", standing.rule->unit, standing.used, object);
  AddAmount("limit", standing.rule->unit, standing.cap, object);
  object["used_pct"] = standing.Share() * kPercent;
  object["resets_at"] = TimeJson(WindowOf(standing.rule->period, now_ms).end_unix_ms);
  return object;
}

void AddTightest(const std::vector<Standing>& standings, std::int64_t now_ms, json::array& data) {
  std::vector<const Standing*> tightest(data.size(), nullptr);
  for (const Standing& standing : standings) {
    const Standing*& known = tightest[standing.record];
    if (known == nullptr || standing.Share() > known->Share()) known = &standing;
  }
  for (std::size_t i = 0; i < data.size(); ++i) {
    json::value& limit = data.at(i).as_object()["tightest_limit"];
    limit = nullptr;
    if (tightest[i] != nullptr) limit = LimitJson(*tightest[i], now_ms);
  }
}

void AddUses(std::string_view name, const std::vector<std::int64_t>& ids, const Uses& uses,
             json::array& data) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto found = uses.find(ids[i]);
    data.at(i).as_object()[name] = UseJson(found == uses.end() ? Use() : found->second);
  }
}

}  // namespace

json::object UseJson(const Use& use) {
  return {{"requests", use.requests},
          {"errors", use.errors},
          {"tokens", use.tokens},
          {"cost_nano_usd", use.cost_nano_usd},
          {"cost_usd", FormatUsd(use.cost_nano_usd)}};
}

void AddFigures(UsageGlance& glance, SubjectKind kind, const std::vector<const Limits*>& limits,
                std::int64_t now_ms, json::array& data) {
  if (data.empty()) return;
  std::vector<std::int64_t> ids;
  ids.reserve(data.size());
  for (const json::value& value : data) ids.push_back(value.at("id").as_int64());
  const KindRow row = RowOf(kind);
  Uses today;
  const TimeSpan day = DayOf(now_ms);
  if (!glance.UseOf(row.dimension, ids, day.begin_unix_ms, day.end_unix_ms, today).ok()) {
    return;
  }
  AddUses("today", ids, today, data);
  if (kind == SubjectKind::kUsers) {
    Uses month;
    const TimeSpan now = MonthOf(now_ms);
    if (!glance.UseOf(row.dimension, ids, now.begin_unix_ms, now.end_unix_ms, month).ok()) {
      return;
    }
    AddUses("month", ids, month, data);
  }
  std::vector<Standing> standings;
  if (!ReadStandings(glance, row.subject, ids, limits, now_ms, standings)) return;
  AddTightest(standings, now_ms, data);
}

void AddFiguresShape(SubjectKind kind, json::object& record) {
  record["today"] = MaybeAbsent(UseJson({}));
  if (kind == SubjectKind::kUsers) record["month"] = MaybeAbsent(UseJson({}));
  json::object limit = {{"name", ""}, {"used_pct", 0.5}, {"resets_at", TimeJson(0)}};
  AddAmountShape("used", limit);
  AddAmountShape("limit", limit);
  record["tightest_limit"] = MaybeAbsent(MaybeNull(std::move(limit)));
}

}  // namespace weir::admin
