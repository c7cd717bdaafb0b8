#include "services/admin/oauth/token_refresher.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "libs/common/ids.h"
#include "libs/common/log.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "libs/common/thread.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/model/account_status.h"
#include "services/admin/model/problem.h"
#include "services/admin/oauth/token_exchange.h"
#include "services/admin/store/account_history.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/refresh_store.h"

namespace weir::admin {
namespace {

// An endpoint that hangs keeps one of them.
constexpr int kThreads = 4;
constexpr std::int64_t kLookMs = 2'000;
constexpr std::int64_t kDueMax = 16;  // at a look; others take what is left
constexpr std::int64_t kCallMs = 20'000;
// Longer than a call and the tries to store its answer.
constexpr std::int64_t kClaimMs = 90'000;
constexpr std::int64_t kStoreAgainMs = 500;
constexpr std::size_t kErrorBytesMax = 300;

absl::StatusOr<RefreshSecrets> OpenSecrets(const Vault& vault, const Account& account) {
  RefreshSecrets secrets;
  auto client_secret = OpenClientSecret(vault, account);
  auto refresh_token = OpenRefreshToken(vault, account);
  auto proxy_url = OpenProxyUrl(vault, account);
  for (const absl::Status& opened :
       {client_secret.status(), refresh_token.status(), proxy_url.status()}) {
    if (!opened.ok()) return absl::UnavailableError(StrCat("cannot be opened: ", opened.message()));
  }
  secrets.client_secret = *std::move(client_secret);
  secrets.refresh_token = *std::move(refresh_token);
  secrets.proxy_url = *std::move(proxy_url);
  return secrets;
}

// By what they say, for the same may have been sealed anew under another master key. One and the
// same sealed text is the same whether it opens or not.
bool SameHeld(const Vault& vault, const Account& now, const Account& asked,
              std::string Account::*sealed,
              absl::StatusOr<Secret> (*open)(const Vault&, const Account&)) {
  if (now.*sealed == asked.*sealed) return true;
  const absl::StatusOr<Secret> a = open(vault, now);
  const absl::StatusOr<Secret> b = open(vault, asked);
  return a.ok() && b.ok() && SameSecret(a->Reveal(), b->Reveal());
}

// Nobody has put in another one while the call was under way: the operator's word would be the
// later one.
bool SameGrant(const Vault& vault, const Account& now, const Account& asked) {
  return now.oauth.token_url == asked.oauth.token_url &&
         now.oauth.client_id == asked.oauth.client_id &&
         SameHeld(vault, now, asked, &Account::sealed_refresh_token, &OpenRefreshToken) &&
         SameHeld(vault, now, asked, &Account::sealed_client_secret, &OpenClientSecret);
}

absl::Status Dropped() {
  return Conflict(
      "somebody changed its refresh_token, client or token_url meanwhile: what the endpoint gave "
      "for those before was dropped");
}

void PutTokens(const Vault& vault, const Tokens& tokens, std::int64_t now_ms, Account& account) {
  SetCredential(vault, tokens.access_token, account);
  if (!tokens.refresh_token.empty()) SetRefreshToken(vault, tokens.refresh_token, account);
  account.credential_refreshed_at_ms = now_ms;
  account.credential_expires_at_ms = tokens.lifetime_s == 0 ? 0 : now_ms + tokens.lifetime_s * 1000;
  account.refresh_at_ms = RefreshAgainAt(now_ms, account.credential_expires_at_ms, RefreshJitter());
  // What relays saw of the token before this one no longer counts.
  account.status_observed_at_ms = std::max(account.status_observed_at_ms, now_ms);
}

absl::Status NoteHistory(sql::Transaction& transaction, const Account& before,
                         const Account& account, std::int64_t now_ms) {
  AccountHistoryEntry entry;
  entry.at_ms = now_ms;
  entry.source = account_history::kFromRefresh;
  return account_history::NoteStatus(transaction, before, account, std::move(entry));
}

// The token at hand is good to its end, and then one more try says whether anything has changed.
void MarkNeedsLogin(std::int64_t now_ms, Account& account) {
  if (account.credential_expires_at_ms > now_ms && !account.sealed_credential.empty()) {
    account.refresh_at_ms = account.credential_expires_at_ms;
    return;
  }
  account.refresh_at_ms = 0;
  if (account.status == AccountStatus::kDisabled) return;
  account.status = AccountStatus::kAccountException;
  account.status_reason = kNeedsLogin;
  account.cooldown_until_ms = 0;
  account.status_observed_at_ms = now_ms;
}

}  // namespace

TokenRefresher::TokenRefresher(Store& store, const Vault& vault, SendWebCall send, Metrics& metrics)
    : store_(store),
      vault_(vault),
      send_(std::move(send)),
      renewed_(metrics.AddCounter("weir_admin_token_refreshes_total",
                                  "Renewals of OAuth credentials, by their result.",
                                  {{"result", "ok"}})),
      failed_(metrics.AddCounter("weir_admin_token_refreshes_total",
                                 "Renewals of OAuth credentials, by their result.",
                                 {{"result", "failed"}})) {}

TokenRefresher::~TokenRefresher() { Stop(); }

void TokenRefresher::Start() {
  for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { Run(); });
}

