#include "tests/bench/load_run.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <deque>
#include <memory>
#include <system_error>

#include "tests/bench/response_reader.h"

namespace weir::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kScratchBytes = std::size_t{64} * 1024;
constexpr int kEventsPerWait = 512;
constexpr std::size_t kStatusMax = 600;

std::uint32_t MicrosecondsSince(Clock::time_point start) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count());
}

struct Connection {
  int descriptor = -1;
  std::size_t sent = 0;  // of the request
  bool wants_write = false;
  bool busy = false;
  bool first_event_seen = false;
  Clock::time_point started;
  ResponseReader reader;
};

class Runner {
 public:
  explicit Runner(const LoadOptions& options)
      : options_(options),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        connections_(
            static_cast<std::size_t>(options.hold > 0 ? options.hold : options.connections)) {
    if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll");
    result_.statuses.resize(kStatusMax);
    address_.sin_family = AF_INET;
    address_.sin_port = htons(options.port);
    inet_pton(AF_INET, options.host.c_str(), &address_.sin_addr);
  }
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  ~Runner() {
    for (Connection& connection : connections_) Disconnect(connection);
    close(epoll_);
  }

  LoadResult Run() {
    start_ = Clock::now();
    while (true) {
      OpenDue();
      AskRested();
      if (busy_ == 0 && !MayAsk() && opened_ == connections_.size()) break;
      if (Seconds() > options_.limit_seconds) {
        GiveUp();
        break;
      }
      Turn();
    }
    result_.seconds = Seconds();
    return std::move(result_);
  }

 private:
  double Seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  // Whether one more request may be sent on a connection that is free.
  bool MayAsk() const {
    if (options_.hold > 0) return false;
    if (options_.requests > 0 && asked_ >= options_.requests) return false;
    return options_.seconds <= 0 || Seconds() < options_.seconds;
  }

  // Held connections open one after another over the ramp, the others at once.
  void OpenDue() {
    std::size_t due = connections_.size();
    if (options_.hold > 0 && options_.ramp_seconds > 0) {
      const double share = Seconds() / options_.ramp_seconds;
      due = std::min(due, static_cast<std::size_t>(share * static_cast<double>(due)) + 1);
    }
    while (opened_ < due) {
      Connection& connection = connections_[opened_++];
      if (options_.pause_ms <= 0) {
        Ask(connection);
        continue;
      }
      // Spread over the first pause: else all would ask at the same moments for ever.
      const double share = static_cast<double>(opened_) / static_cast<double>(connections_.size());
      Rest(connection, options_.pause_ms * share);
    }
  }

  void Rest(Connection& connection, double pause_ms) {
    const auto pause = std::chrono::duration<double, std::milli>(pause_ms);
    resting_.push_back(
        {Clock::now() + std::chrono::duration_cast<Clock::duration>(pause), &connection});
  }

  // Pauses are of one length, so the first to rest is the first to go on.
  void AskRested() {
    while (!resting_.empty() && resting_.front().until <= Clock::now()) {
      Connection& connection = *resting_.front().connection;
      resting_.pop_front();
      if (MayAsk()) Ask(connection);
    }
  }

