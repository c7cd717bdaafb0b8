#include "services/relay/websocket/web_socket.h"

#include <sys/types.h>  // before wslay's header, which needs ssize_t

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <wslay/wslay.h>

namespace weir::relay {
namespace {

const std::uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

}  // namespace

struct WebSocket::Impl {
  explicit Impl(std::size_t message_bytes_max) {
    wslay_event_callbacks callbacks{};
    callbacks.recv_callback = &Impl::OnRead;
    callbacks.send_callback = &Impl::OnWrite;
    callbacks.on_msg_recv_callback = &Impl::OnMessage;
    // It fails only without memory, which ends the process elsewhere too.
    if (wslay_event_context_server_init(&context, &callbacks, this) != 0) std::abort();
    wslay_event_config_set_max_recv_msg_length(context, message_bytes_max);
  }
  ~Impl() { wslay_event_context_free(context); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  static ssize_t OnRead(wslay_event_context_ptr context, std::uint8_t* out, std::size_t size,
                        int /*flags*/, void* self) {
    std::string_view& input = static_cast<Impl*>(self)->input;
    if (input.empty()) {
      wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
      return -1;
    }
    const std::size_t bytes = std::min(size, input.size());
    std::memcpy(out, input.data(), bytes);
    input.remove_prefix(bytes);
    return static_cast<ssize_t>(bytes);
  }

  static ssize_t OnWrite(wslay_event_context_ptr /*context*/, const std::uint8_t* data,
                         std::size_t size, int /*flags*/, void* self) {
    static_cast<Impl*>(self)->output.append(reinterpret_cast<const char*>(data), size);
    return static_cast<ssize_t>(size);
  }

  static void OnMessage(wslay_event_context_ptr context, const wslay_event_on_msg_recv_arg* message,
                        void* self) {
    if (message->opcode == WSLAY_TEXT_FRAME) {
      static_cast<Impl*>(self)->messages.emplace_back(reinterpret_cast<const char*>(message->msg),
                                                      message->msg_length);
    } else if (message->opcode == WSLAY_BINARY_FRAME) {
      constexpr std::string_view kReason = "text messages only";
      wslay_event_queue_close(context, kCloseUnsupported, Bytes(kReason), kReason.size());
      wslay_event_shutdown_read(context);
    }
  }

  wslay_event_context_ptr context = nullptr;
  std::string_view input;  // while Receive runs
  std::string output;
  std::deque<std::string> messages;
  bool failed = false;  // beyond what a close frame can say
};

WebSocket::WebSocket(std::size_t message_bytes_max)
    : impl_(std::make_unique<Impl>(message_bytes_max)) {}
WebSocket::~WebSocket() = default;

// Moves what waits to be sent into `output`.
void WebSocket::Flush() {
  if (wslay_event_want_write(impl_->context) != 0 && wslay_event_send(impl_->context) != 0) {
    impl_->failed = true;
  }
}

void WebSocket::Receive(std::string_view bytes) {
  impl_->input = bytes;
  if (wslay_event_want_read(impl_->context) != 0 && wslay_event_recv(impl_->context) != 0) {
    impl_->failed = true;
  }
  impl_->input = {};
}

std::optional<std::string> WebSocket::TakeMessage() {
  if (impl_->messages.empty()) return std::nullopt;
  std::string message = std::move(impl_->messages.front());
  impl_->messages.pop_front();
  return message;
}

void WebSocket::SendText(std::string_view text) {
  const wslay_event_msg message{WSLAY_TEXT_FRAME, Bytes(text), text.size()};
  // Refused after a close frame, which is what we want.
  (void)wslay_event_queue_msg(impl_->context, &message);
}

void WebSocket::Close(std::uint16_t code, std::string_view reason) {
  Flush();  // a close frame would go before what was queued earlier
  (void)wslay_event_queue_close(impl_->context, code, Bytes(reason), reason.size());
}

std::string WebSocket::TakeOutput() {
  Flush();
  return std::exchange(impl_->output, {});
}

bool WebSocket::input_over() const {
  return impl_->failed || wslay_event_want_read(impl_->context) == 0;
}

bool WebSocket::closed() const {
  if (impl_->failed) return true;
  return wslay_event_want_read(impl_->context) == 0 && wslay_event_want_write(impl_->context) == 0;
}

}  // namespace weir::relay
