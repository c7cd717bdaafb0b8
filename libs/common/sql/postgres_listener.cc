#include "libs/common/sql/postgres_listener.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <utility>

#include <pqxx/pqxx>

#include "libs/common/sql/postgres_options.h"

namespace weir::sql {
namespace {

constexpr int kReconnectMs = 1000;

class Receiver final : public pqxx::notification_receiver {
 public:
  Receiver(pqxx::connection_base& connection, const std::string& channel,
           const std::function<void()>& heard)
      : notification_receiver(connection, channel), heard_(heard) {}
  void operator()(const std::string& /*payload*/, int /*process*/) override { heard_(); }

 private:
  const std::function<void()>& heard_;
};

}  // namespace

PostgresListener::PostgresListener(std::string url, std::string channel,
                                   std::function<void()> heard)
    : url_(std::move(url)),
      channel_(std::move(channel)),
      heard_(std::move(heard)),
      stop_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this] { Run(); }) {}

PostgresListener::~PostgresListener() {
  stopped_ = true;
  ::eventfd_write(stop_fd_, 1);
  thread_.join();
  ::close(stop_fd_);
}

void PostgresListener::Run() {
  while (!stopped_) {
    try {
      Listen();
    } catch (const std::exception&) {
      // Whoever uses the database says that it is away; this one only tries again.
    }
    listening_ = false;
    WaitFor(-1, kReconnectMs);
  }
}

void PostgresListener::Listen() {
  pqxx::connection connection(WithConnectionOptions(url_));
  pqxx::nontransaction(connection).exec(kBeginSession);
  const pqxx::quiet_errorhandler quiet(connection);
  const Receiver receiver(connection, channel_, heard_);
  listening_ = true;
  heard_();
  while (!stopped_) {
    WaitFor(connection.sock(), -1);
    connection.get_notifs();
    if (!connection.is_open()) return;
  }
}

void PostgresListener::WaitFor(int fd, int timeout_ms) const {
  std::array<pollfd, 2> waits = {pollfd{.fd = stop_fd_, .events = POLLIN, .revents = 0},
                                 pollfd{.fd = fd, .events = POLLIN, .revents = 0}};
  ::poll(waits.data(), waits.size(), timeout_ms);
}

}  // namespace weir::sql
