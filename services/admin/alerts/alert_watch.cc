#include "services/admin/alerts/alert_watch.h"

#include <algorithm>
#include <utility>

#include "libs/common/text.h"
#include "services/admin/model/account_status.h"
#include "services/admin/model/time_text.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/settings_store.h"

namespace weir::admin {
namespace {

// A ledger that is behind by more than this.
constexpr std::int64_t kLedgerLateMs = 60'000;
// A relay that no admin has seen refuse for so long is gone, or was started anew.
constexpr std::int64_t kRelayGoneMs = 10 * 60'000;

std::string TextOf(const Account& account) {
  const std::string name = PlainName(account.name);
  if (account.status == AccountStatus::kDisabled) {
    return StrCat("The account ", name, " is disabled.");
  }
  if (account.status_reason == kNeedsLogin) {
    return StrCat("The account ", name, " is out: somebody must log in at its provider anew.");
  }
  return StrCat("The account ", name, " is out: its provider refused its credential (",
                PlainName(account.status_reason), ").");
}

absl::Status Forget(Store& store) {
  auto known = ReadValue(store, [](sql::Transaction& transaction) -> absl::StatusOr<bool> {
    auto conditions = alert_store::Conditions(transaction, "");
    if (!conditions.ok()) return conditions.status();
    auto waiting = alert_store::Waiting(transaction);
    if (!waiting.ok()) return waiting.status();
    return !conditions->empty() || *waiting > 0;
  });
  if (!known.ok()) return known.status();
  if (!*known) return absl::OkStatus();
  return store.Change(
      [](sql::Transaction& transaction, Changes&) { return alert_store::Forget(transaction); });
}

}  // namespace

absl::StatusOr<AlertFindings> LostAccounts(Store& store) {
  AlertFindings findings;
  findings.over_before_ms = kAllThereIs;
  constexpr std::int64_t kAtOnce = 1000;
  ListQuery lost = {.conditions = {{"status = 'account_exception' OR status = 'disabled'", {}},
                                   {"id > ?", {std::int64_t{0}}}},
                    .limit = kAtOnce,
                    .with_total = false};
  // All of them: what is left out would be told to be over.
  for (bool more = true; more;) {
    auto page = ReadValue(store, [&](sql::Transaction& transaction) {
      return account_store::List(transaction, lost);
    });
    if (!page.ok()) return page.status();
    for (const Account& account : page->items) {
      findings.wrong.emplace(StrCat("account/", account.id), TextOf(account));
      lost.conditions.back().values = {account.id};
    }
    more = static_cast<std::int64_t>(page->items.size()) == kAtOnce;
  }
  return findings;
}

AlertFindings RefusingRelays(const std::vector<RelayState>& relays, std::int64_t now_ms) {
  AlertFindings findings;
  findings.over_before_ms = now_ms - kRelayGoneMs;
  for (const RelayState& relay : relays) {
    if (!relay.connected) continue;
    const std::string name = PlainName(relay.id);
    const std::string subject = StrCat("relay/", name);
    if (relay.nacked_revision == 0) {
      findings.well.insert(subject);
    } else {
      findings.wrong.emplace(subject,
                             StrCat("The relay ", name, " refuses revision ", relay.nacked_revision,
                                    " and serves by ", relay.acked_revision,
                                    "; the status of the installation (/api/v1/status) says why."));
    }
  }
  return findings;
}

AlertFindings LateLedger(const absl::StatusOr<LedgerIngest>& ingest) {
  AlertFindings findings;
  findings.over_before_ms = kAllThereIs;
  if (!ingest.ok()) {
    findings.wrong["ledger"] =
        "The usage service does not answer. Requests are served; relays keep their records.";
  } else if (ingest->failing_since_ms != 0) {
    findings.wrong["ledger"] =
        StrCat("The ledger has stored nothing since ", FormatTime(ingest->failing_since_ms),
               "; relays keep their records.");
  } else if (ingest->oldest_waiting_ms > kLedgerLateMs) {
    findings.wrong["ledger"] =
        StrCat("The ledger is behind: ", ingest->events_waiting, " requests wait, the oldest for ",
               ingest->oldest_waiting_ms / 1000, " s.");
  }
  return findings;
}

AlertFindings UnpricedModels(const UnpricedNames& unpriced) {
  AlertFindings findings;
  // Of more than can be told of, those that were left out are no better than they were.
  findings.over_before_ms = unpriced.all ? kAllThereIs : 0;
  for (const std::string& model : unpriced.models) {
    const std::string name = PlainName(model);
    findings.wrong.emplace(StrCat("model/", name),
                           StrCat("The model ", name, " was asked for and has no price."));
  }
  return findings;
}

AlertWatch::AlertWatch(Store& store, AlertSources sources)
    : store_(store), sources_(std::move(sources)), budgets_(store, sources_.peek_budgets) {}

absl::StatusOr<std::string> AlertWatch::Look(const std::function<bool()>& gone) {
  auto settings = ReadValue(store_, settings_store::Get);
  if (!settings.ok()) return settings.status();
  if (settings->alert_url.empty()) {
    if (absl::Status forgotten = Forget(store_); !forgotten.ok()) return forgotten;
    return "there is no webhook";
  }
  auto accounts = LostAccounts(store_);
  if (!accounts.ok()) return accounts.status();
  absl::Status looked = Reconcile(store_, kAccountLost, *accounts);
  if (looked.ok()) looked = LookAtLedger();
  if (looked.ok()) looked = LookAtPrices();
  // That usage is away is said by the ledger's own alert.
  if (looked.ok()) looked = budgets_.LookOn(gone);
  if (absl::IsUnavailable(looked)) looked = absl::OkStatus();
  if (!looked.ok()) return looked;
  auto wrong = ReadValue(store_, [](sql::Transaction& transaction) {
    return alert_store::Conditions(transaction, "");
  });
  if (!wrong.ok()) return wrong.status();
  return StrCat(wrong->size(), " things are wrong");
}

absl::Status AlertWatch::LookAtLedger() {
  return Reconcile(store_, kLedgerBehind, LateLedger(sources_.ingest()));
}

absl::Status AlertWatch::LookAtPrices() {
  const auto unpriced = sources_.unpriced_models();
  if (!unpriced.ok()) return unpriced.status();
  return Reconcile(store_, kModelUnpriced, UnpricedModels(*unpriced));
}

}  // namespace weir::admin
