#include "services/admin/publish/account_board.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "weir/v1/observation.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

class AccountBoardTest : public ::testing::Test {
 protected:
  void Join(const std::string& relay) {
    board_.Join(relay, ++connections_);
    now_[relay] = connections_;
  }
  v1::AccountFigure& Say(std::int64_t id, std::int64_t in_flight = 0, int failures = 0) {
    v1::AccountFigure& figure = *next_.add_accounts();
    figure.set_account_id(id);
    figure.set_in_flight(in_flight);
    figure.set_failures_in_row(failures);
    return figure;
  }
  void Send(const std::string& relay, bool anew = false) {
    next_.set_anew(anew);
    next_.set_failures_max(5);
    board_.Told(relay, now_[relay], next_);
    next_.Clear();
  }
  void SayError(std::int64_t id, std::int64_t at_ms, const std::string& word) {
    v1::AccountError& error = *Say(id).mutable_last_error();
    error.set_at_unix_ms(at_ms);
    error.set_error_class(word);
  }

  AccountBoard board_;
  std::uint64_t connections_ = 0;
  std::map<std::string, std::uint64_t> now_;  // the relays' newest connections
  v1::AccountFigures next_;
};

TEST_F(AccountBoardTest, InFlightAddsUpAndTheWorstCountOfFailuresCounts) {
  EXPECT_EQ(board_.Of(1).failures_max, 0) << "nobody has told";
  Join("a");
  Join("b");
  Say(1, 3, 1);
  Send("a", /*anew=*/true);
  Say(1, 4, 2);
  Send("b", /*anew=*/true);
  EXPECT_EQ(board_.Of(1).in_flight, 7);
  EXPECT_EQ(board_.Of(1).failures_in_row, 2);
  EXPECT_EQ(board_.Of(1).failures_max, 5);
  Say(1, 1);
  Send("a");
  EXPECT_EQ(board_.Of(1).in_flight, 5) << "states, does not add";
  board_.Leave("b", 2);
  EXPECT_EQ(board_.Of(1).in_flight, 1);
  EXPECT_EQ(board_.Of(1).failures_in_row, 0);
}

TEST_F(AccountBoardTest, TheLastMinuteAddsUpWhereAllTellIt) {
  const auto say = [&](std::int64_t requests, std::int64_t tokens) {
    v1::AccountFigure& figure = Say(1);
    figure.set_requests_last_minute(requests);
    figure.set_tokens_last_minute(tokens);
    next_.set_tells_minute(true);
  };
  EXPECT_FALSE(board_.Of(1).minute_told) << "no relay is connected";
  Join("a");
  Join("b");
  say(3, 700);
  Send("a", /*anew=*/true);
  say(4, 50);
  Send("b", /*anew=*/true);
  AccountFigures figures = board_.Of(1);
  EXPECT_TRUE(figures.minute_told);
  EXPECT_EQ(figures.requests_last_minute, 7);
  EXPECT_EQ(figures.tokens_last_minute, 750);
  EXPECT_TRUE(board_.Of(2).minute_told) << "known to have had none";
  say(-5, -1);
  Send("b");
  EXPECT_EQ(board_.Of(1).requests_last_minute, 3) << "none is below 0";
  Join("old");
  Say(1, 2);
  Send("old", /*anew=*/true);
  EXPECT_FALSE(board_.Of(1).minute_told) << "what the older relay counts nobody knows";
  board_.Leave("old", 3);
  EXPECT_TRUE(board_.Of(1).minute_told);
}

TEST_F(AccountBoardTest, ARelayThatComesAgainBeginsAnew) {
  Join("a");
  Say(1, 3);
  Say(2, 3);
  Send("a", /*anew=*/true);
  Join("a");
  EXPECT_EQ(board_.Of(1).in_flight, 0);
  Say(1, 2);
  Send("a", /*anew=*/true);
  board_.Leave("a", 1);  // the old stream's end is seen late
  EXPECT_EQ(board_.Of(1).in_flight, 2);
  EXPECT_EQ(board_.Of(2).in_flight, 0);
  board_.Leave("a", 2);
  EXPECT_EQ(board_.Of(1).in_flight, 0);
  Say(1, 9);
  Send("a");
  EXPECT_EQ(board_.Of(1).in_flight, 0) << "it is not connected";
}

TEST_F(AccountBoardTest, WhatAnOldConnectionStillSaysIsNotBelieved) {
  Join("a");
  Join("a");
  now_["a"] = 1;
  Say(1, 9);
  Send("a", /*anew=*/true);
  EXPECT_EQ(board_.Of(1).in_flight, 0);
  now_["a"] = 2;
  Say(1, 2);
  Send("a", /*anew=*/true);
  EXPECT_EQ(board_.Of(1).in_flight, 2);
}

