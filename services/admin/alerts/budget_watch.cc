#include "services/admin/alerts/budget_watch.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "libs/common/money.h"
#include "libs/common/text.h"
#include "libs/common/utc_window.h"
#include "services/admin/store/budget_holders.h"
#include "weir/v1/spend.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

constexpr std::int64_t kNearPercent = 80;
constexpr std::size_t kBudgetsAtOnce = 900;  // usage takes 1000
// A round may end within the moment in which a condition was last seen.
constexpr std::int64_t kSeenBeforeMs = 60'000;

struct Kind {
  BudgetHolderKind holders;
  std::string_view word;
  v1::SubjectKind subject;
};
constexpr std::array<Kind, 3> kKinds = {
    {{BudgetHolderKind::kKeys, "key", v1::SUBJECT_KIND_KEY},
     {BudgetHolderKind::kUsers, "user", v1::SUBJECT_KIND_USER},
     {BudgetHolderKind::kGroups, "group", v1::SUBJECT_KIND_GROUP}}};

struct PeriodRow {
  std::string_view word;
  std::string_view phrase;
  v1::Period period;
  std::int64_t Limits::*cap;
  TimeSpan (*window)(std::int64_t);  // nullptr = for ever
};
constexpr PeriodRow kPeriods[] = {
    {"day", "today", v1::PERIOD_DAY, &Limits::nano_usd_per_day, DayOf},
    {"month", "this month", v1::PERIOD_MONTH, &Limits::nano_usd_per_month, MonthOf},
    {"total", "in all", v1::PERIOD_TOTAL, &Limits::nano_usd_total, nullptr},
};

// One budget that is looked at.
struct Watched {
  std::string subject;  // of the alert: "key/12/day"
  std::string who;      // "The key ci"
  std::string_view phrase;
  std::int64_t cap = 0;
};

void AddBudgets(const Kind& kind, const BudgetHolder& holder, std::int64_t now_ms,
                v1::PeekBudgetsRequest& request, std::vector<Watched>& watched) {
  for (const PeriodRow& period : kPeriods) {
    const std::int64_t cap = holder.limits.*period.cap;
    if (cap <= 0) continue;
    v1::Budget& budget = *request.add_budgets();
    budget.mutable_subject()->set_kind(kind.subject);
    budget.mutable_subject()->set_id(holder.id);
    budget.set_period(period.period);
    budget.set_unit(v1::BUDGET_UNIT_NANO_USD);
    budget.set_window_unix_ms(period.window == nullptr ? 0 : period.window(now_ms).begin_unix_ms);
    watched.push_back({.subject = StrCat(kind.word, "/", holder.id, "/", period.word),
                       .who = StrCat("The ", kind.word, " ", PlainName(holder.name)),
                       .phrase = period.phrase,
                       .cap = cap});
  }
}

// Without overflow: caps may be anything.
bool IsNear(std::int64_t spent, std::int64_t cap) {
  return spent >= cap / 100 * kNearPercent + cap % 100 * kNearPercent / 100;
}

void Judge(const Watched& watched, std::int64_t spent, AlertFindings& near, AlertFindings& gone) {
  const auto sentence = [&](std::string_view what) {
    return StrCat(watched.who, what, FormatUsd(spent), " of ", FormatUsd(watched.cap), " USD ",
                  watched.phrase, ".");
  };
  if (spent >= watched.cap) {
    gone.wrong.emplace(watched.subject, sentence(" has spent its budget: "));
  } else {
    gone.well.insert(watched.subject);
  }
  if (IsNear(spent, watched.cap)) {
    near.wrong.emplace(watched.subject, sentence(" is near the end of its budget: "));
  } else {
    near.well.insert(watched.subject);
  }
}

absl::Status Settle(Store& store, const AlertFindings& near, const AlertFindings& spent) {
  absl::Status done = Reconcile(store, kBudgetNear, near);
  return done.ok() ? Reconcile(store, kBudgetSpent, spent) : done;
}

}  // namespace

absl::Status BudgetWatch::LookOn(const std::function<bool()>& gone) {
  for (std::int64_t questions = 0; questions < kQuestionsMax && !gone(); ++questions) {
    if (place_.kind == 0 && place_.after_id == 0) place_.round_began_ms = store_.NowMs();
    if (absl::Status looked = LookAtSome(); !looked.ok()) return looked;
    if (place_.kind == kKinds.size()) return EndRound();
  }
  return absl::OkStatus();
}

absl::Status BudgetWatch::LookAtSome() {
  const Kind& kind = kKinds.at(place_.kind);
  auto some = ReadValue(store_, [&](sql::Transaction& transaction) {
    return BudgetHolders(transaction, kind.holders, place_.after_id, kIdsAtOnce);
  });
  if (!some.ok()) return some.status();
  AlertFindings near;
  AlertFindings spent;
  for (std::size_t at = 0; at < some->holders.size();) {
    v1::PeekBudgetsRequest request;
    std::vector<Watched> watched;
    while (at < some->holders.size() && watched.size() + std::size(kPeriods) <= kBudgetsAtOnce) {
      AddBudgets(kind, some->holders[at++], store_.NowMs(), request, watched);
    }
    if (watched.empty()) continue;
    v1::PeekBudgetsResponse response;
    if (absl::Status peeked = peek_(request, response); !peeked.ok()) return peeked;
    const auto standings = static_cast<std::size_t>(std::max(0, response.standings_size()));
    for (std::size_t i = 0; i < std::min(watched.size(), standings); ++i) {
      Judge(watched[i], response.standings(static_cast<int>(i)).spent(), near, spent);
    }
  }
  place_.after_id = some->last_id;
  if (some->is_end) place_ = {place_.kind + 1, 0, place_.round_began_ms};
  return Settle(store_, near, spent);
}

// Every budget that there is was looked at since the round began.
absl::Status BudgetWatch::EndRound() {
  AlertFindings rest;
  rest.over_before_ms = place_.round_began_ms - kSeenBeforeMs;
  place_ = Place();
  return Settle(store_, rest, rest);
}

}  // namespace weir::admin
