// /api/v1/api-keys/{id}/windows: how much of a key's budgets is used.
#include "services/admin/resources/key_windows.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "services/admin/json/record_json.h"
#include "services/admin/resources/budget_windows.h"
#include "services/admin/resources/key_rules.h"
#include "services/admin/store/group_store.h"
#include "services/admin/store/user_store.h"
#include "weir/v1/spend.pb.h"

namespace weir::admin {
namespace {

namespace json = boost::json;
namespace v1 = weir::v1;

struct Window {
  std::string_view subject;
  const BudgetRule& rule;
  std::int64_t cap;
  bool with_amounts;
};

// The budgets that bind the key, as the relay holds them (services/relay/budget_need.cc).
std::vector<Window> WindowsOf(const BoundKey& bound, GroupAmounts amounts, std::int64_t now_ms,
                              v1::PeekBudgetsRequest& question) {
  std::vector<Window> windows;
  const auto add = [&](std::string_view subject, v1::SubjectKind kind, std::int64_t id,
                       const Limits& limits, bool with_amounts) {
    for (const BudgetRule& rule : kBudgets) {
      if (limits.*rule.cap <= 0) continue;
      windows.push_back({subject, rule, limits.*rule.cap, with_amounts});
      AskFor(kind, id, rule, now_ms, question);
    }
  };
  add("key", v1::SUBJECT_KIND_KEY, bound.key.id, bound.key.limits, true);
  add("user", v1::SUBJECT_KIND_USER, bound.user.id, bound.user.limits, true);
  add("group", v1::SUBJECT_KIND_GROUP, bound.group.id, bound.group.limits,
      amounts == GroupAmounts::kShown);
  return windows;
}

void AddAmounts(const Window& window, const v1::BudgetStanding& standing, json::object& object) {
  const BudgetRule& rule = window.rule;
  AddAmount("cap", rule.unit, window.cap, object);
  AddAmount("used", rule.unit, standing.spent(), object);
  AddAmount("reserved", rule.unit, standing.held(), object);
  const std::int64_t left = window.cap - standing.spent() - standing.held();
  AddAmount("left", rule.unit, std::max<std::int64_t>(0, left), object);
}

// Of what there is: for people, never for money.
double PercentOf(std::int64_t spent, std::int64_t cap) {
  constexpr double kPercent = 100;
  return static_cast<double>(spent) / static_cast<double>(cap) * kPercent;
}

json::object WindowJson(const Window& window, const v1::BudgetStanding& standing,
                        std::int64_t now_ms) {
  json::object object = {{"subject", window.subject},
                         {"limit", window.rule.name},
                         {"used_pct", PercentOf(standing.spent(), window.cap)},
                         {"resets_at", TimeJson(WindowOf(window.rule.period, now_ms).end_unix_ms)}};
  if (window.with_amounts) AddAmounts(window, standing, object);
  return object;
}

json::object WindowsJson(json::array windows) { return {{"windows", std::move(windows)}}; }

absl::StatusOr<Response> Show(ResourceParts& parts, const Request& request, const Caller& caller) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  const auto bound =
      ReadValue(parts.store, [&](sql::Transaction& transaction) -> absl::StatusOr<BoundKey> {
        auto key = VisibleKey(transaction, *id, caller);
        if (!key.ok()) return key.status();
        return ReadBoundKey(transaction, *std::move(key));
      });
  if (!bound.ok()) return bound.status();
  UsageGlance glance(parts.usage, UsageGlance::kAskedForWaitMs);
  const GroupAmounts amounts = caller.is_admin() ? GroupAmounts::kShown : GroupAmounts::kHidden;
  auto windows = KeyWindows(glance, *bound, amounts, parts.store.NowMs());
  if (!windows.ok()) return windows.status();
  return JsonResponse(200, WindowsJson(*std::move(windows)));
}

}  // namespace

absl::StatusOr<BoundKey> ReadBoundKey(sql::Transaction& transaction, ApiKey key) {
  auto user = user_store::Get(transaction, key.user_id);
  if (!user.ok()) return user.status();
  auto group = group_store::Get(transaction, key.group_id);
  if (!group.ok()) return group.status();
  return BoundKey{std::move(key), *std::move(user), *std::move(group)};
}

absl::StatusOr<json::array> KeyWindows(UsageGlance& glance, const BoundKey& bound,
                                       GroupAmounts amounts, std::int64_t now_ms) {
  v1::PeekBudgetsRequest question;
  const std::vector<Window> windows = WindowsOf(bound, amounts, now_ms, question);
  json::array data;
  if (windows.empty()) return data;
  v1::PeekBudgetsResponse answer;
  absl::Status asked = glance.PeekBudgets(question, answer);
  if (!asked.ok()) return asked;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    data.push_back(WindowJson(windows[i], answer.standings(static_cast<int>(i)), now_ms));
  }
  return data;
}

// A window has amounts in one unit or the other, or none.
json::object KeyWindowShape() {
  json::object window = {
      {"subject", OneWord({"key", "user", "group"}, "")}, {"limit", ""}, {"used_pct", 0.5}};
  for (const std::string_view amount : {"cap", "used", "reserved", "left"}) {
    AddAmountShape(amount, window);
  }
  window["resets_at"] = TimeJson(0);
  return window;
}

Routes KeyWindowRoutes(ResourceParts& parts) {
  return {{"GET",
           "/api/v1/api-keys/{id}/windows",
           Access::kUser,
           [&parts](const Request& request, const Caller& caller) {
             return Show(parts, request, caller);
           },
           {.summary = "Show how much of a key's budgets is used",
            .answers = {Answers([] {
              json::array windows;
              windows.push_back(KeyWindowShape());
              return WindowsJson(std::move(windows));
            })},
            .refusals = {503},
            .about = "The key's own, its user's and its group's: what is used, and what is "
                     "reserved by requests under way. Of the group's only administrators are told "
                     "more than the share."}}};
}

}  // namespace weir::admin
