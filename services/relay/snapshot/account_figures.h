// What people want to know of an account on this relay beside its health: how many requests it has
// in flight, what went wrong last, what it has used of its subscription's windows. Chooses nothing.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace weir::relay {

struct AccountError {
  std::int64_t at_unix_ms = 0;
  int http_status = 0;      // 0 = no answer
  std::string error_class;  // word of libs/common/reason.h
  std::string message;      // the provider's words, without the credential; may be empty
  std::string request_id;
};
inline constexpr std::size_t kErrorMessageBytesMax = 256;

// One window of a subscription, as far as an answer told.
struct WindowUse {
  std::int32_t used_basis_points = -1;  // hundredths of a percent; -1 = not told
  std::int64_t resets_at_unix_ms = 0;   // 0 = not told
};
// By the order of kWindowNames.
inline constexpr std::array<std::string_view, 2> kWindowNames = {"5h", "7d"};
using WindowUses = std::array<WindowUse, kWindowNames.size()>;

// Thread-safe. Counting a request costs one relaxed addition, repeating a window two loads each.
class AccountFigures {
 public:
  void Began() { in_flight_.fetch_add(1, std::memory_order_relaxed); }
  void Ended() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }
  std::int64_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

  void NoteError(AccountError error);
  // Those that are told. What is as it was is no change.
  void NoteWindows(const WindowUses& windows, std::int64_t now_unix_ms);

  // Grows with each change of what Read gives.
  std::uint64_t changes() const { return changes_.load(std::memory_order_acquire); }
  struct Reading {
    std::optional<AccountError> last_error;
    WindowUses windows;
    std::int64_t windows_observed_at_unix_ms = 0;  // 0 = none was told
  };
  Reading Read() const;

 private:
  struct Window {
    std::atomic<std::int32_t> used_basis_points{-1};
    std::atomic<std::int64_t> resets_at_unix_ms{0};
  };

  std::atomic<std::int64_t> in_flight_{0};
  std::atomic<std::uint64_t> changes_{0};
  std::array<Window, kWindowNames.size()> windows_;
  std::atomic<std::int64_t> windows_observed_at_unix_ms_{0};
  mutable std::mutex mutex_;
  std::optional<AccountError> last_error_;  // by mutex_
};

// A request that the account serves, for as long as it lives.
class InFlightMark {
 public:
  explicit InFlightMark(AccountFigures& figures) : figures_(figures) { figures_.Began(); }
  ~InFlightMark() { figures_.Ended(); }
  InFlightMark(const InFlightMark&) = delete;
  InFlightMark& operator=(const InFlightMark&) = delete;

 private:
  AccountFigures& figures_;
};

}  // namespace weir::relay
