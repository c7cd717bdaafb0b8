// The server's side of a WebSocket (RFC 6455) as bytes: what arrived in, messages out; messages in,
// what is to be written out. No I/O; libwslay knows the frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace weir::relay {

// For one connection, on its loop's thread. Pings are answered; text alone is taken. A client that
// breaks the rules, or sends more than `message_bytes_max` in one message, gets a close frame with
// the reason, and nothing of it is handed on.
class WebSocket {
 public:
  explicit WebSocket(std::size_t message_bytes_max);
  ~WebSocket();
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  void Receive(std::string_view bytes);
  // The next text message that arrived whole.
  std::optional<std::string> TakeMessage();

  // Ignored once either side has closed.
  void SendText(std::string_view text);
  // Codes: RFC 6455 §7.4.1. `reason` is at most 123 bytes of UTF-8.
  void Close(std::uint16_t code, std::string_view reason);

  // What is to be written now; empty when nothing is.
  std::string TakeOutput();

  // Nothing more will arrive, as far as the protocol goes.
  bool input_over() const;
  // Both sides have said farewell, or one broke the rules: once the output is written, the
  // connection ends.
  bool closed() const;

 private:
  void Flush();

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

inline constexpr std::uint16_t kCloseNormal = 1000;
inline constexpr std::uint16_t kCloseGoingAway = 1001;
inline constexpr std::uint16_t kCloseUnsupported = 1003;
inline constexpr std::uint16_t kClosePolicy = 1008;
inline constexpr std::uint16_t kCloseInternal = 1011;

}  // namespace weir::relay
