// The fake provider's sockets: one listener a thread, one coroutine a connection.
#ifndef WEIR_TESTS_FAKES_SERVER_H_
#define WEIR_TESTS_FAKES_SERVER_H_

#include <cstdint>
#include <string>

#include "tests/fakes/provider.h"
#include "tests/fakes/recorder.h"

namespace weir::fakes {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 9090;  // 0: any free one
  std::string port_file;      // written once the port is open; empty: none
  int threads = 1;
  std::string tls_cert_file;  // with tls_key_file: HTTPS only
  std::string tls_key_file;
};

// Serves until SIGINT or SIGTERM. Throws std::exception when it cannot start.
void RunServer(const ServerOptions& options, Provider& provider, Recorder& recorder);

}  // namespace weir::fakes

#endif  // WEIR_TESTS_FAKES_SERVER_H_
