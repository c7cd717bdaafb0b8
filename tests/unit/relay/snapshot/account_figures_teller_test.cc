#include "services/relay/snapshot/account_figures_teller.h"

#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

constexpr std::int64_t kPause = AccountFiguresTeller::kPauseMs;

class AccountFiguresTellerTest : public ::testing::Test {
 protected:
  std::optional<v1::AccountFigures> At(std::int64_t now_ms) {
    const std::optional<std::string> bytes = teller_.NextMessage(now_ms);
    if (!bytes.has_value()) return std::nullopt;
    v1::WatchRequest request;
    EXPECT_TRUE(request.ParseFromString(*bytes));
    return request.account_figures();
  }
  AccountFigures& Figures(std::int64_t id) { return registry_.Of(id)->figures(); }

  AccountHealthRegistry registry_;
  AccountFiguresTeller teller_{registry_};
};

TEST_F(AccountFiguresTellerTest, BeginsWithAllThatThereIsToTell) {
  Figures(1);
  Figures(2).Began();
  const auto told = At(0);
  ASSERT_TRUE(told.has_value());
  EXPECT_TRUE(told->anew());
  EXPECT_EQ(told->failures_max(), AccountHealth::kFailuresMax);
  ASSERT_EQ(told->accounts_size(), 1) << "of the first there is nothing";
  EXPECT_EQ(told->accounts(0).account_id(), 2);
  EXPECT_EQ(told->accounts(0).in_flight(), 1);
}

TEST_F(AccountFiguresTellerTest, AnEmptyPoolIsSaidToBeEmpty) {
  const auto told = At(0);
  ASSERT_TRUE(told.has_value());
  EXPECT_TRUE(told->anew());
  EXPECT_FALSE(At(kPause).has_value());
}

TEST_F(AccountFiguresTellerTest, ThenWhatHasChangedNowAndThen) {
  Figures(1).Began();
  ASSERT_TRUE(At(0).has_value());
  Figures(1).Ended();
  Figures(2).NoteError({5, 529, "upstream_overloaded", std::string(1000, 'x'), "id"});
  EXPECT_FALSE(At(kPause - 1).has_value());
  const auto told = At(kPause);
  ASSERT_TRUE(told.has_value());
  EXPECT_FALSE(told->anew());
  ASSERT_EQ(told->accounts_size(), 2);
  for (const v1::AccountFigure& account : told->accounts()) {
    EXPECT_EQ(account.in_flight(), 0);
    EXPECT_EQ(account.has_last_error(), account.account_id() == 2);
    EXPECT_LE(account.last_error().message().size(), kErrorMessageBytesMax);
  }
  EXPECT_FALSE(At(2 * kPause).has_value()) << "it is told";
  Figures(2).NoteError({6, 500, "upstream_error", "", "id"});
  EXPECT_TRUE(At(3 * kPause).has_value()) << "another error is another one";
}

TEST_F(AccountFiguresTellerTest, TheMinuteIsToldUntilItIsOver) {
  Figures(1);
  EXPECT_FALSE(At(0)->tells_minute()) << "nobody can tell it";
  MinuteUse use{.requests = 3, .tokens = 700};
  teller_.SetMinuteUse([&use](std::int64_t id, std::int64_t now_ms) {
    return id == 1 && now_ms < 2 * kPause ? use : MinuteUse();
  });
  auto told = At(kPause);
  ASSERT_TRUE(told.has_value());
  EXPECT_TRUE(told->tells_minute());
  ASSERT_EQ(told->accounts_size(), 1);
  EXPECT_EQ(told->accounts(0).requests_last_minute(), 3);
  EXPECT_EQ(told->accounts(0).tokens_last_minute(), 700);
  told = At(2 * kPause);
  ASSERT_TRUE(told.has_value()) << "that nothing is left has to be told too";
  EXPECT_EQ(told->accounts(0).requests_last_minute(), 0);
  EXPECT_FALSE(At(3 * kPause).has_value());
}

TEST_F(AccountFiguresTellerTest, WindowsAreToldAndRepetitionsAreNot) {
  const WindowUses uses = {WindowUse{2500, 100}, WindowUse{}};
  Figures(1).NoteWindows(uses, 7);
  const auto told = At(0);
  ASSERT_TRUE(told.has_value());
  ASSERT_EQ(told->accounts(0).windows_size(), 1) << "the other was not told of";
  EXPECT_EQ(told->accounts(0).windows(0).name(), "5h");
  EXPECT_EQ(told->accounts(0).windows(0).used_basis_points(), 2500);
  EXPECT_EQ(told->accounts(0).windows_observed_at_unix_ms(), 7);
  Figures(1).NoteWindows(uses, 8);
  EXPECT_FALSE(At(kPause).has_value());
}

TEST_F(AccountFiguresTellerTest, ManyComeInPartsAndAnotherStreamHearsThemAnew) {
  constexpr int kAccounts = 2 * AccountFiguresTeller::kAccountsAtOnce + 1;
  for (int id = 1; id <= kAccounts; ++id) Figures(id).Began();
  for (int stream = 0; stream < 2; ++stream) {
    teller_.TellAnew();
    int accounts = 0;
    int messages = 0;
    while (const auto told = At(1)) {
      EXPECT_EQ(told->anew(), messages == 0);
      EXPECT_LE(told->accounts_size(), AccountFiguresTeller::kAccountsAtOnce);
      accounts += told->accounts_size();
      ++messages;
    }
    EXPECT_EQ(messages, 3);
    EXPECT_EQ(accounts, kAccounts);
  }
}

TEST_F(AccountFiguresTellerTest, AnAccountThatIsGoneIsForgotten) {
  Figures(1).Began();
  ASSERT_TRUE(At(0).has_value());
  registry_.Forget(1);
  EXPECT_FALSE(At(kPause).has_value());
  Figures(1).Began();
  EXPECT_TRUE(At(2 * kPause).has_value()) << "one that comes back is another one";
}

}  // namespace
}  // namespace weir::relay