void TokenRefresher::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wakes_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void TokenRefresher::Run() {
  NameBackgroundThread("tokens");
  while (!stopping_) {
    const absl::StatusOr<int> done = RefreshDue();
    if (!done.ok()) {
      LogWarning("cannot look for tokens to renew", {{"error", View(done.status().message())}});
    }
    std::unique_lock lock(mutex_);
    const auto pause_ms = kLookMs / 2 + static_cast<std::int64_t>(RefreshJitter() * kLookMs);
    wakes_.wait_for(lock, std::chrono::milliseconds(pause_ms), [this] { return stopping_.load(); });
  }
}

absl::StatusOr<int> TokenRefresher::RefreshDue() {
  const auto due = ReadValue(store_, [&](sql::Transaction& transaction) {
    return refresh_store::Due(transaction, store_.NowMs(), kDueMax);
  });
  if (!due.ok()) return due.status();
  int done = 0;
  for (const std::int64_t id : *due) {
    if (stopping_) break;
    const absl::Status refreshed = RefreshOne(id, Wanted::kIfDue);
    // Somebody else has it, or it is gone.
    const bool not_ours = absl::IsFailedPrecondition(refreshed) || absl::IsNotFound(refreshed);
    if (!not_ours) ++done;
  }
  return done;
}

absl::Status TokenRefresher::Refresh(std::int64_t account_id) {
  absl::Status done = RefreshOne(account_id, Wanted::kNow);
  if (absl::IsInvalidArgument(done)) {
    return Problem(absl::StatusCode::kFailedPrecondition, kNeedsLogin,
                   StrCat(done.message(), "; log in at the provider and set a new refresh_token"));
  }
  if (absl::IsUnavailable(done)) {
    return Problem(absl::StatusCode::kUnavailable, reason::kServiceAway, View(done.message()));
  }
  return done;
}

absl::Status TokenRefresher::RefreshOne(std::int64_t account_id, Wanted wanted) {
  const absl::StatusOr<Work> work = Claim(account_id, wanted);
  if (!work.ok()) return work.status();
  Tokens tokens;
  absl::Status done = Ask(*work, tokens);
  if (done.ok()) {
    done = Keep(*work, tokens);
  } else {
    const absl::Status noted = StoreFailure(*work, done);
    if (!noted.ok()) LogWarning("a failure is not stored", {{"error", View(noted.message())}});
  }
  const absl::Status released = Release(*work);
  if (!released.ok()) LogWarning("a claim runs out", {{"error", View(released.message())}});
  Metrics::Increment(done.ok() ? renewed_ : failed_);
  const LogLevel level = done.ok() ? LogLevel::kInfo : LogLevel::kWarning;
  Log(level, done.ok() ? "credential renewed" : "credential not renewed",
      {{"account_id", account_id}, {"detail", View(done.message())}});
  return done;
}

absl::StatusOr<TokenRefresher::Work> TokenRefresher::Claim(std::int64_t account_id, Wanted wanted) {
  Work work;
  work.runner = RandomHex(8);
  absl::Status claimed =
      store_.Change([&](sql::Transaction& transaction, Changes&) -> absl::Status {
        auto account = account_store::Get(transaction, account_id);
        if (!account.ok()) return account.status();
        if (!CanRefresh(*account)) {
          return Conflict("there is nothing to renew it by: see its field oauth");
        }
        const std::int64_t now_ms = store_.NowMs();
        work.claimed_until_ms = now_ms + kClaimMs;
        auto ours = refresh_store::Claim(transaction, account_id, work.runner, now_ms,
                                         work.claimed_until_ms);
        if (!ours.ok()) return ours.status();
        if (!*ours) return Conflict("its credential is being renewed; look again in a moment");
        // Again behind the claim: another process may have just renewed it.
        account = account_store::Get(transaction, account_id);
        if (!account.ok()) return account.status();
        const bool due = account->refresh_at_ms != 0 && account->refresh_at_ms <= now_ms;
        if (wanted == Wanted::kIfDue && !due) return Conflict("it was renewed");
        work.account = *std::move(account);
        return absl::OkStatus();
      });
  if (!claimed.ok()) return claimed;
  return work;
}

