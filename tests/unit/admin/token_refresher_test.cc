#include "services/admin/oauth/token_refresher.h"

#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "services/admin/credentials/account_secrets.h"
#include "services/admin/model/problem.h"
#include "services/admin/store/account_store.h"
#include "services/admin/store/refresh_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

// Gives each refresh token out for one use, as many providers do.
class Endpoint {
 public:
  absl::StatusOr<WebAnswer> Send(const WebCall& call) {
    std::unique_lock lock(mutex_);
    ++calls_;
    if (during_) during_();
    if (!failure_.ok()) return failure_;
    if (!error_body_.empty()) return Answer(error_status_, error_body_);
    const std::string wanted = StrCat("refresh_token=r", issued_, "&");
    if (call.body.Reveal().find(wanted) == std::string::npos) {
      return Answer(400, R"({"error":"invalid_grant"})");
    }
    ++issued_;
    return Answer(200, StrCat(R"({"access_token":"a)", issued_, R"(","refresh_token":"r)", issued_,
                              R"(","expires_in":3600})"));
  }
  SendWebCall AsFunction() {
    return [this](const WebCall& call) { return Send(call); };
  }

  int calls() const { return calls_; }
  void FailWith(absl::Status failure) { failure_ = std::move(failure); }
  void Say(int status, std::string body) {
    error_status_ = status;
    error_body_ = std::move(body);
  }
  void DoDuringCall(std::function<void()> during) { during_ = std::move(during); }

 private:
  static WebAnswer Answer(int status, std::string body) {
    return {.status = status, .content_type = "application/json", .body = Secret(std::move(body))};
  }

  std::mutex mutex_;
  int calls_ = 0;
  int issued_ = 0;
  absl::Status failure_;
  int error_status_ = 0;
  std::string error_body_;
  std::function<void()> during_;
};

class TokenRefresherTest : public StoreTest {
 protected:
  Account Made(std::int64_t due_in_ms, const std::string& name = "oauth") {
    Account account;
    account.name = name;
    account.request_url = "https://api.example.com";
    account.credential_type = CredentialType::kOauth;
    account.oauth = {.token_url = "https://login.example.com/token",
                     .client_id = "weir",
                     .client_auth = ClientAuth::kBasic,
                     .scopes = {}};
    const std::int64_t now_ms = store().NowMs();
    EXPECT_TRUE(store()
                    .Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
                      auto done = account_store::Insert(transaction, changes, now_ms, account);
                      if (!done.ok()) return done;
                      SetCredential(vault(), Secret("a0"), account);
                      SetRefreshToken(vault(), Secret("r0"), account);
                      account.credential_expires_at_ms = now_ms + due_in_ms + 60'000;
                      account.refresh_at_ms = now_ms + due_in_ms;
                      return account_store::Update(transaction, changes, now_ms, account);
                    })
                    .ok());
    return account;
  }
  Account Now(const Account& account) {
    auto read = ReadValue(store(), [&](sql::Transaction& transaction) {
      return account_store::Get(transaction, account.id);
    });
    EXPECT_TRUE(read.ok()) << read.status();
    return *std::move(read);
  }
  RefreshState State(const Account& account) {
    auto states = ReadValue(store(), [&](sql::Transaction& transaction) {
      return refresh_store::StatesOf(transaction, {account.id});
    });
    EXPECT_TRUE(states.ok()) << states.status();
    return (*states)[account.id];
  }
  std::string Credential(const Account& account) {
    return OpenCredential(vault(), Now(account))->Reveal();
  }
  std::string RefreshToken(const Account& account) {
    return OpenRefreshToken(vault(), Now(account))->Reveal();
  }
  bool Counted(std::string_view result, int times) const {
    const std::string line =
        StrCat("weir_admin_token_refreshes_total{result=\"", result, "\"} ", times, "\n");
    return metrics_.Expose().find(line) != std::string::npos;
  }
  void Change(const Account& account, const std::function<void(Account&)>& edit) {
    EXPECT_TRUE(store()
                    .Change([&](sql::Transaction& transaction, Changes& changes) -> absl::Status {
                      auto read = account_store::Get(transaction, account.id);
                      if (!read.ok()) return read.status();
                      edit(*read);
                      return account_store::Update(transaction, changes, store().NowMs(), *read);
                    })
                    .ok());
  }

  Endpoint endpoint_;
  Metrics metrics_;
};

