#include "services/relay/responses_socket.h"

#include <algorithm>
#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "libs/common/reason.h"
#include "libs/common/secret.h"
#include "libs/common/text.h"
#include "libs/common/utf8.h"
#include "services/relay/dialects/responses_turns.h"
#include "services/relay/dialects/sse.h"
#include "services/relay/own_request.h"
#include "services/relay/responses_messages.h"
#include "services/relay/websocket/handshake.h"
#include "services/relay/websocket/web_socket.h"

namespace weir::relay {
namespace {

constexpr int kSwitchingProtocols = 101;
constexpr std::int64_t kLookAgainMs = 500;                // at a relay that begins to drain
constexpr std::size_t kUnsentBytesMax = 256 * 1024;       // then the answer is not read on
constexpr std::size_t kEventBytesMax = 16 * 1024 * 1024;  // one event, or one refusal
constexpr std::size_t kMessagesWaitingMax = 8;
constexpr std::int64_t kFarewellMs = 5'000;

class ResponsesSocket {
 public:
  ResponsesSocket(RelayEnvironment& environment, const RequestContext& context, Exchange& exchange)
      : environment_(environment),
        exchange_(exchange),
        head_(TurnHead(exchange.head())),
        client_address_(context.record.client_ip),
        socket_(static_cast<std::size_t>(environment.limits.request_body_bytes_max)),
        turns_(static_cast<std::size_t>(environment.limits.request_body_bytes_max)),
        charge_(exchange.loop().buffers()),
        last_message_ms_(exchange.loop().now_ms()) {}

  Task<void> Run() {
    Receive(exchange_.TakeAhead());
    for (;;) {
      ReadClient();
      if (request_ == nullptr) BeginTurns();
      StepRequest();
      CloseIfDue();
      Write();
      const bool farewell = socket_.closed() && unsent_.empty();
      if (exchange_.gone() || client_left_ || farewell || IsOverdue()) break;
      co_await WaitFor(loop(), exchange_.stream().watch(), ClientBits(), RequestWatch(),
                       RequestBits(), loop().now_ms() + kLookAgainMs);
    }
    if (request_ == nullptr) co_return;
    request_->Leave();
    while (!request_->is_over()) {
      co_await WaitFor(loop(), request_->over(), ready::kRead, loop().now_ms() + kLookAgainMs);
    }
  }

 private:
  EventLoop& loop() { return exchange_.loop(); }

  // A client that sends faster than it is answered is not read on.
  bool ReadsClient() const {
    return !socket_.input_over() && waiting_.size() < kMessagesWaitingMax;
  }

  std::uint8_t ClientBits() const {
    unsigned bits = ready::kHangup;
    if (ReadsClient()) bits |= ready::kRead;
    if (!unsent_.empty()) bits |= ready::kWrite;
    return static_cast<std::uint8_t>(bits);
  }

  // Null: nothing of the request is waited for.
  FdWatch* RequestWatch() {
    if (request_ == nullptr || unsent_.size() > kUnsentBytesMax) return nullptr;
    return answered_ ? &request_->over() : &request_->watch();
  }

  std::uint8_t RequestBits() const {
    return request_ == nullptr || answered_ ? ready::kRead : request_->wants();
  }

  void Receive(std::string_view bytes) {
    socket_.Receive(bytes);
    while (std::optional<std::string> message = socket_.TakeMessage()) {
      last_message_ms_ = loop().now_ms();
      waiting_.push_back(*std::move(message));
    }
    Charge();
  }

  void Charge() {
    std::size_t bytes = turns_.bytes() + answer_.size();
    for (const std::string& message : waiting_) bytes += message.size();
    if (!charge_.Set(bytes)) Close(kCloseInternal, "the gateway is out of memory");
  }

  void Close(std::uint16_t code, std::string_view reason) {
    if (closing_since_ms_ == 0) closing_since_ms_ = loop().now_ms();
    socket_.Close(code, reason);
  }

  // A client that does not say farewell too.
  bool IsOverdue() {
    return closing_since_ms_ != 0 && loop().now_ms() - closing_since_ms_ > kFarewellMs;
  }

  void ReadClient() {
    while (ReadsClient()) {
      char* scratch = loop().scratch();
      const IoResult read = exchange_.stream().Read(scratch, EventLoop::kScratchBytes);
      if (read.status == IoStatus::kWouldBlock) return;
      if (read.status != IoStatus::kDone) {
        client_left_ = true;
        return;
      }
      Receive({scratch, read.bytes});
    }
  }

  void BeginTurns() {
    while (request_ == nullptr && !waiting_.empty() && closing_since_ms_ == 0) {
      const std::string message = std::move(waiting_.front());
      waiting_.pop_front();
      BeginTurn(message);
      Charge();
    }
  }