TEST_F(AccountBoardTest, APlaceThatIsFreeHasNothingOfWhoHadItBefore) {
  Join("a");
  Join("b");
  for (int round = 0; round < 500; ++round) {  // comes and goes often enough to be tidied up
    Say(1 + round % 7, round % 3);
    Send("a");
  }
  board_.Leave("a", 1);
  Join("c");
  for (int id = 1; id <= 7; ++id) EXPECT_EQ(board_.Of(id).in_flight, 0) << id;
  Say(1, 5);
  Send("c");
  EXPECT_EQ(board_.Of(1).in_flight, 5);
  board_.Leave("c", 3);
  EXPECT_EQ(board_.Of(1).in_flight, 0);
}

TEST_F(AccountBoardTest, TheNewestErrorAndWindowsCountWhoeverTellsThemLast) {
  Join("a");
  Join("b");
  SayError(1, 20, "upstream_error");
  Send("a", /*anew=*/true);
  SayError(1, 10, "upstream_timeout");
  Send("b", /*anew=*/true);
  ASSERT_TRUE(board_.Of(1).last_error.has_value());
  EXPECT_EQ(board_.Of(1).last_error->error_class, "upstream_error");
  const auto say_window = [&](std::int64_t at_ms, int used) {
    v1::AccountFigure& figure = Say(1);
    figure.set_windows_observed_at_unix_ms(at_ms);
    v1::AccountWindow& window = *figure.add_windows();
    window.set_name("5h");
    window.set_used_basis_points(used);
  };
  say_window(20, 500);
  Send("b");
  say_window(10, 100);
  Send("a");
  ASSERT_EQ(board_.Of(1).windows.size(), 1U);
  EXPECT_EQ(board_.Of(1).windows[0].used_basis_points, 500);
  EXPECT_TRUE(board_.Of(1).last_error.has_value()) << "not told again is not taken back";

  AccountFigures figures = board_.Of(1);
  figures.ForgetBefore(20);
  EXPECT_TRUE(figures.last_error.has_value());
  EXPECT_EQ(figures.windows.size(), 1U);
  figures.ForgetBefore(21);
  EXPECT_FALSE(figures.last_error.has_value()) << "it is of the credential before";
  EXPECT_TRUE(figures.windows.empty());
}

TEST_F(AccountBoardTest, TwoHundredRelaysOfTenThousandAccounts) {
  constexpr int kRelays = 200;
  constexpr int kAccounts = 10'000;
  for (int relay = 0; relay < kRelays; ++relay) {
    const std::string id = "relay-" + std::to_string(relay);
    Join(id);
    for (int account = 1; account <= kAccounts; ++account) Say(account, 1);
    Send(id, /*anew=*/true);
  }
  EXPECT_EQ(board_.Of(1).in_flight, kRelays);
  EXPECT_EQ(board_.Of(kAccounts).in_flight, kRelays);
  EXPECT_EQ(board_.size(), static_cast<std::size_t>(kAccounts));
  board_.Leave("relay-7", 8);
  EXPECT_EQ(board_.Of(1).in_flight, kRelays - 1);
}

TEST_F(AccountBoardTest, IsBoundedWhateverRelaysSay) {
  Join("a");
  for (std::size_t id = 1; id <= AccountBoard::kAccountsMax; ++id) {
    SayError(static_cast<std::int64_t>(id), static_cast<std::int64_t>(id), "upstream_error");
  }
  Send("a", /*anew=*/true);
  SayError(1'000'000, 1'000'000, std::string(10'000, 'x'));
  next_.mutable_accounts(0)->set_in_flight(-5);
  Send("a");
  EXPECT_EQ(board_.size(), AccountBoard::kAccountsMax);
  EXPECT_FALSE(board_.Of(1).last_error.has_value()) << "what was quiet for longest has gone";
  EXPECT_EQ(board_.Of(1'000'000).in_flight, 0);
  EXPECT_LE(board_.Of(1'000'000).last_error->error_class.size(), 64U);
}

TEST_F(AccountBoardTest, WhoIsBusyMakesNoRoomForOthers) {
  Join("a");
  Say(7, 3);  // without an error, and before all others
  for (std::size_t id = 1; id <= AccountBoard::kAccountsMax + 1000; ++id) {
    if (id != 7) SayError(static_cast<std::int64_t>(id), 1, "upstream_error");
  }
  Send("a", /*anew=*/true);
  EXPECT_EQ(board_.size(), AccountBoard::kAccountsMax);
  EXPECT_EQ(board_.Of(7).in_flight, 3);
  for (std::size_t id = 1; id <= AccountBoard::kAccountsMax + 1000; ++id) {
    Say(static_cast<std::int64_t>(id), 1);
  }
  Send("a", /*anew=*/true);
  EXPECT_EQ(board_.size(), AccountBoard::kAccountsMax);
  Say(2'000'000, 1);
  Send("a");
  EXPECT_EQ(board_.Of(2'000'000).in_flight, 0) << "all the others are busy";
  board_.Leave("a", 1);
  EXPECT_EQ(board_.Of(9).in_flight, 0);
}

}  // namespace
}  // namespace weir::admin
