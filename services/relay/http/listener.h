// One loop's listening socket and the sessions it took.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string>

#include "absl/status/status.h"

#include "services/relay/http/exchange.h"
#include "services/relay/net/event_loop.h"
#include "services/relay/net/task.h"

namespace weir::relay {

// What a session calls for each request. Implemented by the composition root over RelayRequest.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  virtual Task<void> Handle(Exchange& exchange) = 0;
  // A head that could not be read: `status` is neither kComplete nor kClosed.
  virtual Task<void> HandleBadHead(Exchange& exchange, ReadStatus status) = 0;
  virtual void OnConnection(bool opened) = 0;
};

// All on the loop's thread. Every session must be gone before it is destroyed.
class Listener final : public Waiter {
 public:
  Listener(EventLoop& loop, RequestHandler& handler, const HttpLimits& limits)
      : loop_(loop), handler_(handler), limits_(limits) {}
  ~Listener();

  // Connections that may wait for their turn, for each loop.
  static constexpr int kBacklog = 4096;

  // OK when nobody else listens on `host`:`port`. With SO_REUSEPORT alone a second relay would get
  // half of the first one's connections.
  static absl::Status CheckFree(const std::string& host, int port);

  // Binds `host`:`port` with SO_REUSEPORT, so that each loop has its own queue. Unavailable when
  // the port is another's.
  absl::Status Listen(const std::string& host, int port);

  // No more connections, those queued are taken first. Busy ones close after the answer at hand,
  // whose head says so; idle ones, and those whose answer was under way already, after
  // drain_idle_ms without a request: a client that does not know yet may use them meanwhile, and a
  // balancer does not repeat a POST that met a closed connection.
  void Drain();
  // Closes what is left: its requests end as if their clients had gone.
  void CloseAll();

  std::size_t sessions() const { return sessions_.size(); }

  void Wake(bool timed_out) override;

 private:
  struct Session {
    Stream* stream = nullptr;
    bool idle = true;     // between two requests
    bool unused = false;  // idle ever since the drain began
  };

  DetachedTask Serve(int fd, std::string address);
  bool AcceptOne();
  void CloseUnused();

  EventLoop& loop_;
  RequestHandler& handler_;
  const HttpLimits& limits_;
  FdWatch watch_;
  bool draining_ = false;
  std::list<Session> sessions_;
};

}  // namespace weir::relay
