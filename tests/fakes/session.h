// One connection: reads requests, plays the scripts that the Provider decides on.
#ifndef WEIR_TESTS_FAKES_SESSION_H_
#define WEIR_TESTS_FAKES_SESSION_H_

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "tests/fakes/provider.h"
#include "tests/fakes/recorder.h"

namespace weir::fakes {

namespace asio = boost::asio;

// Stream is a plain TCP socket or an ssl::stream over one. `provider` and `recorder` must outlive
// it.
template <typename Stream>
class Session : public std::enable_shared_from_this<Session<Stream>> {
 public:
  Session(Stream stream, Provider& provider, Recorder& recorder)
      : stream_(std::move(stream)),
        timer_(stream_.get_executor()),
        provider_(provider),
        recorder_(recorder) {
    recorder_.ConnectionOpened();
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { recorder_.ConnectionClosed(); }

  Stream& stream() { return stream_; }

  asio::awaitable<void> Run() {
    bool open = true;
    while (open) {
      HttpRequest request;
      if (!co_await ReadRequest(request)) break;
      open = co_await Answer(std::move(request));
    }
    CloseSocket();
  }

 private:
  static constexpr std::size_t kReadBytes = std::size_t{16} * 1024;
  static constexpr std::size_t kHeadBytesMax = std::size_t{256} * 1024;
  static constexpr std::size_t kBodyBytesMax = std::size_t{128} * 1024 * 1024;

  static auto Token() { return asio::as_tuple(asio::use_awaitable); }

  // Appends what the socket has to input_; false at its end.
  asio::awaitable<bool> ReadMore() {
    const std::size_t had = input_.size();
    input_.resize(had + kReadBytes);
    const auto [error, count] =
        co_await stream_.async_read_some(asio::buffer(input_.data() + had, kReadBytes), Token());
    input_.resize(had + count);
    co_return !error;
  }

  asio::awaitable<bool> ReadRequest(HttpRequest& request) {
    std::size_t end = std::string::npos;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (input_.size() > kHeadBytesMax || !co_await ReadMore()) co_return false;
    }
    if (!ParseHead(std::string_view(input_).substr(0, end + 4), request)) {
      co_await Write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      co_return false;
    }
    input_.erase(0, end + 4);
    if (request.expects_continue) co_await Write("HTTP/1.1 100 Continue\r\n\r\n");
    // Two statements: GCC 12 destroys an awaitable chosen by ?: twice.
    if (request.chunked) co_return co_await ReadChunkedBody(request);
    co_return co_await ReadSizedBody(request);
  }

  asio::awaitable<bool> ReadChunkedBody(HttpRequest& request) {
    while (true) {
      const ChunkResult result = TakeChunks(input_, request.body);
      if (result == ChunkResult::kDone) co_return true;
      if (result == ChunkResult::kBad || request.body.size() > kBodyBytesMax) co_return false;
      if (!co_await ReadMore()) co_return false;
    }
  }

  asio::awaitable<bool> ReadSizedBody(HttpRequest& request) {
    const std::size_t length = request.content_length;
    if (length > kBodyBytesMax) co_return false;
    const std::size_t ready = std::min(length, input_.size());
    request.body.reserve(length);
    request.body.assign(input_, 0, ready);
    input_.erase(0, ready);
    request.body.resize(length);
    std::size_t filled = ready;
    while (filled < length) {
      const auto [error, count] = co_await stream_.async_read_some(
          asio::buffer(request.body.data() + filled, length - filled), Token());
      if (error) co_return false;
      filled += count;
    }
    co_return true;
  }

  // Returns whether the connection can take another request.
  asio::awaitable<bool> Answer(HttpRequest request) {
    Decision decision = provider_.Decide(request);
    const std::shared_ptr<const Script> script = decision.script;
    std::shared_ptr<Exchange> exchange;
    const std::uint64_t seq = next_sequence_++;
    if (decision.recorded) {
      exchange = recorder_.Begin(seq, std::move(request), std::move(decision.scenario));
    }
    bytes_sent_ = 0;
    const bool sent = co_await Play(*script, seq);
    if (decision.recorded) {
      const Outcome whole = script->truncated ? Outcome::kCut : Outcome::kComplete;
      recorder_.Finish(exchange, script->status, bytes_sent_, sent ? whole : Outcome::kClientGone);
    }
    if (script->ending == Ending::kReset) ResetSocket();
    co_return sent && script->ending == Ending::kKeepAlive;
  }

