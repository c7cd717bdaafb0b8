#include "services/relay/net/tunnel.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/escaping.h"

#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::size_t kReplyBytesMax = 8 * 1024;

// The conversation with one proxy.
class Talk {
 public:
  Talk(EventLoop& loop, Stream& stream, FdWatch& client, std::int64_t deadline_ms)
      : loop_(loop), stream_(stream), client_(client), deadline_ms_(deadline_ms) {}

  Task<TunnelResult> Send(std::string data) {
    std::string_view rest = data;
    while (!rest.empty()) {
      const IoResult sent = stream_.Write(rest);
      if (sent.status == IoStatus::kDone) {
        rest.remove_prefix(sent.bytes);
      } else if (sent.status == IoStatus::kWouldBlock) {
        const TunnelResult wait = co_await Wait(ready::kWrite);
        if (wait != TunnelResult::kOpen) co_return wait;
      } else {
        co_return TunnelResult::kRefused;
      }
    }
    co_return TunnelResult::kOpen;
  }

  // At least one more byte into reply().
  Task<TunnelResult> Receive() {
    for (;;) {
      char bytes[512];
      const IoResult read = stream_.Read(bytes, sizeof(bytes));
      if (read.status == IoStatus::kDone) {
        reply_.append(bytes, read.bytes);
        co_return reply_.size() > kReplyBytesMax ? TunnelResult::kRefused : TunnelResult::kOpen;
      }
      if (read.status != IoStatus::kWouldBlock) co_return TunnelResult::kRefused;
      const TunnelResult wait = co_await Wait(ready::kRead);
      if (wait != TunnelResult::kOpen) co_return wait;
    }
  }

  Task<TunnelResult> ReceiveAtLeast(std::size_t bytes) {
    while (reply_.size() < bytes) {
      const TunnelResult result = co_await Receive();
      if (result != TunnelResult::kOpen) co_return result;
    }
    co_return TunnelResult::kOpen;
  }

  std::string& reply() { return reply_; }

 private:
  Task<TunnelResult> Wait(std::uint8_t bits) {
    const WaitResult result = co_await WaitFor(loop_, stream_.watch(), bits | ready::kHangup,
                                               &client_, ready::kHangup, deadline_ms_);
    if (result == WaitResult::kTimeout) co_return TunnelResult::kTimeout;
    if ((client_.ready & ready::kHangup) != 0) co_return TunnelResult::kClientGone;
    co_return TunnelResult::kOpen;
  }

  EventLoop& loop_;
  Stream& stream_;
  FdWatch& client_;
  std::int64_t deadline_ms_;
  std::string reply_;
};

std::string ConnectRequest(const TunnelProxy& proxy, const std::string& host, int port) {
  const bool v6 = host.find(':') != std::string::npos;
  const std::string authority = v6 ? StrCat("[", host, "]:", port) : StrCat(host, ":", port);
  std::string request = StrCat("CONNECT ", authority, " HTTP/1.1\r\nhost: ", authority, "\r\n");
  if (!proxy.username.empty()) {
    const std::string user = StrCat(proxy.username, ":", proxy.password);
    StrAppend(request, "proxy-authorization: Basic ", absl::Base64Escape(user), "\r\n");
  }
  return request + "\r\n";
}

Task<TunnelResult> OpenHttp(Talk& talk, const TunnelProxy& proxy, const std::string& host,
                            int port) {
  TunnelResult result = co_await talk.Send(ConnectRequest(proxy, host, port));
  if (result != TunnelResult::kOpen) co_return result;
  while (talk.reply().find("\r\n\r\n") == std::string::npos) {
    result = co_await talk.Receive();
    if (result != TunnelResult::kOpen) co_return result;
  }
  // "HTTP/1.1 200 …"; the far host says nothing before we do, so nothing stands behind the head.
  const std::string& reply = talk.reply();
  const bool good = reply.starts_with("HTTP/1.") && reply.size() > 12 && reply[9] == '2' &&
                    reply.ends_with("\r\n\r\n");
  co_return good ? TunnelResult::kOpen : TunnelResult::kRefused;
}