  void Turn() {
    std::array<epoll_event, kEventsPerWait> events{};
    const int timeout_ms = opened_ < connections_.size() || !resting_.empty() ? 1 : 50;
    const int count = epoll_wait(epoll_, events.data(), kEventsPerWait, timeout_ms);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      Connection& connection = *static_cast<Connection*>(event.data.ptr);
      if (connection.descriptor < 0) continue;
      if ((event.events & EPOLLOUT) != 0) Send(connection);
      if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) Receive(connection);
    }
  }

  bool Connect(Connection& connection) {
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return false;
    const int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    // A reset at the end leaves no TIME_WAIT: thousands of streams an hour must not use up the
    // ports.
    const linger reset{1, 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    const auto* address = reinterpret_cast<const sockaddr*>(&address_);
    if (connect(descriptor, address, sizeof(address_)) != 0 && errno != EINPROGRESS) {
      close(descriptor);
      return false;
    }
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT;
    event.data.ptr = &connection;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0) {
      close(descriptor);
      return false;
    }
    connection.descriptor = descriptor;
    connection.wants_write = true;
    return true;
  }

  void Disconnect(Connection& connection) {
    if (connection.descriptor >= 0) close(connection.descriptor);
    connection.descriptor = -1;
  }

  void Ask(Connection& connection) {
    ++asked_;
    ++busy_;
    connection.busy = true;
    connection.sent = 0;
    connection.first_event_seen = false;
    connection.reader.Reset();
    connection.started = Clock::now();
    if (connection.descriptor >= 0) {
      Send(connection);
    } else if (!Connect(connection)) {
      Finish(connection, false);
    }
  }

  void Send(Connection& connection) {
    while (connection.busy && connection.sent < options_.request.size()) {
      const ssize_t count = send(connection.descriptor, options_.request.data() + connection.sent,
                                 options_.request.size() - connection.sent, MSG_NOSIGNAL);
      if (count < 0) {
        if (errno == EAGAIN || errno == ENOTCONN) break;
        return Finish(connection, false);
      }
      connection.sent += static_cast<std::size_t>(count);
    }
    WatchWrites(connection, connection.busy && connection.sent < options_.request.size());
  }

  void WatchWrites(Connection& connection, bool wanted) {
    if (connection.wants_write == wanted) return;
    epoll_event event{};
    event.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = &connection;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.descriptor, &event);
    connection.wants_write = wanted;
  }

  void Receive(Connection& connection) {
    const ssize_t count = recv(connection.descriptor, scratch_.data(), scratch_.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (!connection.busy) return Disconnect(connection);  // closed between two requests
    ResponseReader& reader = connection.reader;
    const ResponseReader::State state =
        count > 0 ? reader.Feed({scratch_.data(), static_cast<std::size_t>(count)}) : reader.End();
    if (!connection.first_event_seen && reader.has_payload()) NoteFirstEvent(connection);
    if (state == ResponseReader::State::kDone) {
      const bool ended_well = !options_.stream || reader.HasTerminalEvent();
      Finish(connection, reader.status() == 200 && ended_well);
    } else if (state == ResponseReader::State::kBad || count <= 0) {
      Finish(connection, false);
    }
  }

  void NoteFirstEvent(Connection& connection) {
    connection.first_event_seen = true;
    result_.first_event_us.push_back(MicrosecondsSince(connection.started));
    if (options_.hold > 0 && ++held_ == connections_.size()) {
      std::fprintf(stderr, "held %zu\n", held_);
    }
  }

  void Finish(Connection& connection, bool good) {
    const ResponseReader& reader = connection.reader;
    connection.busy = false;
    --busy_;
    result_.events += reader.events();
    result_.bytes += reader.payload_bytes();
    const int status = std::clamp(reader.status(), 0, static_cast<int>(kStatusMax) - 1);
    ++result_.statuses[static_cast<std::size_t>(status)];
    if (good) {
      ++result_.requests;
      result_.latency_us.push_back(MicrosecondsSince(connection.started));
    } else {
      ++result_.errors;
      if (options_.stream) ++result_.lost;
    }
    if (!good || !reader.keep_alive() || options_.hold > 0) Disconnect(connection);
    if (!MayAsk()) return;
    if (options_.pause_ms > 0) {
      Rest(connection, options_.pause_ms);
    } else {
      Ask(connection);
    }
  }

  void GiveUp() {
    for (Connection& connection : connections_) {
      if (connection.busy) Finish(connection, false);
    }
  }

  struct Resting {
    Clock::time_point until;
    Connection* connection;
  };

  const LoadOptions& options_;
  const int epoll_;
  sockaddr_in address_{};
  std::vector<Connection> connections_;
  std::deque<Resting> resting_;  // the first to go on is in front
  std::array<char, kScratchBytes> scratch_{};
  LoadResult result_;
  Clock::time_point start_;
  std::size_t opened_ = 0;
  std::size_t held_ = 0;
  std::int64_t asked_ = 0;
  std::int64_t busy_ = 0;
};

std::uint32_t Quantile(const std::vector<std::uint32_t>& sorted, double quantile) {
  if (sorted.empty()) return 0;
  const auto index = static_cast<std::size_t>(quantile * static_cast<double>(sorted.size()));
  return sorted[std::min(index, sorted.size() - 1)];
}

std::string Quantiles(std::vector<std::uint32_t>& values) {
  std::sort(values.begin(), values.end());
  char text[128];
  std::snprintf(text, sizeof(text), "{\"p50\":%u,\"p99\":%u,\"p999\":%u,\"max\":%u}",
                Quantile(values, 0.5), Quantile(values, 0.99), Quantile(values, 0.999),
                values.empty() ? 0 : values.back());
  return text;
}

}  // namespace

LoadResult RunLoad(const LoadOptions& options) { return std::make_unique<Runner>(options)->Run(); }

std::string ToJson(LoadResult& result) {
  char text[256];
  std::snprintf(text, sizeof(text),
                "{\"requests\":%lld,\"errors\":%lld,\"lost\":%lld,\"events\":%lld,\"bytes\":%llu,"
                "\"seconds\":%.3f",
                static_cast<long long>(result.requests), static_cast<long long>(result.errors),
                static_cast<long long>(result.lost), static_cast<long long>(result.events),
                static_cast<unsigned long long>(result.bytes), result.seconds);
  std::string json = text;
  json += ",\"latency_us\":" + Quantiles(result.latency_us);
  json += ",\"first_event_us\":" + Quantiles(result.first_event_us);
  json += ",\"statuses\":{";
  const char* comma = "";
  for (std::size_t status = 0; status < result.statuses.size(); ++status) {
    if (result.statuses[status] == 0) continue;
    json +=
        comma + ("\"" + std::to_string(status)) + "\":" + std::to_string(result.statuses[status]);
    comma = ",";
  }
  return json + "}}";
}

}  // namespace weir::bench