  // False when the client left before the script's end.
  asio::awaitable<bool> Play(const Script& script, std::uint64_t seq) {
    if (script.ending == Ending::kSilent) co_return co_await WaitForClientToLeave();
    if (script.head_wait_ms > 0 && !co_await Wait(script.head_wait_ms)) co_return false;
    std::string head = script.head;
    if (!head.empty()) {
      if (!script.request_id_header.empty()) {
        head += script.request_id_header + ": req_fake_" + std::to_string(seq) + "\r\n";
      }
      head += "\r\n";
    }
    std::size_t next = 0;
    if (!script.byte_by_byte && !script.steps.empty() && script.steps.front().wait_ms == 0) {
      // The head and what follows at once leave in one packet, as from any good server.
      const std::array<asio::const_buffer, 2> both = {asio::buffer(head),
                                                      asio::buffer(script.steps.front().bytes)};
      if (!co_await WriteBuffers(both)) co_return false;
      next = 1;
    } else if (!co_await WriteAs(script, head)) {
      co_return false;
    }
    for (; next < script.steps.size(); ++next) {
      const Step& step = script.steps[next];
      if (step.wait_ms > 0 && !co_await Wait(step.wait_ms)) co_return false;
      if (!co_await WriteAs(script, step.bytes)) co_return false;
    }
    co_return true;
  }

  asio::awaitable<bool> WriteAs(const Script& script, const std::string& bytes) {
    if (!script.byte_by_byte) co_return co_await Write(bytes);
    for (const char& byte : bytes) {
      if (!co_await WriteBuffers(asio::buffer(&byte, 1))) co_return false;
    }
    co_return true;
  }

  asio::awaitable<bool> Write(std::string_view bytes) {
    co_return co_await WriteBuffers(asio::buffer(bytes.data(), bytes.size()));
  }

  template <typename Buffers>
  asio::awaitable<bool> WriteBuffers(const Buffers& buffers) {
    const auto [error, count] = co_await asio::async_write(stream_, buffers, Token());
    bytes_sent_ += count;
    co_return !error;
  }

  // Sleeps; returns false as soon as the client has closed its side.
  asio::awaitable<bool> Wait(std::int64_t milliseconds) {
    WatchClient();
    timer_.expires_after(std::chrono::milliseconds(milliseconds));
    co_await timer_.async_wait(Token());
    co_return !client_gone_;
  }

  asio::awaitable<bool> WaitForClientToLeave() {
    bool here = true;
    while (here) here = co_await Wait(1000);
    co_return false;
  }

  // One readiness wait a request tells of a client that leaves while nothing is written. It is not
  // armed again after data without an end (a pipelined request, a TLS close): writing finds those.
  void WatchClient() {
    if (watching_) return;
    watching_ = true;
    auto self = this->shared_from_this();
    stream_.lowest_layer().async_wait(
        asio::ip::tcp::socket::wait_read, [self](const boost::system::error_code& error) {
          if (error == asio::error::operation_aborted) return;
          pollfd descriptor{self->stream_.lowest_layer().native_handle(), POLLRDHUP, 0};
          poll(&descriptor, 1, 0);
          if ((descriptor.revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0) {
            self->watching_ = false;  // the next wait of this connection arms it anew
            return;
          }
          self->client_gone_ = true;
          self->timer_.cancel();
        });
  }

  void ResetSocket() {
    boost::system::error_code ignored;
    stream_.lowest_layer().set_option(asio::socket_base::linger(true, 0), ignored);
    stream_.lowest_layer().close(ignored);
  }

  void CloseSocket() {
    boost::system::error_code ignored;
    stream_.lowest_layer().shutdown(asio::socket_base::shutdown_both, ignored);
    stream_.lowest_layer().close(ignored);
  }

  static inline std::atomic<std::uint64_t> next_sequence_ = 1;

  Stream stream_;
  asio::steady_timer timer_;
  Provider& provider_;
  Recorder& recorder_;
  std::string input_;
  std::uint64_t bytes_sent_ = 0;
  bool watching_ = false;
  bool client_gone_ = false;
};

}  // namespace weir::fakes

#endif  // WEIR_TESTS_FAKES_SESSION_H_
