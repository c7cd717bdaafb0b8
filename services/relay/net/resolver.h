// Host names to addresses without blocking a loop.
#pragma once

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weir::relay {

class EventLoop;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

// Shared by all loops. getaddrinfo runs on threads of its own, so the system's resolver rules hold
// and one name whose server is silent holds up no other. Answers are kept for 30 s; after that they
// are still used, for up to ten minutes, while a new look-up runs beside. Failures are kept for 1
// s. Thread-safe.
class Resolver {
 public:
  using Addresses = std::vector<SocketAddress>;  // empty = could not be resolved

  Resolver();
  ~Resolver();  // stops

  // An address literal or a name that is known: answered at once, true.
  bool Cached(const std::string& host, int port, Addresses& addresses);

  // `done` is posted to `loop`, unless Stop() comes first. Who asks for a name that is being looked
  // up waits for the same answer.
  void Resolve(EventLoop& loop, const std::string& host, int port,
               std::function<void(Addresses)> done);

  // Afterwards nothing is posted any more, so loops may go. Does not wait for the system's
  // resolver, which can take half a minute to give up.
  void Stop();

 private:
  struct State;

  static void Work(const std::shared_ptr<State>& state);

  std::shared_ptr<State> state_;  // with the threads, which may outlive the resolver
};

}  // namespace weir::relay
