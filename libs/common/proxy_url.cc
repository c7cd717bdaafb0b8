#include "libs/common/proxy_url.h"

#include <optional>
#include <utility>

#include "libs/common/text.h"
#include "libs/common/upstream_url.h"

namespace weir {
namespace {

constexpr int kSocksPort = 1080;
constexpr int kHttpPort = 3128;  // squid's, as curl assumes 1080 for socks
// RFC 1929 gives each of them one byte of length.
constexpr std::size_t kCredentialBytesMax = 255;

absl::Status Wrong(std::string_view what) { return absl::InvalidArgumentError(std::string(what)); }

// "user:password" into `proxy`.
absl::Status ReadUser(std::string_view text, ProxyUrl& proxy) {
  const std::size_t colon = text.find(':');
  const std::optional<std::string> username = PercentDecode(text.substr(0, colon));
  const std::optional<std::string> password =
      PercentDecode(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
  if (!username || !password) return Wrong("has a broken % code in its user or password");
  if (username->empty()) return Wrong("has an empty user name");
  if (username->size() > kCredentialBytesMax || password->size() > kCredentialBytesMax) {
    return Wrong("has a user or password of over 255 bytes");
  }
  proxy.username = *username;
  proxy.password = Secret(*password);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ProxyUrl> ParseProxyUrl(std::string_view text) {
  const std::size_t scheme_end = text.find("://");
  const std::string scheme =
      scheme_end == std::string_view::npos ? "" : ToLower(text.substr(0, scheme_end));
  ProxyUrl proxy;
  if (scheme == "socks5" || scheme == "socks5h") {
    proxy.kind = ProxyKind::kSocks5;
  } else if (scheme != "http") {
    return Wrong("must begin with http:// or socks5://");
  }
  std::string_view rest = text.substr(scheme_end + 3);
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    if (absl::Status status = ReadUser(rest.substr(0, at), proxy); !status.ok()) return status;
    rest.remove_prefix(at + 1);
  }
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const std::size_t colon = authority.rfind(':');
  const bool port_given = colon != std::string_view::npos && !authority.ends_with(']');
  // Host and port follow the rules of every URL.
  const absl::StatusOr<UpstreamUrl> place = ParseUpstreamUrl(StrCat("http://", rest));
  if (!place.ok() || !place->base_path.empty()) return Wrong("is not scheme://host:port");
  proxy.host = place->host;
  const int usual_port = proxy.kind == ProxyKind::kSocks5 ? kSocksPort : kHttpPort;
  proxy.port = port_given ? place->port : usual_port;
  return proxy;
}

}  // namespace weir
