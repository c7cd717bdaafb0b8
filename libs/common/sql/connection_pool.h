// Connections that are opened when needed, at most a given number, and kept.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace weir::sql {

// Thread-safe. Must outlive its loans.
template <typename Connection>
class ConnectionPool {
 public:
  using Opener = std::function<absl::StatusOr<std::unique_ptr<Connection>>()>;

  // One borrowed connection; gives it back when destroyed.
  class Loan {
   public:
    Loan(ConnectionPool* pool, std::unique_ptr<Connection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    Loan(Loan&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), connection_(std::move(other.connection_)) {}
    Loan& operator=(Loan&&) = delete;
    ~Loan() {
      if (pool_ != nullptr) pool_->GiveBack(std::move(connection_));
    }

    Connection& operator*() { return *connection_; }

    // For a lost connection: closes it, and the idle ones with it, which most likely share its
    // fate (the server was restarted).
    void Discard() {
      connection_.reset();
      pool_->CloseIdle();
    }

   private:
    ConnectionPool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  ConnectionPool(int connections_max, Opener opener)
      : opener_(std::move(opener)), unused_(connections_max) {}

  // Waits while all are lent. Errors: those of the opener.
  absl::StatusOr<Loan> Borrow() {
    std::unique_ptr<Connection> connection = TakeIdle();
    if (connection == nullptr) {
      absl::StatusOr<std::unique_ptr<Connection>> opened = opener_();
      if (!opened.ok()) {
        GiveBack(nullptr);
        return opened.status();
      }
      connection = *std::move(opened);
    }
    return Loan(this, std::move(connection));
  }

 private:
  // Null when there is none but one may be opened.
  std::unique_ptr<Connection> TakeIdle() {
    std::unique_lock<std::mutex> lock(mutex_);
    given_back_.wait(lock, [this] { return unused_ > 0; });
    --unused_;
    if (idle_.empty()) return nullptr;
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }

  void GiveBack(std::unique_ptr<Connection> connection) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ++unused_;
      if (connection != nullptr) idle_.push_back(std::move(connection));
    }
    given_back_.notify_one();
  }

  void CloseIdle() {
    std::vector<std::unique_ptr<Connection>> closing;
    const std::lock_guard<std::mutex> lock(mutex_);
    closing.swap(idle_);
  }

  const Opener opener_;
  std::mutex mutex_;  // guards all below
  std::condition_variable given_back_;
  int unused_;  // connections that may be lent now, open or not
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace weir::sql
