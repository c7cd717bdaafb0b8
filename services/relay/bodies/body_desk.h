// Where recorded bodies wait: masked, cut and compressed on a thread of their own, then sent to the
// usage service on a stream of their own. Memory is bounded, nothing is written to the disk: what
// finds no room is shed and counted, and a relay that dies loses what waited here. Requests and the
// ledger never wait for any of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "libs/common/grpc_security.h"
#include "services/relay/bodies/captured_bodies.h"

namespace weir {
class Metrics;
}

namespace weir::relay {

struct BodyDeskOptions {
  std::string usage_target;  // host:port
  GrpcSecurity security;
  std::string relay_id;
  std::int64_t bytes_max = 32 << 20;  // of all that passes, waits and is under way
  int batches_in_flight_max = 2;
  std::int64_t ack_timeout_ms = 30'000;  // then the stream is opened anew
  std::int64_t reconnect_initial_ms = 100;
  std::int64_t reconnect_max_ms = 5'000;
};

class BodyDesk {
 public:
  // `metrics` must outlive it.
  BodyDesk(BodyDeskOptions options, Metrics& metrics);
  ~BodyDesk();  // stops

  // Owns one thread from here to Stop().
  void Start();
  // Sends what is there, for at most `timeout_ms`; the rest is shed. After the loops.
  void Stop(std::int64_t timeout_ms);

  // From any loop; quick, and never blocking for long.
  // False: there is no room for so many bytes.
  bool TakeRoom(std::int64_t bytes);
  // A request's bodies are given up, and its room given back.
  void Shed(std::int64_t charged_bytes);
  // Takes over the bytes that `captured` was charged.
  void Submit(CapturedBodies captured);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::relay
