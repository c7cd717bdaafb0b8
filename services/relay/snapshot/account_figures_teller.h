// When a relay tells admin how its accounts are (proto/weir/v1/observation.proto): all that there
// is to tell at the beginning of a stream, then every few seconds those that changed. No I/O; not
// thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "services/relay/snapshot/account_health_registry.h"
#include "services/relay/snapshot/minute_use.h"

namespace weir::v1 {
class AccountFigure;
}

namespace weir::relay {

class AccountFiguresTeller {
 public:
  static constexpr std::int64_t kPauseMs = 5'000;
  static constexpr int kAccountsAtOnce = 500;

  // Of an account, at a moment of the steady clock.
  using MinuteUseOf = std::function<MinuteUse(std::int64_t account_id, std::int64_t now_ms)>;

  // Must outlive the teller.
  explicit AccountFiguresTeller(const AccountHealthRegistry& health) : health_(health) {}
  // Before the first message; without it no minute is told.
  void SetMinuteUse(MinuteUseOf minute_use) { minute_use_ = std::move(minute_use); }

  // A new stream knows nothing.
  void TellAnew();
  // A WatchRequest, when there is something to tell. `now_ms` is steady.
  std::optional<std::string> NextMessage(std::int64_t now_ms);

 private:
  // As it was told.
  struct Told {
    std::uint64_t changes = 0;
    std::int64_t in_flight = 0;
    int failures_in_row = 0;
    MinuteUse minute;
    bool operator==(const Told&) const = default;
  };
  struct Waiting {
    std::int64_t id = 0;
    std::shared_ptr<AccountHealth> health;
  };

  void LookForChanges(std::int64_t now_ms);
  Told StateOf(std::int64_t id, const AccountHealth& health, std::int64_t now_ms) const;
  static void Write(const Waiting& account, const Told& state, v1::AccountFigure& out);

  const AccountHealthRegistry& health_;
  MinuteUseOf minute_use_;
  std::int64_t look_at_ms_ = 0;
  bool anew_ = true;
  std::unordered_map<std::int64_t, Told> told_;
  std::deque<Waiting> waiting_;
};

}  // namespace weir::relay