constexpr char kSocksVersion = 5;
constexpr char kNoAuthentication = 0;
constexpr char kUserPassword = 2;
constexpr std::size_t kSocksTextBytesMax = 255;

std::string SocksConnect(const std::string& host, int port) {
  std::string request{kSocksVersion, 1, 0, 3};  // CONNECT, by name
  request.push_back(static_cast<char>(host.size()));
  request += host;
  request.push_back(static_cast<char>(port >> 8));
  request.push_back(static_cast<char>(port & 0xFF));
  return request;
}

// Bytes of the whole answer to CONNECT, told by its first five: the bound address has three forms.
std::size_t SocksReplyBytes(const std::string& reply) {
  constexpr std::size_t kFixedBytes = 6;  // version, status, reserved, form, and the port
  switch (reply[3]) {
    case 1:
      return kFixedBytes + 4;
    case 4:
      return kFixedBytes + 16;
    case 3:
      return kFixedBytes + 1 + static_cast<unsigned char>(reply[4]);
    default:
      return 0;
  }
}

std::string SocksGreeting(char method) { return {kSocksVersion, 1, method}; }

// RFC 1929: version 1, then both texts behind their lengths.
std::string SocksLogin(const TunnelProxy& proxy) {
  std::string login(1, '\1');
  login.push_back(static_cast<char>(proxy.username.size()));
  login += proxy.username;
  login.push_back(static_cast<char>(proxy.password.size()));
  login += proxy.password;
  return login;
}

Task<TunnelResult> SocksAuthenticate(Talk& talk, const TunnelProxy& proxy) {
  const char method = proxy.username.empty() ? kNoAuthentication : kUserPassword;
  TunnelResult result = co_await talk.Send(SocksGreeting(method));
  if (result == TunnelResult::kOpen) result = co_await talk.ReceiveAtLeast(2);
  if (result != TunnelResult::kOpen) co_return result;
  if (talk.reply()[0] != kSocksVersion || talk.reply()[1] != method) {
    co_return TunnelResult::kRefused;
  }
  talk.reply().erase(0, 2);
  if (method == kNoAuthentication) co_return TunnelResult::kOpen;
  result = co_await talk.Send(SocksLogin(proxy));
  if (result == TunnelResult::kOpen) result = co_await talk.ReceiveAtLeast(2);
  if (result != TunnelResult::kOpen) co_return result;
  const bool accepted = talk.reply()[1] == 0;
  talk.reply().erase(0, 2);
  co_return accepted ? TunnelResult::kOpen : TunnelResult::kRefused;
}

Task<TunnelResult> OpenSocks(Talk& talk, const TunnelProxy& proxy, const std::string& host,
                             int port) {
  // Each of them goes behind one byte with its length.
  if (std::max({host.size(), proxy.username.size(), proxy.password.size()}) > kSocksTextBytesMax) {
    co_return TunnelResult::kRefused;
  }
  TunnelResult result = co_await SocksAuthenticate(talk, proxy);
  if (result == TunnelResult::kOpen) result = co_await talk.Send(SocksConnect(host, port));
  if (result == TunnelResult::kOpen) result = co_await talk.ReceiveAtLeast(5);
  if (result != TunnelResult::kOpen) co_return result;
  const std::size_t bytes = SocksReplyBytes(talk.reply());
  if (talk.reply()[1] != 0 || bytes == 0) co_return TunnelResult::kRefused;
  result = co_await talk.ReceiveAtLeast(bytes);
  if (result != TunnelResult::kOpen) co_return result;
  co_return talk.reply().size() == bytes ? TunnelResult::kOpen : TunnelResult::kRefused;
}

}  // namespace

Task<TunnelResult> OpenTunnel(EventLoop& loop, Stream& stream, const TunnelProxy& proxy,
                              const std::string& host, int port, FdWatch& client,
                              std::int64_t deadline_ms) {
  Talk talk(loop, stream, client, deadline_ms);
  TunnelResult result = TunnelResult::kRefused;
  if (proxy.kind == TunnelProxy::Kind::kHttpConnect) {
    result = co_await OpenHttp(talk, proxy, host, port);
  } else {
    result = co_await OpenSocks(talk, proxy, host, port);
  }
  co_return result;
}

}  // namespace weir::relay
