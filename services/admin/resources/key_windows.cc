// /api/v1/api-keys/{id}/windows: how much of a key's budgets is used.
#include "services/admin/resources/key_windows.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "services/admin/json/record_json.h"
#include "services/admin/resources/budget_windows.h"
#include "services/admin/resources/key_rules.h"
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
};

// The budgets that bind the key: its own, and its user's.
std::vector<Window> WindowsOf(const ApiKey& key, const User& user, std::int64_t now_ms,
                              v1::PeekBudgetsRequest& question) {
  std::vector<Window> windows;
  const auto add = [&](std::string_view subject, v1::SubjectKind kind, std::int64_t id,
                       const Limits& limits) {
    for (const BudgetRule& rule : kBudgets) {
      if (limits.*rule.cap <= 0) continue;
      windows.push_back({subject, rule, limits.*rule.cap});
      AskFor(kind, id, rule, now_ms, question);
    }
  };
  add("key", v1::SUBJECT_KIND_KEY, key.id, key.limits);
  add("user", v1::SUBJECT_KIND_USER, user.id, user.limits);
  return windows;
}

json::object WindowJson(const Window& window, const v1::BudgetStanding& standing,
                        std::int64_t now_ms) {
  const BudgetRule& rule = window.rule;
  json::object object = {{"subject", window.subject}, {"limit", rule.name}};
  AddAmount("cap", rule.unit, window.cap, object);
  AddAmount("used", rule.unit, standing.spent(), object);
  AddAmount("reserved", rule.unit, standing.held(), object);
  const std::int64_t left = window.cap - standing.spent() - standing.held();
  AddAmount("left", rule.unit, std::max<std::int64_t>(0, left), object);
  object["resets_at"] = TimeJson(WindowOf(rule.period, now_ms).end_unix_ms);
  return object;
}

json::object WindowsJson(json::array windows) { return {{"windows", std::move(windows)}}; }

absl::StatusOr<Response> Show(ResourceParts& parts, const Request& request, const Caller& caller) {
  auto id = request.Id();
  if (!id.ok()) return id.status();
  struct Read {
    ApiKey key;
    User user;
  };
  auto read = ReadValue(parts.store, [&](sql::Transaction& transaction) -> absl::StatusOr<Read> {
    auto key = VisibleKey(transaction, *id, caller);
    if (!key.ok()) return key.status();
    auto user = user_store::Get(transaction, key->user_id);
    if (!user.ok()) return user.status();
    return Read{*std::move(key), *std::move(user)};
  });
  if (!read.ok()) return read.status();
  UsageGlance glance(parts.usage, UsageGlance::kAskedForWaitMs);
  auto windows = KeyWindows(glance, read->key, read->user, parts.store.NowMs());
  if (!windows.ok()) return windows.status();
  return JsonResponse(200, WindowsJson(*std::move(windows)));
}

}  // namespace

absl::StatusOr<json::array> KeyWindows(UsageGlance& glance, const ApiKey& key, const User& user,
                                       std::int64_t now_ms) {
  v1::PeekBudgetsRequest question;
  const std::vector<Window> windows = WindowsOf(key, user, now_ms, question);
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

// A window has amounts in one unit or the other.
json::object KeyWindowShape() {
  json::object window = {{"subject", OneWord({"key", "user"}, "")}, {"limit", ""}};
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
            .about = "The key's own and its user's: what is used, and what is reserved by requests "
                     "under way."}}};
}

}  // namespace weir::admin
