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

template <class To>
To Within(std::int64_t value) {
  return static_cast<To>(
      std::clamp<std::int64_t>(value, 0, std::int64_t{std::numeric_limits<To>::max()}));
}

}  // namespace

std::optional<std::uint16_t> AccountBoard::PlaceOf(std::string_view relay_id) const {
  const auto found = std::find_if(relays_.begin(), relays_.end(),
                                  [&](const Relay& relay) { return relay.id == relay_id; });
  if (found == relays_.end()) return std::nullopt;
  return static_cast<std::uint16_t>(found - relays_.begin());
}

void AccountBoard::ForgetParts(std::uint16_t relay) {
  for (auto& [id, entry] : accounts_) {
    std::erase_if(entry.parts, [relay](const Part& part) { return part.relay == relay; });
  }
}

void AccountBoard::Join(std::string_view relay_id, std::uint64_t connection) {
  const std::lock_guard lock(mutex_);
  std::optional<std::uint16_t> place = PlaceOf(relay_id);
  if (!place.has_value()) place = PlaceOf("");
  if (!place.has_value()) {
    if (relays_.size() >= kRelaysMax) return;
    place = static_cast<std::uint16_t>(relays_.size());
    relays_.emplace_back();
  } else if (relays_[*place].id == relay_id) {
    ForgetParts(*place);
  }
  relays_[*place] = {.id = std::string(relay_id), .connection = connection, .failures_max = 0};
}

void AccountBoard::Leave(std::string_view relay_id, std::uint64_t connection) {
  const std::lock_guard lock(mutex_);
  const std::optional<std::uint16_t> place = PlaceOf(relay_id);
  if (!place.has_value() || relays_[*place].connection != connection) return;
  ForgetParts(*place);
  relays_[*place] = {};
}

// What has been quiet for longest makes room: accounts that are gone are among those.
AccountBoard::Entry* AccountBoard::Take(std::int64_t account_id) {
  const auto known = accounts_.find(account_id);
  if (known != accounts_.end()) return &known->second;
  if (accounts_.size() >= kAccountsMax) {
    const auto quiet = std::min_element(
        accounts_.begin(), accounts_.end(),
        [](const auto& a, const auto& b) { return a.second.newest_ms < b.second.newest_ms; });
    accounts_.erase(quiet);
  }
  return &accounts_[account_id];
}

void AccountBoard::SetPart(Entry& entry, const Part& part) {
  std::erase_if(entry.parts, [&](const Part& known) { return known.relay == part.relay; });
  if (part.in_flight > 0 || part.failures_in_row > 0) entry.parts.push_back(part);
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
  entry.newest_ms = std::max({entry.newest_ms, error.at_unix_ms(), entry.windows_at_ms});
}

void AccountBoard::Told(std::string_view relay_id, const v1::AccountFigures& figures) {
  const std::lock_guard lock(mutex_);
  const std::optional<std::uint16_t> place = PlaceOf(relay_id);
  if (!place.has_value()) return;
  relays_[*place].failures_max = figures.failures_max();
  if (figures.anew()) ForgetParts(*place);
  for (const v1::AccountFigure& told : figures.accounts()) {
    Entry& entry = *Take(told.account_id());
    SetPart(entry, {.relay = *place,
                    .failures_in_row = Within<std::uint16_t>(told.failures_in_row()),
                    .in_flight = Within<std::uint32_t>(told.in_flight())});
    TakeNewer(told, entry);
  }
}

AccountFigures AccountBoard::Of(std::int64_t account_id) const {
  const std::lock_guard lock(mutex_);
  AccountFigures figures;
  for (const Relay& relay : relays_) {
    figures.failures_max = std::max(figures.failures_max, relay.failures_max);
  }
  const auto found = accounts_.find(account_id);
  if (found == accounts_.end()) return figures;
  for (const Part& part : found->second.parts) {
    figures.in_flight += part.in_flight;
    figures.failures_in_row = std::max<std::int64_t>(figures.failures_in_row, part.failures_in_row);
  }
  figures.last_error = found->second.last_error;
  figures.windows = found->second.windows;
  return figures;
}

std::size_t AccountBoard::size() const {
  const std::lock_guard lock(mutex_);
  return accounts_.size();
}

}  // namespace weir::admin
