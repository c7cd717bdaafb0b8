#include "libs/common/upstream_url.h"

#include <algorithm>
#include <string>

#include "libs/common/ip_block.h"
#include "libs/common/text.h"

namespace weir {
namespace {

constexpr std::size_t kUrlBytesMax = 2'048;
constexpr std::size_t kHostBytesMax = 253;

absl::Status Wrong(std::string_view what) { return absl::InvalidArgumentError(std::string(what)); }

bool IsUrlCharacter(char c) { return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>'; }

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

// The C library takes 2130706433 and 0x7f.1 for addresses; such a host is what it seems or nothing.
bool IsDisguisedAddress(std::string_view host) {
  const std::size_t dot = host.ends_with('.') ? host.rfind('.', host.size() - 2) : host.rfind('.');
  const std::string_view label = dot == std::string_view::npos ? host : host.substr(dot + 1);
  const bool number =
      label.starts_with("0x") || label.find_first_not_of("0123456789.") == std::string_view::npos;
  return number && !ParseIpAddress(host);
}

bool ParsePort(std::string_view text, int& port) {
  return text.size() <= 5 && ParseInteger(text, port) && port >= 1 && port <= 65'535;
}

// "host", "host:port", "[v6]:port" -> host and what follows the colon.
absl::Status SplitAuthority(std::string_view authority, UpstreamUrl& url) {
  std::string_view port;
  bool has_port = false;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return Wrong("has an open bracket");
    url.host = ToLower(authority.substr(1, end - 1));
    if (url.host.find(':') == std::string::npos || !ParseIpAddress(url.host)) {
      return Wrong("holds no IPv6 address in its brackets");
    }
    const std::string_view rest = authority.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return Wrong("has something behind the bracket");
    has_port = !rest.empty();
    if (has_port) port = rest.substr(1);
  } else {
    const std::size_t colon = authority.find(':');
    url.host = ToLower(authority.substr(0, colon));
    has_port = colon != std::string_view::npos;
    if (has_port) port = authority.substr(colon + 1);
    if (url.host.size() > kHostBytesMax || url.host.front() == '.' ||
        !std::all_of(url.host.begin(), url.host.end(), IsHostCharacter) ||
        IsDisguisedAddress(url.host)) {
      return Wrong("has no valid host");
    }
  }
  if (has_port && !ParsePort(port, url.port)) return Wrong("has no valid port");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<UpstreamUrl> ParseUpstreamUrl(std::string_view text) {
  if (text.size() > kUrlBytesMax) return Wrong("is too long");
  if (!std::all_of(text.begin(), text.end(), IsUrlCharacter)) {
    return Wrong("holds a space or a character that belongs in no URL");
  }
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return Wrong("must begin with https:// or http://");
  const std::string scheme = ToLower(text.substr(0, colon));
  if (scheme != "https" && scheme != "http") return Wrong("must begin with https:// or http://");
  if (text.find_first_of("?#") != std::string_view::npos) {
    return Wrong("must have no query and no fragment");
  }
  UpstreamUrl url;
  url.tls = scheme == "https";
  const int usual_port = url.tls ? 443 : 80;
  url.port = usual_port;

  const std::string_view rest = text.substr(colon + 3);
  const std::size_t slash = rest.find('/');
  const std::string_view authority = rest.substr(0, slash);
  if (authority.empty() || authority.front() == ':') return Wrong("has no host");
  if (authority.find('@') != std::string_view::npos) return Wrong("must hold no user or password");
  if (const absl::Status split = SplitAuthority(authority, url); !split.ok()) return split;

  const bool bare_v6 = url.host.find(':') != std::string::npos;
  const std::string shown = bare_v6 ? StrCat("[", url.host, "]") : url.host;
  url.host_header = url.port == usual_port ? shown : StrCat(shown, ":", url.port);
  url.pool_key = StrCat(scheme, "://", shown, ":", url.port);
  if (slash != std::string_view::npos) url.base_path = std::string(rest.substr(slash));
  while (url.base_path.ends_with('/')) url.base_path.pop_back();
  return url;
}

absl::StatusOr<UpstreamUrl> ParseAccountUrl(std::string_view text) {
  constexpr std::string_view kName = "?api-version=";
  constexpr std::size_t kVersionBytesMax = 32;
  const std::size_t query = text.find(kName);
  absl::StatusOr<UpstreamUrl> url = ParseUpstreamUrl(text.substr(0, query));
  if (!url.ok() || query == std::string_view::npos) return url;
  const std::string_view version = text.substr(query + kName.size());
  const bool plain = std::all_of(version.begin(), version.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
  if (version.empty() || version.size() > kVersionBytesMax || !plain) {
    return Wrong("must have nothing in its query but api-version, as 2024-10-21");
  }
  url->api_version = std::string(version);
  return url;
}

}  // namespace weir
