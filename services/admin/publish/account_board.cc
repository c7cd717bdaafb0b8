#include "services/admin/publish/account_board.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "weir/v1/observation.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

constexpr std::size_t kRelaysMax = 10'000;
constexpr int kWindowsMax = 8;
constexpr std::size_t kMessageBytesMax = 512;
constexpr std::size_t kWordBytesMax = 64;
// Of one relay and minute; as many relays as there may be add up to no overflow.
constexpr std::int64_t kTokensMax = 1'000'000'000'000;

template <class To>
To Within(std::int64_t value) {
  return static_cast<To>(
      std::clamp<std::int64_t>(value, 0, std::int64_t{std::numeric_limits<To>::max()}));
}

}  // namespace

void AccountFigures::ForgetBefore(std::int64_t at_ms) {
  if (last_error.has_value() && last_error->at_ms < at_ms) last_error.reset();
  if (windows_at_ms < at_ms) windows.clear();
}

std::optional<std::uint16_t> AccountBoard::PlaceOf(std::string_view relay_id,
                                                   std::uint64_t connection) const {
  const auto found = places_.find(relay_id);
  if (found == places_.end() || relays_[found->second].connection != connection) {
    return std::nullopt;
  }
  return found->second;
}

std::optional<std::uint16_t> AccountBoard::FreePlace() {
  if (free_places_.empty()) {
    if (relays_.size() >= kRelaysMax) return std::nullopt;
    relays_.emplace_back();
    return static_cast<std::uint16_t>(relays_.size() - 1);
  }
  const std::uint16_t place = free_places_.back();
  free_places_.pop_back();
  return place;
}

// False: it had none.
bool AccountBoard::DropPart(Accounts::iterator account, std::uint16_t relay) {
  Entry& entry = account->second;
  if (std::erase_if(entry.parts, [relay](const Part& part) { return part.relay == relay; }) == 0) {
    return false;
  }
  --relays_[relay].parts;
  if (entry.parts.empty()) entry.quiet = quiet_.insert(quiet_.end(), account->first);
  return true;
}

void AccountBoard::ForgetParts(std::uint16_t relay) {
  for (const std::int64_t id : relays_[relay].account_ids) {
    const auto account = accounts_.find(id);
    if (account != accounts_.end()) DropPart(account, relay);
  }
  relays_[relay].account_ids.clear();
}

void AccountBoard::Join(std::string_view relay_id, std::uint64_t connection) {
  const std::lock_guard lock(mutex_);
  const auto known = places_.find(relay_id);
  if (known != places_.end()) {
    ForgetParts(known->second);
    relays_[known->second] = Relay();
    relays_[known->second].connection = connection;
    return;
  }
  const std::optional<std::uint16_t> place = FreePlace();
  if (!place.has_value()) return;
  relays_[*place].connection = connection;
  places_.emplace(relay_id, *place);
}

void AccountBoard::Leave(std::string_view relay_id, std::uint64_t connection) {
  const std::lock_guard lock(mutex_);
  const std::optional<std::uint16_t> place = PlaceOf(relay_id, connection);
  if (!place.has_value()) return;
  ForgetParts(*place);
  relays_[*place] = {};
  places_.erase(places_.find(relay_id));
  free_places_.push_back(*place);
}

// Whose last report is the oldest makes room, among those with nothing in flight and no failures;
// accounts that are gone are among those. The end: there is no room.
AccountBoard::Accounts::iterator AccountBoard::Take(std::int64_t account_id) {
  const auto known = accounts_.find(account_id);
  if (known != accounts_.end()) return known;
  if (accounts_.size() >= kAccountsMax) {
    if (quiet_.empty()) return accounts_.end();
    accounts_.erase(quiet_.front());
    quiet_.pop_front();
  }
  const auto account = accounts_.emplace(account_id, Entry()).first;
  account->second.quiet = quiet_.insert(quiet_.end(), account_id);
  return account;
}

// Ids that a relay has no part in any more are left until they are as many as the others.
void AccountBoard::NoteAccountOf(std::uint16_t relay, std::int64_t account_id) {
  constexpr std::size_t kFewIds = 64;
  std::vector<std::int64_t>& ids = relays_[relay].account_ids;
  ids.push_back(account_id);
  if (ids.size() <= kFewIds + 2 * relays_[relay].parts) return;
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::erase_if(ids, [&](std::int64_t id) {
    const auto account = accounts_.find(id);
    return account == accounts_.end() ||
           std::none_of(account->second.parts.begin(), account->second.parts.end(),
                        [relay](const Part& part) { return part.relay == relay; });
  });
}

