#include "services/admin/http/server.h"

#include <httplib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "libs/common/client_address.h"
#include "libs/common/clock.h"
#include "libs/common/ids.h"
#include "libs/common/log.h"
#include "libs/common/ops_server.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/http/api_error.h"
#include "services/admin/http/content_coding.h"

namespace weir::admin {
namespace {

constexpr std::size_t kBodyBytesMax = 16 << 20;  // routes have smaller ones of their own
constexpr int kReadTimeoutSeconds = 15;
constexpr int kWriteTimeoutSeconds = 60;  // for a client that has stopped reading
constexpr int kKeepAliveSeconds = 5;

std::string ClientOf(const httplib::Request& in, const std::vector<IpBlock>& trusted_proxies) {
  constexpr const char* kHeader = "X-Forwarded-For";
  std::string forwarded_for;
  for (std::size_t i = 0; i < in.get_header_value_count(kHeader); ++i) {
    StrAppend(forwarded_for, i == 0 ? "" : ",", in.get_header_value(kHeader, i));
  }
  return ClientAddress(in.remote_addr, forwarded_for, trusted_proxies);
}

Request FromHttplib(const httplib::Request& in, const std::vector<IpBlock>& trusted_proxies) {
  Request request;
  request.method = in.method;
  request.path = in.path;
  request.query.insert(in.params.begin(), in.params.end());
  for (const auto& [name, value] : in.headers) request.headers[ToLower(name)] = value;
  request.body = in.body;
  request.client_ip = ClientOf(in, trusted_proxies);
  request.request_id = UuidToText(NewUuid7Bytes(UnixMs()));
  return request;
}

// httplib asks for pieces until told that there are no more; false ends the connection, `ends` does
// so after the last piece too.
void SetSource(const BodySource& source, const std::string& content_type, bool ends,
               httplib::Response& out) {
  out.set_chunked_content_provider(content_type,
                                   [source, ends](std::size_t, httplib::DataSink& sink) {
                                     const absl::StatusOr<std::string> piece = source();
                                     if (!piece.ok()) return false;
                                     if (piece->empty()) {
                                       sink.done();
                                       return !ends;
                                     }
                                     return sink.write(piece->data(), piece->size());
                                   });
}

// With its length said beforehand, so that httplib packs nothing a second time.
void SetStored(const Response& response, bool ends, httplib::Response& out) {
  out.set_content_provider(response.stored->size(), response.content_type,
                           [stored = response.stored, ends](std::size_t from, std::size_t size,
                                                            httplib::DataSink& sink) {
                             return sink.write(stored->data() + from, size) && !ends;
                           });
}

// httplib does not read these methods' bodies: what follows would be taken for the next request.
bool HasUnreadBody(const httplib::Request& in) {
  const bool reads =
      in.method == "POST" || in.method == "PUT" || in.method == "PATCH" || in.method == "DELETE";
  if (reads) return false;
  const bool has_length =
      in.has_header("Content-Length") && in.get_header_value("Content-Length") != "0";
  return has_length || in.has_header("Transfer-Encoding");
}

// `ends`: a body that is sent in pieces, too, is the last on its connection.
void ToHttplib(const Response& response, const Request& request, bool ends,
               httplib::Response& out) {
  out.status = response.status;
  out.set_header("X-Request-Id", request.request_id);
  out.set_header("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) out.set_header(name, value);
  if (!out.has_header("Cache-Control")) out.set_header("Cache-Control", "no-store");
  if (response.source != nullptr) {
    SetSource(response.source, response.content_type, ends, out);
  } else if (response.stored != nullptr && !response.stored->empty()) {
    SetStored(response, ends, out);
    if (ends) out.set_header("Connection", "close");
  } else if (response.status != 204) {
    out.set_content(response.body, response.content_type);
  }
}

// After this answer. What was not read of a request would be taken for the next one.
void EndConnection(httplib::Response& out) {
  const std::string content_type = out.get_header_value("Content-Type");
  out.headers.erase("Content-Type");
  out.set_header("Connection", "close");
  out.set_chunked_content_provider(
      content_type, [body = std::exchange(out.body, {})](std::size_t, httplib::DataSink& sink) {
        sink.write(body.data(), body.size());
        sink.done();
        return false;
      });
}

// httplib would cut the ranges asked for out of what we answer and leave the status at 200. Nothing
// here is answered in parts, as anybody may choose.
void AnswerWhole(const httplib::Request& in) { const_cast<httplib::Request&>(in).ranges.clear(); }

// Where a client takes brotli, httplib packs by it with the greatest effort: 75 ms of CPU for a
// page of the log, 1 for the shortest answer. gzip takes 3.
void PackByGzip(const httplib::Request& in, const Request& request) {
  const bool accepted = AcceptsCoding(request, "gzip");
  httplib::Headers& headers = const_cast<httplib::Request&>(in).headers;
  headers.erase("Accept-Encoding");
  if (accepted) headers.emplace("Accept-Encoding", "gzip");
}

// Those that httplib dispatches; of TRACE and CONNECT it reads the head, of others the first line.
bool IsDispatched(std::string_view method) {
  constexpr std::array<std::string_view, 7> kMethods = {"GET",   "HEAD",   "POST",   "PUT",
                                                        "PATCH", "DELETE", "OPTIONS"};
  return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

bool IsMethodName(std::string_view method) {
  return !method.empty() && std::all_of(method.begin(), method.end(),
                                        [](char c) { return (c >= 'A' && c <= 'Z') || c == '-'; });
}

}  // namespace

struct HttpServer::Impl {
  const Router& router;
  std::vector<IpBlock> trusted_proxies = {};          // set before the server starts
  CrossOrigin origins = {};                           // likewise
  std::array<prometheus::Counter*, 6> requests = {};  // by the status' first digit
  prometheus::Histogram* seconds = nullptr;
  httplib::Server server;
  std::thread thread;
  int port = 0;

  explicit Impl(const Router& the_router) : router(the_router) {}

  void Handle(const httplib::Request& in, httplib::Response& out) {
    const std::int64_t started_ns = SteadyNs();
    AnswerWhole(in);
    Request request = FromHttplib(in, trusted_proxies);
    PackByGzip(in, request);
    std::optional<Response> preflight = origins.Preflight(request);
    Response response = preflight ? *std::move(preflight) : router.Handle(request);
    origins.Mark(request, response);
    const bool ends = HasUnreadBody(in);
    ToHttplib(response, request, ends, out);
    const std::int64_t took_us = (SteadyNs() - started_ns) / 1000;
    Metrics::Increment(*requests.at(static_cast<std::size_t>(response.status / 100)));
    Metrics::Observe(*seconds, static_cast<double>(took_us) / 1e6);
    LogInfo("request", {{"request_id", request.request_id},
                        {"method", request.method},
                        {"path", request.path},
                        {"status", response.status},
                        {"took_us", took_us},
                        {"client_ip", request.client_ip}});
    if (ends && !out.content_provider_) EndConnection(out);
  }

  // What httplib refuses on its own: malformed requests, bodies over its limit, and methods that it
  // does not know, of which the router says what the path takes.
  void Refuse(const httplib::Request& in, httplib::Response& out) {
    if (IsMethodName(in.method) && !IsDispatched(in.method)) {
      httplib::Request line = in;
      line.path = in.target.substr(0, in.target.find('?'));
      Handle(line, out);
    } else {
      const Request request = FromHttplib(in, trusted_proxies);
      PackByGzip(in, request);
      const bool too_large = out.status == 413;
      const int status = too_large ? 413 : (out.status >= 500 ? 500 : 400);
      ToHttplib(
          ErrorResponse(status, too_large ? reason::kBodyTooLarge : reason::kBadRequest,
                        too_large ? "the body is too large" : "the request is malformed", request),
          request, /*ends=*/true, out);
    }
    if (!out.content_provider_) EndConnection(out);
  }
};

HttpServer::HttpServer(const Router& router, Metrics& metrics, int threads)
    : impl_(std::make_unique<Impl>(router)) {
  for (std::size_t digit = 1; digit < impl_->requests.size(); ++digit) {
    impl_->requests[digit] =
        &metrics.AddCounter("weir_admin_http_requests_total", "Requests answered, by status class",
                            {{"status", StrCat(digit, "xx")}});
  }
  impl_->seconds =
      &metrics.AddHistogram("weir_admin_http_request_duration_seconds", "Time to answer a request",
                            {0.001, 0.005, 0.02, 0.1, 0.5, 2, 10});

  httplib::Server& server = impl_->server;
  server.new_task_queue = [threads] {
    return new httplib::ThreadPool(static_cast<std::size_t>(threads));
  };
  server.set_socket_options(SetListenerOptions);
  server.set_payload_max_length(kBodyBytesMax);
  server.set_read_timeout(kReadTimeoutSeconds, 0);
  server.set_write_timeout(kWriteTimeoutSeconds, 0);
  server.set_keep_alive_timeout(kKeepAliveSeconds);
  server.set_keep_alive_max_count(1000);
  server.set_tcp_nodelay(true);
  const auto handle = [impl = impl_.get()](const httplib::Request& in, httplib::Response& out) {
    impl->Handle(in, out);
  };
  server.Get(".*", handle);
  server.Post(".*", handle);
  server.Put(".*", handle);
  server.Patch(".*", handle);
  server.Delete(".*", handle);
  server.Options(".*", handle);
  const httplib::Server::HandlerWithResponse refuse =
      [impl = impl_.get()](const httplib::Request& in, httplib::Response& out) {
        // Our own refusals have a body already.
        if (!out.body.empty() || out.content_provider_) {
          return httplib::Server::HandlerResponse::Unhandled;
        }
        impl->Refuse(in, out);
        return httplib::Server::HandlerResponse::Handled;
      };
  server.set_error_handler(refuse);
}

HttpServer::~HttpServer() {
  impl_->server.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

absl::Status HttpServer::Start(const std::string& listen, std::vector<IpBlock> trusted_proxies,
                               CrossOrigin origins) {
  impl_->trusted_proxies = std::move(trusted_proxies);
  impl_->origins = std::move(origins);
  const absl::StatusOr<HostPort> address = ParseHostPort(listen);
  if (!address.ok()) return address.status();
  httplib::Server& server = impl_->server;
  if (address->port == 0) {
    impl_->port = server.bind_to_any_port(address->host);
  } else if (server.bind_to_port(address->host, address->port)) {
    impl_->port = address->port;
  }
  if (impl_->port <= 0) {
    return absl::UnavailableError(
        StrCat("cannot listen on ", listen, ": is the port taken, or the address not ours?"));
  }
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
  while (!impl_->server.is_running()) std::this_thread::yield();
  return absl::OkStatus();
}

int HttpServer::port() const { return impl_->port; }

}  // namespace weir::admin
