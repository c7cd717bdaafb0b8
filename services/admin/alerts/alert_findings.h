// What a look found, and what follows from it for what is known: pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "services/admin/store/alert_store.h"
#include "services/admin/store/store.h"

namespace weir::admin {

// A kind of thing that goes wrong.
struct AlertEvent {
  std::string_view name;
  std::int64_t grace_ms = 0;        // wrong for so long before anybody is told
  std::size_t conditions_max = 50;  // more at once are left for later
};

inline constexpr AlertEvent kAccountLost = {.name = "account_lost", .conditions_max = 1000};
inline constexpr AlertEvent kBudgetNear = {.name = "budget_near", .conditions_max = 1000};
inline constexpr AlertEvent kBudgetSpent = {.name = "budget_spent", .conditions_max = 1000};
inline constexpr AlertEvent kModelUnpriced = {.name = "model_unpriced"};
inline constexpr AlertEvent kLedgerBehind = {.name = "ledger_behind", .grace_ms = 45'000};
inline constexpr AlertEvent kRelayRefuses = {.name = "relay_refuses", .grace_ms = 30'000};
inline constexpr std::string_view kAlertTest = "test";

// One event, as far as whoever looked can tell.
struct AlertFindings {
  std::map<std::string, std::string> wrong = {};  // subject -> one sentence
  std::set<std::string> well = {};                // subjects known to be well
  // What is not in `wrong` and was last seen before this is over, too; 0 = nothing is.
  std::int64_t over_before_ms = 0;
};
// For findings that are all there is.
inline constexpr std::int64_t kAllThereIs = INT64_MAX;

// What is to be written down.
struct AlertPlan {
  std::vector<AlertCondition> put = {};
  std::vector<AlertCondition> remove = {};
  std::vector<AlertMessage> messages = {};
  bool empty() const { return put.empty() && remove.empty() && messages.empty(); }
};

// `known` is in the order of subjects. A condition is told once, when it has lasted for the event's
// grace, and once more when it is over.
AlertPlan PlanAlerts(const AlertEvent& event, const std::vector<AlertCondition>& known,
                     const AlertFindings& findings, std::int64_t now_ms);

// Plans and writes it, in one transaction. While too many messages wait, nothing new is told.
absl::Status Reconcile(Store& store, const AlertEvent& event, const AlertFindings& findings);

// A name that somebody chose, fit for a sentence that goes elsewhere: what chats read as markup,
// and control characters, are '?'; at most 128 bytes.
std::string PlainName(std::string_view name);

}  // namespace weir::admin