void AccountBoard::SetPart(Accounts::iterator account, const Part& part) {
  Entry& entry = account->second;
  const bool had_one = DropPart(account, part.relay);
  if (!part.empty()) {
    if (entry.parts.empty()) quiet_.erase(entry.quiet);
    entry.parts.push_back(part);
    ++relays_[part.relay].parts;
    if (!had_one) NoteAccountOf(part.relay, account->first);
  } else if (entry.parts.empty()) {
    quiet_.splice(quiet_.end(), quiet_, entry.quiet);
  }
}

void AccountBoard::TakeNewer(const v1::AccountFigure& told, Entry& entry) {
  const v1::AccountError& error = told.last_error();
  const bool is_newer =
      !entry.last_error.has_value() || error.at_unix_ms() > entry.last_error->at_ms;
  if (told.has_last_error() && is_newer) {
    entry.last_error = {.at_ms = error.at_unix_ms(),
                        .http_status = error.http_status(),
                        .error_class = error.error_class().substr(0, kWordBytesMax),
                        .message = error.message().substr(0, kMessageBytesMax),
                        .request_id = error.request_id().substr(0, kWordBytesMax)};
  }
  if (told.windows_observed_at_unix_ms() > entry.windows_at_ms) {
    entry.windows_at_ms = told.windows_observed_at_unix_ms();
    entry.windows.clear();
    const int count = std::min(told.windows_size(), kWindowsMax);
    entry.windows.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      const v1::AccountWindow& window = told.windows(i);
      entry.windows.push_back({.name = window.name().substr(0, kWordBytesMax),
                               .used_basis_points = window.used_basis_points(),
                               .resets_at_ms = window.resets_at_unix_ms()});
    }
  }
}

void AccountBoard::Told(std::string_view relay_id, std::uint64_t connection,
                        const v1::AccountFigures& figures) {
  const std::lock_guard lock(mutex_);
  const std::optional<std::uint16_t> place = PlaceOf(relay_id, connection);
  if (!place.has_value()) return;
  relays_[*place].failures_max = figures.failures_max();
  relays_[*place].tells_minute = figures.tells_minute();
  if (figures.anew()) ForgetParts(*place);
  for (const v1::AccountFigure& told : figures.accounts()) {
    const auto account = Take(told.account_id());
    if (account == accounts_.end()) continue;
    SetPart(account, {.relay = *place,
                      .failures_in_row = Within<std::uint16_t>(told.failures_in_row()),
                      .in_flight = Within<std::uint32_t>(told.in_flight()),
                      .requests_last_minute = Within<std::uint32_t>(told.requests_last_minute()),
                      .tokens_last_minute =
                          std::clamp<std::int64_t>(told.tokens_last_minute(), 0, kTokensMax)});
    TakeNewer(told, account->second);
  }
}

AccountFigures AccountBoard::Of(std::int64_t account_id) const {
  const std::lock_guard lock(mutex_);
  AccountFigures figures;
  figures.minute_told = true;
  for (const Relay& relay : relays_) {
    figures.failures_max = std::max(figures.failures_max, relay.failures_max);
    if (relay.failures_max != 0 && !relay.tells_minute) figures.minute_told = false;
  }
  if (figures.failures_max == 0) figures.minute_told = false;
  const auto found = accounts_.find(account_id);
  if (found == accounts_.end()) return figures;
  for (const Part& part : found->second.parts) {
    figures.in_flight += part.in_flight;
    figures.requests_last_minute += part.requests_last_minute;
    figures.tokens_last_minute += part.tokens_last_minute;
    figures.failures_in_row = std::max<std::int64_t>(figures.failures_in_row, part.failures_in_row);
  }
  figures.last_error = found->second.last_error;
  figures.windows = found->second.windows;
  figures.windows_at_ms = found->second.windows_at_ms;
  return figures;
}

std::size_t AccountBoard::size() const {
  const std::lock_guard lock(mutex_);
  return accounts_.size();
}

}  // namespace weir::admin