TEST_P(TokenRefresherTest, RenewsAheadOfTheEndAndPushesTheAccount) {
  const Account account = Made(5'000);
  TokenRefresher refresher(store(), vault(), endpoint_.AsFunction(), metrics_);
  EXPECT_EQ(*refresher.RefreshDue(), 0) << "its time has not come";
  EXPECT_EQ(endpoint_.calls(), 0);
  clock().AdvanceMs(5'000);
  const std::int64_t revision = CurrentRevision().number;
  EXPECT_EQ(*refresher.RefreshDue(), 1);
  EXPECT_EQ(Credential(account), "a1");
  EXPECT_EQ(RefreshToken(account), "r1");
  EXPECT_EQ(CurrentRevision().number, revision + 1);
  const Account now = Now(account);
  EXPECT_EQ(now.credential_expires_at_ms, store().NowMs() + 3'600'000);
  EXPECT_EQ(now.credential_refreshed_at_ms, store().NowMs());
  EXPECT_GT(now.refresh_at_ms, store().NowMs());
  EXPECT_LT(now.refresh_at_ms, now.credential_expires_at_ms);
  EXPECT_EQ(*refresher.RefreshDue(), 0) << "and then it rests";
  clock().SetUnixMs(now.refresh_at_ms);
  EXPECT_EQ(*refresher.RefreshDue(), 1) << "the rotated token is the one that is used";
  EXPECT_EQ(RefreshToken(account), "r2");
}

TEST_P(TokenRefresherTest, OfManyWritersOneRenews) {
  constexpr int kWriters = 6;
  std::vector<Account> accounts;
  for (int i = 0; i < 3; ++i) accounts.push_back(Made(0, StrCat("oauth", i)));
  // One endpoint for all would mix their tokens: each has its own count.
  std::mutex mutex;
  std::map<std::string, int> calls;
  const SendWebCall send = [&](const WebCall& call) -> absl::StatusOr<WebAnswer> {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    const std::lock_guard lock(mutex);
    const int count = ++calls[call.url];
    return WebAnswer{
        .status = 200,
        .content_type = "",
        .body = Secret(StrCat(R"({"access_token":"a)", count, R"(","refresh_token":"r)", count,
                              R"(","expires_in":3600})"))};
  };
  for (const Account& account : accounts) {
    Change(account, [&](Account& one) { one.oauth.token_url += StrCat("/", account.id); });
  }
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&] {
      Metrics metrics;
      TokenRefresher refresher(store(), vault(), send, metrics);
      EXPECT_TRUE(refresher.RefreshDue().ok());
    });
  }
  for (std::thread& writer : writers) writer.join();
  for (const Account& account : accounts) {
    EXPECT_EQ(calls[Now(account).oauth.token_url], 1);
    EXPECT_EQ(RefreshToken(account), "r1");
    EXPECT_EQ(State(account).runner, "");
  }
}

