#include "services/admin/outbound/web_client.h"

#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include <curl/curl.h>

#include "libs/common/metadata_address.h"
#include "libs/common/proxy_url.h"
#include "libs/common/text.h"

namespace weir::admin {
namespace {

constexpr long kConnectMsMax = 10'000;

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, FreeHandle>;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

// What the callbacks of one call fill in.
struct Collected {
  std::string body;
  std::size_t bytes_max = 0;
  bool too_long = false;
  bool forbidden_address = false;
};

std::size_t OnBody(char* bytes, std::size_t size, std::size_t count, void* target) {
  Collected& collected = *static_cast<Collected*>(target);
  const std::size_t total = size * count;
  if (collected.body.size() + total > collected.bytes_max) {
    collected.too_long = true;
    return 0;
  }
  collected.body.append(bytes, total);
  return total;
}

// Here the name is resolved, and nothing has been sent: a name may lead where a URL must not.
curl_socket_t OnSocket(void* target, curlsocktype /*purpose*/, curl_sockaddr* address) {
  if (IsMetadataAddress(address->addr)) {
    static_cast<Collected*>(target)->forbidden_address = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

List HeadersOf(const WebCall& call) {
  List list;
  const auto add = [&list](const std::string& line) {
    list.reset(curl_slist_append(list.release(), line.c_str()));
  };
  for (const std::string& line : call.headers) add(line);
  if (!call.authorization.empty()) add(StrCat("authorization: ", call.authorization.Reveal()));
  add("expect:");  // 100-continue is no use for bodies of this size
  return list;
}

// InvalidArgument as of ParseProxyUrl.
absl::Status SetProxy(CURL* handle, const Secret& proxy_url) {
  // Empty, so that no variable of the environment sets a proxy, or says what goes by none.
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "");
  if (proxy_url.empty()) {
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    return absl::OkStatus();
  }
  const absl::StatusOr<ProxyUrl> proxy = ParseProxyUrl(proxy_url.Reveal());
  if (!proxy.ok()) return proxy.status();
  const bool is_v6 = proxy->host.find(':') != std::string::npos;
  const std::string host = is_v6 ? StrCat("[", proxy->host, "]") : proxy->host;
  const long kind = proxy->kind == ProxyKind::kSocks5 ? CURLPROXY_SOCKS5_HOSTNAME : CURLPROXY_HTTP;
  curl_easy_setopt(handle, CURLOPT_PROXY, host.c_str());
  curl_easy_setopt(handle, CURLOPT_PROXYPORT, static_cast<long>(proxy->port));
  curl_easy_setopt(handle, CURLOPT_PROXYTYPE, kind);
  curl_easy_setopt(handle, CURLOPT_HTTPPROXYTUNNEL, 1L);
  if (!proxy->username.empty()) {
    curl_easy_setopt(handle, CURLOPT_PROXYUSERNAME, proxy->username.c_str());
    curl_easy_setopt(handle, CURLOPT_PROXYPASSWORD, proxy->password.Reveal().c_str());
  }
  return absl::OkStatus();
}

void SetBounds(CURL* handle, const WebCall& call, const std::string& ca_file) {
  const long timeout_ms = static_cast<long>(call.timeout_ms);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, timeout_ms);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout_ms, kConnectMsMax));
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  if (!ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, ca_file.c_str());
}

void SetBody(CURL* handle, const Secret& body) {
  if (body.empty()) return;
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.Reveal().size()));
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.Reveal().c_str());  // not copied
}

absl::Status FailureOf(CURLcode code, const Collected& collected) {
  if (collected.forbidden_address) {
    return absl::UnavailableError("its name leads to a link-local or metadata address");
  }
  if (collected.too_long) return absl::UnavailableError("its answer is too long");
  return absl::UnavailableError(curl_easy_strerror(code));
}

absl::StatusOr<WebAnswer> Send(const WebCall& call, const std::string& ca_file) {
  const Handle handle(curl_easy_init());
  if (handle == nullptr) return absl::UnavailableError("no memory for a call");
  Collected collected;
  collected.bytes_max = call.answer_bytes_max;
  const List headers = HeadersOf(call);
  curl_easy_setopt(handle.get(), CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &collected);
  curl_easy_setopt(handle.get(), CURLOPT_OPENSOCKETFUNCTION, &OnSocket);
  curl_easy_setopt(handle.get(), CURLOPT_OPENSOCKETDATA, &collected);
  SetBounds(handle.get(), call, ca_file);
  SetBody(handle.get(), call.body);
  if (absl::Status set = SetProxy(handle.get(), call.proxy_url); !set.ok()) return set;
  const CURLcode code = curl_easy_perform(handle.get());
  WebAnswer answer;
  answer.body = Secret(std::move(collected.body));
  if (code != CURLE_OK) return FailureOf(code, collected);
  long status = 0;
  const char* content_type = nullptr;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle.get(), CURLINFO_CONTENT_TYPE, &content_type);
  answer.status = static_cast<int>(status);
  if (content_type != nullptr) answer.content_type = content_type;
  return answer;
}

}  // namespace

SendWebCall MakeWebClient(std::string ca_file) {
  // Once for the process, before its threads use it; what it holds lives as long as the process.
  static const CURLcode kStarted = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)kStarted;
  return [ca_file = std::move(ca_file)](const WebCall& call) { return Send(call, ca_file); };
}

}  // namespace weir::admin