  void BeginTurn(std::string_view message) {
    absl::StatusOr<ResponsesTurn> turn = turns_.Next(message);
    if (!turn.ok()) {
      socket_.SendText(MessageRefused(View(turn.status().message())));
      return;
    }
    if (turn->kind == ResponsesTurn::Kind::kWarmUp) {
      for (const std::string& event : WarmUpMessages(turn->response_id)) socket_.SendText(event);
    }
    if (turn->kind != ResponsesTurn::Kind::kRequest) return;
    answered_ = false;
    request_ = std::make_unique<OwnRequest>(
        environment_, client_address_,
        StrCat(head_.Reveal(), "content-length: ", turn->body.size(), "\r\n\r\n", turn->body));
    if (request_->usable()) return;
    Close(kCloseInternal, "the gateway is out of descriptors");
    request_ = nullptr;
  }

  void StepRequest() {
    if (request_ == nullptr || unsent_.size() > kUnsentBytesMax) return;
    if (!answered_) {
      const auto progress = request_->Step([this](std::string_view bytes) { OnBody(bytes); });
      if (progress == OwnRequest::Progress::kWaits) return;
      answered_ = true;
      if (progress == OwnRequest::Progress::kBroken) {
        Close(kCloseInternal, "the answer was cut off");
      } else if (!request_->is_stream()) {
        socket_.SendText(RequestRefused(request_->status(), answer_, request_->retry_after()));
      }
      std::string().swap(answer_);
    }
    // Its path records what was used; the next turn comes after that.
    if (!request_->is_over()) return;
    request_ = nullptr;
    BeginTurns();
  }

  void OnBody(std::string_view bytes) {
    answer_.append(bytes);
    if (answer_.size() > kEventBytesMax) return Close(kCloseInternal, "an event is too large");
    if (!request_->is_stream()) return;
    std::string_view rest = answer_;
    SseEvent event;
    std::string joined;
    while (NextSseEvent(rest, event, joined)) {
      if (event.data.empty()) continue;
      turns_.NoteEvent(event.data);
      socket_.SendText(IsValidUtf8(event.data) ? std::string(event.data) : ValidUtf8(event.data));
    }
    answer_.erase(0, answer_.size() - rest.size());
  }

  void CloseIfDue() {
    if (request_ != nullptr || !waiting_.empty() || closing_since_ms_ != 0) return;
    if (environment_.draining.load(std::memory_order_relaxed)) {
      Close(kCloseGoingAway, "the gateway restarts");
    } else if (loop().now_ms() - last_message_ms_ > environment_.limits.websocket_idle_ms) {
      Close(kCloseNormal, "idle");
    }
  }

  void Write() {
    unsent_ += socket_.TakeOutput();
    while (!unsent_.empty()) {
      const IoResult result = exchange_.stream().Write(unsent_);
      if (result.status == IoStatus::kWouldBlock) return;
      if (result.status != IoStatus::kDone) {
        client_left_ = true;
        return;
      }
      unsent_.erase(0, result.bytes);
    }
    std::string().swap(unsent_);
  }

  RelayEnvironment& environment_;
  Exchange& exchange_;
  const Secret head_;
  const std::string client_address_;
  WebSocket socket_;
  ResponsesTurns turns_;
  BufferCharge charge_;  // messages that wait, the conversation, the event at hand
  std::deque<std::string> waiting_;
  std::unique_ptr<OwnRequest> request_;  // of the turn at hand
  bool answered_ = false;                // it has had its whole answer
  std::string answer_;                   // bytes of the event at hand, or of a refusal
  std::string unsent_;
  bool client_left_ = false;
  std::int64_t last_message_ms_;
  std::int64_t closing_since_ms_ = 0;  // 0 = not closing
};

}  // namespace

Refusal CheckHandshake(const HttpLimits& limits, const RequestHead& head) {
  if (!WantsWebSocket(head)) return MakeReply(reason::kMethodNotAllowed, head.method, head.path());
  // At 426 Codex turns to POST at once, at other statuses it insists.
  if (limits.websocket_idle_ms == 0) return MakeReply(reason::kUpgradeRequired, head.path());
  const std::string_view problem = HandshakeProblem(head);
  if (problem.empty()) return std::nullopt;
  return MakeReply(reason::kBadRequest, problem);
}

Task<void> ServeResponsesSocket(RelayEnvironment& environment, RequestContext& context,
                                Exchange& exchange) {
  exchange.CloseAfter();
  const std::string head = StrCat(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
      "sec-websocket-accept: ",
      HandshakeAnswer(exchange.head().Find("sec-websocket-key")),
      "\r\nx-weir-request-id: ", context.request_id, "\r\n\r\n");
  context.record.status = kSwitchingProtocols;
  exchange.Send(head);
  if (!co_await exchange.Flush()) co_return;
  context.record.complete = true;
  ResponsesSocket socket(environment, context, exchange);
  exchange.ReleaseRequest();
  co_await socket.Run();
}

}  // namespace weir::relay
