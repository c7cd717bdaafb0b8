#include "tests/fakes/server.h"

#include <sys/socket.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl.hpp>

#include "tests/fakes/session.h"

namespace weir::fakes {
namespace {

namespace ssl = asio::ssl;
using Tcp = asio::ip::tcp;
using TlsStream = ssl::stream<Tcp::socket>;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr int kBacklog = 4096;

// One thread's loop and listener. With SO_REUSEPORT the kernel spreads the connections over them.
struct Worker {
  asio::io_context io{1};
  Tcp::acceptor acceptor{io};
};

void Listen(Worker& worker, const Tcp::endpoint& endpoint, bool shared) {
  worker.acceptor.open(endpoint.protocol());
  worker.acceptor.set_option(asio::socket_base::reuse_address(true));
  if (shared) worker.acceptor.set_option(ReusePort(true));
  worker.acceptor.bind(endpoint);
  worker.acceptor.listen(kBacklog);
}

asio::awaitable<void> RunPlain(std::shared_ptr<Session<Tcp::socket>> session) {
  co_await session->Run();
}

asio::awaitable<void> RunTls(std::shared_ptr<Session<TlsStream>> session) {
  const auto [error] = co_await session->stream().async_handshake(
      ssl::stream_base::server, asio::as_tuple(asio::use_awaitable));
  if (!error) co_await session->Run();
}

asio::awaitable<void> AcceptLoop(Worker& worker, ssl::context* tls, Provider& provider,
                                 Recorder& recorder) {
  while (true) {
    auto [error, socket] =
        co_await worker.acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
    if (error == asio::error::operation_aborted) co_return;
    if (error) {  // out of descriptors, or a client that left in the queue: go on after a moment
      asio::steady_timer pause(worker.io, std::chrono::milliseconds(10));
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    boost::system::error_code ignored;
    socket.set_option(Tcp::no_delay(true), ignored);
    if (tls == nullptr) {
      auto session = std::make_shared<Session<Tcp::socket>>(std::move(socket), provider, recorder);
      asio::co_spawn(worker.io, RunPlain(std::move(session)), asio::detached);
    } else {
      auto session = std::make_shared<Session<TlsStream>>(TlsStream(std::move(socket), *tls),
                                                          provider, recorder);
      asio::co_spawn(worker.io, RunTls(std::move(session)), asio::detached);
    }
  }
}

// Written under another name first, so that a reader never sees half a number.
void WritePortFile(const std::string& path, std::uint16_t port) {
  const std::string draft = path + ".tmp";
  std::FILE* file = std::fopen(draft.c_str(), "w");
  if (file == nullptr) throw std::runtime_error("cannot write the port file " + path);
  std::fprintf(file, "%u\n", static_cast<unsigned>(port));
  std::fclose(file);
  if (std::rename(draft.c_str(), path.c_str()) != 0) {
    throw std::runtime_error("cannot write the port file " + path);
  }
}

std::unique_ptr<ssl::context> LoadTls(const ServerOptions& options) {
  if (options.tls_cert_file.empty()) return nullptr;
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  context->use_certificate_chain_file(options.tls_cert_file);
  context->use_private_key_file(options.tls_key_file, ssl::context::pem);
  return context;
}

std::vector<std::unique_ptr<Worker>> OpenWorkers(const ServerOptions& options) {
  Tcp::endpoint endpoint(asio::ip::make_address(options.host), options.port);
  std::vector<std::unique_ptr<Worker>> workers;
  for (int i = 0; i < options.threads; ++i) {
    workers.push_back(std::make_unique<Worker>());
    Listen(*workers.back(), endpoint, options.threads > 1);
    endpoint = workers.front()->acceptor.local_endpoint();  // the others share the port it got
  }
  return workers;
}

}  // namespace

void RunServer(const ServerOptions& options, Provider& provider, Recorder& recorder) {
  const std::unique_ptr<ssl::context> tls = LoadTls(options);
  std::vector<std::unique_ptr<Worker>> workers = OpenWorkers(options);
  const Tcp::endpoint endpoint = workers.front()->acceptor.local_endpoint();
  if (!options.port_file.empty()) WritePortFile(options.port_file, endpoint.port());
  std::fprintf(stderr, "fake provider on %s://%s:%u\n", tls ? "https" : "http",
               options.host.c_str(), static_cast<unsigned>(endpoint.port()));

  asio::signal_set signals(workers.front()->io, SIGINT, SIGTERM);
  signals.async_wait([&workers](const boost::system::error_code&, int) {
    for (const auto& worker : workers) worker->io.stop();
  });
  std::vector<std::jthread> threads;
  for (const auto& worker : workers) {
    asio::co_spawn(worker->io, AcceptLoop(*worker, tls.get(), provider, recorder), asio::detached);
    if (worker != workers.front()) threads.emplace_back([&worker] { worker->io.run(); });
  }
  workers.front()->io.run();
}

}  // namespace weir::fakes
