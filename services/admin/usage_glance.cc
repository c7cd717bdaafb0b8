#include "services/admin/usage_glance.h"

#include "libs/common/reason.h"
#include "services/admin/model/problem.h"
#include "services/admin/usage_client.h"
#include "weir/v1/query.pb.h"
#include "weir/v1/report.pb.h"
#include "weir/v1/spend.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

google::protobuf::RepeatedField<std::int64_t>* IdsOf(v1::Dimension by, v1::EventFilter& filter) {
  switch (by) {
    case v1::DIMENSION_KEY:
      return filter.mutable_key_ids();
    case v1::DIMENSION_USER:
      return filter.mutable_user_ids();
    case v1::DIMENSION_GROUP:
      return filter.mutable_group_ids();
    default:
      return filter.mutable_account_ids();
  }
}

Use UseFrom(const v1::SummaryRow& row) {
  const v1::TokenCounts& tokens = row.tokens();
  return {.requests = row.requests(),
          .errors = row.errors(),
          .tokens = tokens.input() + tokens.cache_read() + tokens.cache_write_5m() +
                    tokens.cache_write_1h() + tokens.output(),
          .cost_nano_usd = row.cost_nano_usd()};
}

}  // namespace

std::int64_t SubjectId(v1::Dimension by, const v1::SummaryRow& row) {
  switch (by) {
    case v1::DIMENSION_KEY:
      return row.key_id();
    case v1::DIMENSION_USER:
      return row.user_id();
    case v1::DIMENSION_GROUP:
      return row.group_id();
    default:
      return row.account_id();
  }
}

UsageGlance::UsageGlance(UsageClient& usage, std::int64_t wait_ms)
    : usage_(usage),
      until_(std::chrono::system_clock::now() + std::chrono::milliseconds(wait_ms)),
      decorates_(wait_ms <= kWaitMs) {
  if (usage_.away().MayAsk()) return;
  away_ = Problem(absl::StatusCode::kUnavailable, reason::kServiceAway,
                  "the usage service did not answer a moment ago; try again");
}

template <typename Question>
absl::Status UsageGlance::Ask(Effort effort, Question question) {
  if (!away_.ok()) return away_;
  const auto asked = std::chrono::system_clock::now();
  absl::Status status = question();
  if (status.ok()) {
    if (!answered_) usage_.away().Answered();
    answered_ = true;
  } else if (absl::IsUnavailable(status)) {
    away_ = status;
    // Who refuses at once costs nobody time, and one slow question among others that were answered
    // says nothing of the next answer's.
    const auto now = std::chrono::system_clock::now();
    const bool little = effort == Effort::kLittle;
    const bool waited = now >= until_ && !answered_ && (little || decorates_);
    const bool long_for_little = little && now - asked >= std::chrono::milliseconds(kWaitMs);
    if (waited || long_for_little) usage_.away().WasSilent();
  }
  return status;
}

absl::Status UsageGlance::KeysLastUsed(const std::vector<std::int64_t>& ids, LastUsedTimes& times) {
  v1::LastUsedRequest request;
  request.mutable_key_ids()->Add(ids.begin(), ids.end());
  v1::LastUsedResponse response;
  absl::Status status =
      Ask(Effort::kLittle, [&] { return usage_.LastUsed(request, response, until_); });
  times.insert(response.key_last_used_unix_ms().begin(), response.key_last_used_unix_ms().end());
  return status;
}

absl::Status UsageGlance::AccountsLastUsed(const std::vector<std::int64_t>& ids,
                                           LastUsedTimes& times) {
  v1::LastUsedRequest request;
  request.mutable_account_ids()->Add(ids.begin(), ids.end());
  v1::LastUsedResponse response;
  absl::Status status =
      Ask(Effort::kLittle, [&] { return usage_.LastUsed(request, response, until_); });
  times.insert(response.account_last_used_unix_ms().begin(),
               response.account_last_used_unix_ms().end());
  return status;
}

absl::Status UsageGlance::KeysSpent(const std::vector<std::int64_t>& ids,
                                    std::map<std::int64_t, LifetimeSpend>& spent) {
  v1::PeekBudgetsRequest request;
  for (const std::int64_t id : ids) {
    for (const v1::BudgetUnit unit : {v1::BUDGET_UNIT_NANO_USD, v1::BUDGET_UNIT_REQUESTS}) {
      v1::Budget& budget = *request.add_budgets();
      budget.mutable_subject()->set_kind(v1::SUBJECT_KIND_KEY);
      budget.mutable_subject()->set_id(id);
      budget.set_period(v1::PERIOD_TOTAL);
      budget.set_unit(unit);
    }
  }
  v1::PeekBudgetsResponse response;
  absl::Status status = PeekBudgets(request, response);
  if (!status.ok()) return status;
  for (int i = 0; i < static_cast<int>(ids.size()); ++i) {
    spent[ids[static_cast<std::size_t>(i)]] = {response.standings(2 * i).spent(),
                                               response.standings(2 * i + 1).spent()};
  }
  return status;
}

absl::Status UsageGlance::UseOf(v1::Dimension by, const std::vector<std::int64_t>& ids,
                                std::int64_t from_ms, std::int64_t to_ms,
                                std::map<std::int64_t, Use>& uses) {
  v1::SummarizeRequest request;
  request.mutable_filter()->set_from_unix_ms(from_ms);
  request.mutable_filter()->set_to_unix_ms(to_ms);
  IdsOf(by, *request.mutable_filter())->Add(ids.begin(), ids.end());
  request.add_by(by);
  request.set_rows_only(true);
  v1::SummarizeResponse response;
  absl::Status status = Summarize(request, response);
  for (const v1::SummaryRow& row : response.rows()) uses[SubjectId(by, row)] = UseFrom(row);
  return status;
}

absl::Status UsageGlance::Series(const v1::SeriesRequest& request, v1::SeriesResponse& response) {
  return Ask(Effort::kMuch, [&] { return usage_.Series(request, response, until_); });
}

absl::Status UsageGlance::Summarize(const v1::SummarizeRequest& request,
                                    v1::SummarizeResponse& response) {
  return Ask(Effort::kMuch, [&] { return usage_.Summarize(request, response, until_); });
}

absl::Status UsageGlance::ListEvents(const v1::ListEventsRequest& request,
                                     v1::ListEventsResponse& response) {
  return Ask(Effort::kMuch, [&] { return usage_.ListEvents(request, response, until_); });
}

absl::Status UsageGlance::PeekBudgets(const v1::PeekBudgetsRequest& request,
                                      v1::PeekBudgetsResponse& response) {
  return Ask(Effort::kLittle, [&] { return usage_.PeekBudgets(request, response, until_); });
}

}  // namespace weir::admin
