// An ID token (OpenID Connect Core §3.1.3.7): taken apart, and its claims held against what they
// must be. No I/O; nothing in it counts before its signature was checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include <boost/json/object.hpp>

namespace weir::admin {

struct IdToken {
  std::string algorithm;  // as it says itself
  std::string kid;
  boost::json::object claims;
  std::string signed_text;
  std::string signature;
};

// InvalidArgument: it is none, or asks for extensions that nobody here knows (`crit`).
absl::StatusOr<IdToken> ParseIdToken(std::string_view text);

struct IdTokenRules {
  std::string issuer;
  std::string client_id;
  std::string nonce;
  std::int64_t now_s = 0;
};
inline constexpr std::int64_t kClockSkewSeconds = 60;

// Unauthenticated, in words without the token.
absl::Status CheckClaims(const boost::json::object& claims, const IdTokenRules& rules);

// Who a provider says has logged in.
struct OidcPerson {
  std::string subject;
  std::string username;  // what it is called there; not unique, not ours
  std::string name;
  std::string email;  // empty unless the provider says that it is verified
};
OidcPerson PersonOf(const boost::json::object& claims);

// Whether the claim `name` (whole, or a path with dots) is one of `values`, or a list with one.
bool ClaimHas(const boost::json::object& claims, std::string_view name,
              const std::vector<std::string>& values);

}  // namespace weir::admin
