#include "services/relay/snapshot/account_figures_teller.h"

#include <utility>
#include <vector>

#include "libs/common/utf8.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {

void AccountFiguresTeller::TellAnew() {
  look_at_ms_ = 0;
  anew_ = true;
  told_.clear();
  waiting_.clear();
}

AccountFiguresTeller::Told AccountFiguresTeller::StateOf(std::int64_t id,
                                                         const AccountHealth& health,
                                                         std::int64_t now_ms) const {
  return {.changes = health.figures().changes(),
          .in_flight = health.figures().in_flight(),
          .failures_in_row = health.failures_in_row(),
          .minute = minute_use_ ? minute_use_(id, now_ms) : MinuteUse()};
}

// Those that admin knows nothing of and that have nothing to tell are not told: most of a pool.
void AccountFiguresTeller::LookForChanges(std::int64_t now_ms) {
  std::unordered_map<std::int64_t, Told> still_there;
  for (auto& [id, health] : health_.All()) {
    const auto known = told_.find(id);
    const Told before = known == told_.end() ? Told() : known->second;
    if (StateOf(id, *health, now_ms) != before) waiting_.push_back({id, std::move(health)});
    if (known != told_.end()) still_there.insert(*known);
  }
  told_ = std::move(still_there);
}

void AccountFiguresTeller::Write(const Waiting& account, const Told& state,
                                 v1::AccountFigure& out) {
  out.set_account_id(account.id);
  out.set_in_flight(state.in_flight);
  out.set_failures_in_row(state.failures_in_row);
  out.set_requests_last_minute(state.minute.requests);
  out.set_tokens_last_minute(state.minute.tokens);
  const AccountFigures::Reading reading = account.health->figures().Read();
  for (std::size_t i = 0; i < reading.windows.size(); ++i) {
    const WindowUse& use = reading.windows[i];
    if (use.used_basis_points < 0) continue;
    v1::AccountWindow& window = *out.add_windows();
    window.set_name(std::string(kWindowNames[i]));
    window.set_used_basis_points(use.used_basis_points);
    window.set_resets_at_unix_ms(use.resets_at_unix_ms);
  }
  out.set_windows_observed_at_unix_ms(reading.windows_observed_at_unix_ms);
  if (!reading.last_error.has_value()) return;
  const AccountError& error = *reading.last_error;
  v1::AccountError& told = *out.mutable_last_error();
  told.set_at_unix_ms(error.at_unix_ms);
  told.set_http_status(error.http_status);
  told.set_error_class(error.error_class);
  told.set_message(ValidUtf8(std::string_view(error.message).substr(0, kErrorMessageBytesMax)));
  told.set_request_id(error.request_id);
}

std::optional<std::string> AccountFiguresTeller::NextMessage(std::int64_t now_ms) {
  if (waiting_.empty()) {
    if (now_ms < look_at_ms_) return std::nullopt;
    look_at_ms_ = now_ms + kPauseMs;
    LookForChanges(now_ms);
    if (waiting_.empty() && !anew_) return std::nullopt;
  }
  v1::WatchRequest request;
  v1::AccountFigures& figures = *request.mutable_account_figures();
  figures.set_anew(std::exchange(anew_, false));
  figures.set_failures_max(AccountHealth::kFailuresMax);
  figures.set_tells_minute(static_cast<bool>(minute_use_));
  while (!waiting_.empty() && figures.accounts_size() < kAccountsAtOnce) {
    const Waiting account = std::move(waiting_.front());
    waiting_.pop_front();
    // Before what it stands for is read: a change in between is told again.
    const Told state = StateOf(account.id, *account.health, now_ms);
    Write(account, state, *figures.add_accounts());
    told_[account.id] = state;
  }
  return request.SerializeAsString();
}

}  // namespace weir::relay
