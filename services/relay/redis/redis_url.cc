#include "services/relay/redis/redis_url.h"

#include <optional>

#include "libs/common/text.h"
#include "libs/common/upstream_url.h"

namespace weir::relay {
namespace {

constexpr int kUsualPort = 6379;
constexpr int kDatabaseMax = 1'000'000;

absl::Status Wrong(std::string_view what) { return absl::InvalidArgumentError(std::string(what)); }

absl::Status ReadUser(std::string_view text, RedisUrl& url) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Wrong("has a user without a password");
  const std::optional<std::string> username = PercentDecode(text.substr(0, colon));
  const std::optional<std::string> password = PercentDecode(text.substr(colon + 1));
  if (!username || !password) return Wrong("has a broken % code in its user or password");
  if (password->empty()) return Wrong("has an empty password");
  url.username = *username;
  url.password = Secret(*password);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RedisUrl> ParseRedisUrl(std::string_view text) {
  constexpr std::string_view kScheme = "redis://";
  if (text.starts_with("rediss://")) {
    return Wrong(
        "asks for TLS, which is not there for Redis: use redis:// within a private network");
  }
  if (!text.starts_with(kScheme)) return Wrong("must begin with redis://");
  std::string_view rest = text.substr(kScheme.size());
  RedisUrl url;
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    if (absl::Status status = ReadUser(rest.substr(0, at), url); !status.ok()) return status;
    rest.remove_prefix(at + 1);
  }
  const std::size_t slash = rest.find('/');
  const std::string_view authority = rest.substr(0, slash);
  const std::string_view database =
      slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  if (!database.empty() &&
      (!ParseInteger(database, url.database) || url.database < 0 || url.database > kDatabaseMax)) {
    return Wrong("has a database that is no number");
  }
  // Host and port follow the rules of every URL.
  const absl::StatusOr<UpstreamUrl> place = ParseUpstreamUrl(StrCat("http://", authority));
  if (!place.ok()) return Wrong("is not redis://user:password@host:port/database");
  const std::size_t colon = authority.rfind(':');
  const bool port_given = colon != std::string_view::npos && !authority.ends_with(']');
  url.host = place->host;
  url.port = port_given ? place->port : kUsualPort;
  return url;
}

}  // namespace weir::relay