absl::Status TokenRefresher::Ask(const Work& work, Tokens& tokens) {
  absl::StatusOr<RefreshSecrets> secrets = OpenSecrets(vault_, work.account);
  if (!secrets.ok()) return secrets.status();
  WebCall call = TokenCall(work.account.oauth, *secrets);
  call.timeout_ms = kCallMs;
  const absl::StatusOr<WebAnswer> answer = send_(call);
  if (!answer.ok()) {
    return absl::UnavailableError(
        StrCat("the token endpoint did not answer: ", answer.status().message()));
  }
  absl::StatusOr<Tokens> read = ReadTokens(*answer);
  if (!read.ok()) return read.status();
  tokens = *std::move(read);
  return absl::OkStatus();
}

// The old refresh token may be void already: a database that is away for a moment must not lose the
// new one.
absl::Status TokenRefresher::Keep(const Work& work, const Tokens& tokens) {
  absl::Status stored = StoreTokens(work, tokens);
  while (!stored.ok() && !absl::IsNotFound(stored) && !absl::IsFailedPrecondition(stored) &&
         !stopping_ && store_.NowMs() + kCallMs < work.claimed_until_ms) {
    LogWarning("new tokens are not stored yet; trying again",
               {{"account_id", work.account.id}, {"error", View(stored.message())}});
    std::unique_lock lock(mutex_);
    wakes_.wait_for(lock, std::chrono::milliseconds(kStoreAgainMs),
                    [this] { return stopping_.load(); });
    lock.unlock();
    stored = StoreTokens(work, tokens);
  }
  return stored;
}

absl::Status TokenRefresher::StoreTokens(const Work& work, const Tokens& tokens) {
  const std::int64_t now_ms = store_.NowMs();
  return store_.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
    auto account = account_store::Get(transaction, work.account.id);
    if (!account.ok()) return account.status();
    if (!SameGrant(vault_, *account, work.account)) return Dropped();
    const Account before = *account;
    PutTokens(vault_, tokens, now_ms, *account);
    // The token may be spent, so its successor stays; but it was not asked for in these words.
    if (account->oauth != work.account.oauth) account->refresh_at_ms = now_ms;
    absl::Status written = NoteHistory(transaction, before, *account, now_ms);
    if (!written.ok()) return written;
    absl::Status noted = refresh_store::NoteSuccess(transaction, account->id);
    if (!noted.ok()) return noted;
    return account_store::Update(transaction, changes, now_ms, *account);
  });
}

// One that nothing but a log-in can mend shows on the account, and is not tried again.
absl::Status TokenRefresher::StoreFailure(const Work& work, const absl::Status& failure) {
  const std::int64_t now_ms = store_.NowMs();
  return store_.Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
    auto account = account_store::Get(transaction, work.account.id);
    if (!account.ok()) return account.status();
    // With other words it may go well.
    const bool same = account->oauth == work.account.oauth;
    if (!same || !SameGrant(vault_, *account, work.account)) return absl::OkStatus();
    auto states = refresh_store::StatesOf(transaction, {account->id});
    if (!states.ok()) return states.status();
    RefreshState& state = (*states)[account->id];
    state.failures += 1;
    state.failed_at_ms = now_ms;
    state.not_before_ms = now_ms + RefreshDelayMs(state.failures, RefreshJitter());
    state.last_error = std::string(View(failure.message()).substr(0, kErrorBytesMax));
    absl::Status noted = refresh_store::NoteFailure(transaction, account->id, state);
    if (!noted.ok() || !absl::IsInvalidArgument(failure)) return noted;
    const Account before = *account;
    MarkNeedsLogin(now_ms, *account);
    noted = NoteHistory(transaction, before, *account, now_ms);
    if (!noted.ok()) return noted;
    return account_store::Update(transaction, changes, now_ms, *account);
  });
}

absl::Status TokenRefresher::Release(const Work& work) {
  return store_.Change([&](sql::Transaction& transaction, Changes&) {
    return refresh_store::Release(transaction, work.account.id, work.runner);
  });
}

}  // namespace weir::admin