TEST_P(TokenRefresherTest, AFailureBacksOffAndShows) {
  const Account account = Made(0);
  endpoint_.FailWith(absl::UnavailableError("Couldn't connect to server"));
  TokenRefresher refresher(store(), vault(), endpoint_.AsFunction(), metrics_);
  EXPECT_EQ(*refresher.RefreshDue(), 1);
  EXPECT_EQ(*refresher.RefreshDue(), 0) << "not again at once";
  const RefreshState state = State(account);
  EXPECT_EQ(state.failures, 1);
  EXPECT_NE(state.last_error.find("Couldn't connect"), std::string::npos) << state.last_error;
  EXPECT_EQ(Now(account).status, AccountStatus::kNormal) << "its token still works";
  clock().SetUnixMs(state.not_before_ms);
  EXPECT_EQ(*refresher.RefreshDue(), 1);
  EXPECT_GT(State(account).not_before_ms - store().NowMs(), 7'500);
  endpoint_.FailWith(absl::OkStatus());
  clock().SetUnixMs(State(account).not_before_ms);
  EXPECT_EQ(*refresher.RefreshDue(), 1);
  EXPECT_EQ(State(account).failures, 0);
  EXPECT_EQ(State(account).last_error, "");
}

TEST_P(TokenRefresherTest, ARefusalEndsItOnceTheTokenHasEnded) {
  const Account account = Made(0);
  endpoint_.Say(400, R"({"error":"invalid_grant"})");
  TokenRefresher refresher(store(), vault(), endpoint_.AsFunction(), metrics_);
  EXPECT_EQ(*refresher.RefreshDue(), 1);
  EXPECT_EQ(Now(account).status, AccountStatus::kNormal) << "its token is good for a minute more";
  EXPECT_EQ(State(account).failures, 1);
  clock().AdvanceMs(60'000);
  EXPECT_EQ(*refresher.RefreshDue(), 1);
  EXPECT_EQ(Now(account).status, AccountStatus::kAccountException);
  EXPECT_EQ(Now(account).status_reason, "needs_login");
  clock().AdvanceMs(100'000'000);
  EXPECT_EQ(*refresher.RefreshDue(), 0) << "nobody is asked again in vain";
  const absl::Status asked = refresher.Refresh(account.id);
  EXPECT_EQ(ReasonOf(asked), "needs_login") << asked;
}

TEST_P(TokenRefresherTest, AnOperatorsNewTokenIsNotOverwritten) {
  const Account account = Made(0);
  endpoint_.DoDuringCall([&] {
    Change(account, [&](Account& one) { SetRefreshToken(vault(), Secret("mine"), one); });
  });
  TokenRefresher refresher(store(), vault(), endpoint_.AsFunction(), metrics_);
  EXPECT_EQ(*refresher.RefreshDue(), 0);
  EXPECT_EQ(RefreshToken(account), "mine");
  EXPECT_EQ(Credential(account), "a0");
  EXPECT_TRUE(Counted("ok", 0)) << "what was dropped is no success";
  EXPECT_TRUE(Counted("failed", 1));
}

TEST_P(TokenRefresherTest, NewScopesLoseNoToken) {
  const Account account = Made(0);
  endpoint_.DoDuringCall([&] {
    Change(account, [&](Account& one) {
      one.oauth.scopes = {"models"};
      one.refresh_at_ms = store().NowMs();  // as the REST API plans it
    });
  });
  TokenRefresher refresher(store(), vault(), endpoint_.AsFunction(), metrics_);
  EXPECT_EQ(*refresher.RefreshDue(), 1);
  EXPECT_EQ(RefreshToken(account), "r1") << "r0 is spent";
  EXPECT_EQ(Credential(account), "a1");
  EXPECT_EQ(Now(account).oauth.scopes, std::vector<std::string>{"models"});
  endpoint_.DoDuringCall(nullptr);
  EXPECT_EQ(*refresher.RefreshDue(), 1) << "and again at once, with the new scopes";
  EXPECT_EQ(RefreshToken(account), "r2");
}

TEST_P(TokenRefresherTest, SecretsThatDoNotOpenBackOffAndLetOthersThrough) {
  std::vector<Account> closed;
  for (int i = 0; i < 17; ++i) {
    closed.push_back(Made(0, StrCat("closed", i)));
    Change(closed.back(), [](Account& one) { one.sealed_refresh_token = "of a key that is gone"; });
  }
  const Account good = Made(1);
  clock().AdvanceMs(1);
  TokenRefresher refresher(store(), vault(), endpoint_.AsFunction(), metrics_);
  EXPECT_EQ(*refresher.RefreshDue(), 16);
  EXPECT_EQ(State(closed.front()).failures, 1);
  EXPECT_NE(State(closed.front()).last_error.find("cannot be opened"), std::string::npos);
  EXPECT_EQ(*refresher.RefreshDue(), 2) << "the last of those, and the one that is well";
  EXPECT_EQ(Credential(good), "a1");
}

TEST_P(TokenRefresherTest, ATokenOfASecondIsNotRenewedForEver) {
  const Account account = Made(0);
  endpoint_.Say(200, R"({"access_token":"brief","expires_in":1})");
  TokenRefresher refresher(store(), vault(), endpoint_.AsFunction(), metrics_);
  EXPECT_EQ(*refresher.RefreshDue(), 1);
  clock().AdvanceMs(29'999);
  EXPECT_EQ(*refresher.RefreshDue(), 0);
  clock().AdvanceMs(1);
  EXPECT_EQ(*refresher.RefreshDue(), 1);
}

TEST_P(TokenRefresherTest, WhatIsNewIsNotWaitedFor) {
  const Account account = Made(0);
  endpoint_.FailWith(absl::UnavailableError("away"));
  TokenRefresher refresher(store(), vault(), endpoint_.AsFunction(), metrics_);
  EXPECT_EQ(*refresher.RefreshDue(), 1);
  endpoint_.FailWith(absl::OkStatus());
  clock().AdvanceMs(1);
  EXPECT_EQ(*refresher.RefreshDue(), 0);
  Change(account, [&](Account& one) { one.refresh_at_ms = store().NowMs(); });
  EXPECT_EQ(*refresher.RefreshDue(), 1);
  EXPECT_EQ(Credential(account), "a1");
}

TEST_P(TokenRefresherTest, ANewMasterKeyLosesNoToken) {
  const Account account = Made(0);
  endpoint_.DoDuringCall(
      [&] { Change(account, [&](Account& one) { SetRefreshToken(vault(), Secret("r0"), one); }); });
  TokenRefresher refresher(store(), vault(), endpoint_.AsFunction(), metrics_);
  EXPECT_EQ(*refresher.RefreshDue(), 1);
  EXPECT_EQ(RefreshToken(account), "r1") << "sealed anew, it is still the same";
}

TEST_P(TokenRefresherTest, ADeadRunnersClaimRunsOut) {
  const Account account = Made(0);
  ASSERT_TRUE(store()
                  .Change([&](sql::Transaction& transaction, Changes&) {
                    return refresh_store::Claim(transaction, account.id, "dead", store().NowMs(),
                                                store().NowMs() + 90'000)
                        .status();
                  })
                  .ok());
  TokenRefresher refresher(store(), vault(), endpoint_.AsFunction(), metrics_);
  EXPECT_EQ(*refresher.RefreshDue(), 0);
  EXPECT_TRUE(absl::IsFailedPrecondition(refresher.Refresh(account.id))) << "a conflict, said so";
  clock().AdvanceMs(90'000);
  EXPECT_EQ(*refresher.RefreshDue(), 1);
  EXPECT_EQ(Credential(account), "a1");
}

TEST_P(TokenRefresherTest, WhatCannotBeRenewedSaysSo) {
  const Account account = Made(0);
  Change(account, [](Account& one) {
    one.sealed_refresh_token.clear();
    one.refresh_at_ms = 0;
  });
  TokenRefresher refresher(store(), vault(), endpoint_.AsFunction(), metrics_);
  EXPECT_TRUE(absl::IsFailedPrecondition(refresher.Refresh(account.id)));
  EXPECT_TRUE(absl::IsNotFound(refresher.Refresh(account.id + 1)));
  EXPECT_EQ(endpoint_.calls(), 0);
}

TEST_P(TokenRefresherTest, ADisabledAccountIsLeftAlone) {
  const Account account = Made(0);
  Change(account, [](Account& one) { one.status = AccountStatus::kDisabled; });
  TokenRefresher refresher(store(), vault(), endpoint_.AsFunction(), metrics_);
  EXPECT_EQ(*refresher.RefreshDue(), 0);
  EXPECT_TRUE(refresher.Refresh(account.id).ok()) << "but may be renewed by hand";
  EXPECT_EQ(Now(account).status, AccountStatus::kDisabled);
}

INSTANTIATE_ON_BOTH_DATABASES(TokenRefresherTest);

}  // namespace
}  // namespace weir::admin
