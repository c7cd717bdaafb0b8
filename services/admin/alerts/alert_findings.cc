#include "services/admin/alerts/alert_findings.h"

#include <algorithm>
#include <utility>

#include "libs/common/text.h"
#include "libs/common/utf8.h"

namespace weir::admin {
namespace {

// Seen again within this is not written down anew.
constexpr std::int64_t kSeenEveryMs = 30'000;

AlertMessage MessageOf(const AlertCondition& condition, AlertState state, std::int64_t now_ms) {
  AlertMessage message;
  message.event = condition.event;
  message.subject = condition.subject;
  message.state = state;
  message.text = state == AlertState::kResolved ? StrCat("Over: ", condition.text) : condition.text;
  message.next_try_at_ms = now_ms;
  return message;
}

void TellIfDue(const AlertEvent& event, std::int64_t now_ms, AlertCondition& condition,
               AlertPlan& plan) {
  if (condition.told || now_ms - condition.since_ms < event.grace_ms) return;
  condition.told = true;
  plan.messages.push_back(MessageOf(condition, AlertState::kRaised, now_ms));
}

void PlanNew(const AlertEvent& event, const std::string& subject, const std::string& text,
             std::int64_t now_ms, AlertPlan& plan) {
  AlertCondition condition = {.event = std::string(event.name),
                              .subject = subject,
                              .text = text,
                              .since_ms = now_ms,
                              .seen_ms = now_ms};
  TellIfDue(event, now_ms, condition, plan);
  plan.put.push_back(std::move(condition));
}

void PlanKnown(const AlertEvent& event, AlertCondition condition, const std::string& text,
               std::int64_t now_ms, AlertPlan& plan) {
  const AlertCondition before = condition;
  TellIfDue(event, now_ms, condition, plan);
  if (condition.told == before.told && now_ms - before.seen_ms < kSeenEveryMs) return;
  condition.text = text;
  condition.seen_ms = now_ms;
  plan.put.push_back(std::move(condition));
}

void PlanOver(const AlertCondition& condition, std::int64_t now_ms, AlertPlan& plan) {
  if (condition.told) {
    plan.messages.push_back(MessageOf(condition, AlertState::kResolved, now_ms));
  }
  plan.remove.push_back(condition);
}

absl::Status Write(sql::Transaction& transaction, const AlertPlan& plan, std::int64_t now_ms) {
  for (const AlertCondition& condition : plan.remove) {
    absl::Status removed = alert_store::Remove(transaction, condition);
    if (!removed.ok()) return removed;
  }
  for (const AlertCondition& condition : plan.put) {
    absl::Status put = alert_store::Put(transaction, condition);
    if (!put.ok()) return put;
  }
  for (AlertMessage message : plan.messages) {
    absl::Status queued = alert_store::Queue(transaction, now_ms, message);
    if (!queued.ok()) return queued;
  }
  return absl::OkStatus();
}

// Under the lock: what others wrote meanwhile counts.
absl::Status PlanAndWrite(sql::Transaction& transaction, const AlertEvent& event,
                          const AlertFindings& findings, std::int64_t now_ms) {
  absl::Status locked = transaction.Lock("alerts");
  if (!locked.ok()) return locked;
  auto waiting = alert_store::Waiting(transaction);
  if (!waiting.ok()) return waiting.status();
  if (*waiting >= alert_store::kWaitingMax) return absl::OkStatus();
  auto known = alert_store::Conditions(transaction, event.name);
  if (!known.ok()) return known.status();
  return Write(transaction, PlanAlerts(event, *known, findings, now_ms), now_ms);
}

}  // namespace

AlertPlan PlanAlerts(const AlertEvent& event, const std::vector<AlertCondition>& known,
                     const AlertFindings& findings, std::int64_t now_ms) {
  AlertPlan plan;
  std::set<std::string, std::less<>> met;
  for (const AlertCondition& condition : known) {
    met.insert(condition.subject);
    const auto wrong = findings.wrong.find(condition.subject);
    if (wrong != findings.wrong.end()) {
      PlanKnown(event, condition, wrong->second, now_ms, plan);
    } else if (findings.well.contains(condition.subject) ||
               condition.seen_ms < findings.over_before_ms) {
      PlanOver(condition, now_ms, plan);
    }
  }
  std::size_t count = known.size() - plan.remove.size();
  for (const auto& [subject, text] : findings.wrong) {
    if (met.contains(subject)) continue;
    if (count++ >= event.conditions_max) break;
    PlanNew(event, subject, text, now_ms, plan);
  }
  return plan;
}

absl::Status Reconcile(Store& store, const AlertEvent& event, const AlertFindings& findings) {
  const std::int64_t now_ms = store.NowMs();
  auto known = ReadValue(store, [&](sql::Transaction& transaction) {
    return alert_store::Conditions(transaction, event.name);
  });
  if (!known.ok()) return known.status();
  if (PlanAlerts(event, *known, findings, now_ms).empty()) return absl::OkStatus();
  return store.Change([&](sql::Transaction& transaction, Changes&) {
    return PlanAndWrite(transaction, event, findings, now_ms);
  });
}

std::string PlainName(std::string_view name) {
  constexpr std::size_t kBytesMax = 128;
  std::string plain;
  AssignValidUtf8(plain, name, kBytesMax);
  std::replace_if(
      plain.begin(), plain.end(),
      [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f ||
               std::string_view("<>&`*@").find(c) != std::string_view::npos;
      },
      '?');
  return plain;
}

}  // namespace weir::admin
