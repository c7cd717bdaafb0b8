// How accounts are on the relays that are connected, as they tell it: what is in flight adds up, of
// errors and windows the newest counts. In memory: a relay that connects tells all anew.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace weir::v1 {
class AccountFigure;
class AccountFigures;
}  // namespace weir::v1

namespace weir::admin {

struct AccountError {
  std::int64_t at_ms = 0;
  std::int64_t http_status = 0;  // 0 = no answer
  std::string error_class;
  std::string message;
  std::string request_id;
};

// Of a subscription: "5h", "7d".
struct AccountWindow {
  std::string name;
  std::int64_t used_basis_points = 0;  // hundredths of a percent
  std::int64_t resets_at_ms = 0;       // 0 = not known
};

struct AccountFigures {
  std::int64_t in_flight = 0;
  std::int64_t failures_in_row = 0;  // on the relay that counts most of them
  std::int64_t failures_max = 0;     // that many and it rests; 0 = no relay has told
  // Counted against the account's own limits in the last minute; false = a relay does not tell.
  bool minute_told = false;
  std::int64_t requests_last_minute = 0;
  std::int64_t tokens_last_minute = 0;
  std::optional<AccountError> last_error;
  std::vector<AccountWindow> windows;
  std::int64_t windows_at_ms = 0;  // when the answer came that told them

  // Leaves out what was seen before a moment: it is of another credential or address.
  void ForgetBefore(std::int64_t at_ms);
};

// Thread-safe. Its size: a few hundred bytes an account, two dozen for each relay that has served
// it in the last minute, whatever relays say. A report takes as long as it is, a relay's end as
// long as what that relay has told: none looks at all accounts.
class AccountBoard {
 public:
  static constexpr std::size_t kAccountsMax = 50'000;

  // `connection` as RelayRegistry::Connected gives it: what an older one of the same relay says,
  // and its end, change nothing.
  void Join(std::string_view relay_id, std::uint64_t connection);
  void Leave(std::string_view relay_id, std::uint64_t connection);
  void Told(std::string_view relay_id, std::uint64_t connection,
            const weir::v1::AccountFigures& figures);

  AccountFigures Of(std::int64_t account_id) const;
  std::size_t size() const;

 private:
  struct Part {
    std::uint16_t relay = 0;  // its place in relays_
    std::uint16_t failures_in_row = 0;
    std::uint32_t in_flight = 0;
    std::uint32_t requests_last_minute = 0;
    std::int64_t tokens_last_minute = 0;

    bool empty() const {
      return failures_in_row == 0 && in_flight == 0 && requests_last_minute == 0 &&
             tokens_last_minute == 0;
    }
  };
  struct Entry {
    std::vector<Part> parts;  // of relays that have something to count; none is empty
    std::optional<AccountError> last_error;
    std::vector<AccountWindow> windows;
    std::int64_t windows_at_ms = 0;
    std::list<std::int64_t>::iterator quiet;  // its place in quiet_, while it has no parts
  };
  using Accounts = std::unordered_map<std::int64_t, Entry>;
  struct Relay {
    std::uint64_t connection = 0;  // 0 = the place is free
    std::int64_t failures_max = 0;
    bool tells_minute = false;
    std::size_t parts = 0;
    std::vector<std::int64_t> account_ids;  // of its parts, and some that it had
  };

  std::optional<std::uint16_t> PlaceOf(std::string_view relay_id, std::uint64_t connection) const;
  std::optional<std::uint16_t> FreePlace();
  void ForgetParts(std::uint16_t relay);
  Accounts::iterator Take(std::int64_t account_id);
  void SetPart(Accounts::iterator account, const Part& part);
  bool DropPart(Accounts::iterator account, std::uint16_t relay);
  void NoteAccountOf(std::uint16_t relay, std::int64_t account_id);
  static void TakeNewer(const weir::v1::AccountFigure& told, Entry& entry);

  mutable std::mutex mutex_;  // all below by it
  std::vector<Relay> relays_;
  std::map<std::string, std::uint16_t, std::less<>> places_;  // of relays by their ids
  std::vector<std::uint16_t> free_places_;
  Accounts accounts_;
  std::list<std::int64_t> quiet_;  // accounts without parts; who was told of last stands last
};

}  // namespace weir::admin
