#include "services/admin/http/jwt.h"

#include <jwt.h>

#include <cstdlib>
#include <memory>

#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/model/problem.h"

namespace weir::admin {
namespace {

constexpr std::string_view kIssuer = "weir-admin";
constexpr std::size_t kTokenBytesMax = 4096;

struct FreeJwt {
  void operator()(jwt_t* jwt) const { jwt_free(jwt); }
};
using Jwt = std::unique_ptr<jwt_t, FreeJwt>;

const unsigned char* KeyBytes(const Secret& key) {
  return reinterpret_cast<const unsigned char*>(key.Reveal().data());
}

int KeyLength(const Secret& key) { return static_cast<int>(key.Reveal().size()); }

absl::Status Refuse(std::string_view message) {
  return Problem(absl::StatusCode::kUnauthenticated, reason::kNotLoggedIn, message);
}

std::string_view Grant(jwt_t* jwt, const char* name) {
  const char* text = jwt_get_grant(jwt, name);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

}  // namespace

absl::StatusOr<std::string> TokenSigner::Sign(const TokenClaims& claims) const {
  jwt_t* made = nullptr;
  if (jwt_new(&made) != 0) return absl::InternalError("no memory for a token");
  const Jwt jwt(made);
  const std::string subject = std::to_string(claims.user_id);
  const bool good =
      jwt_add_grant(jwt.get(), "iss", std::string(kIssuer).c_str()) == 0 &&
      jwt_add_grant(jwt.get(), "sub", subject.c_str()) == 0 &&
      jwt_add_grant(jwt.get(), "sid", claims.session_id.c_str()) == 0 &&
      jwt_add_grant_int(jwt.get(), "exp", static_cast<long>(claims.expires_at_ms / 1000)) == 0 &&
      jwt_set_alg(jwt.get(), JWT_ALG_HS256, KeyBytes(key_), KeyLength(key_)) == 0;
  char* text = good ? jwt_encode_str(jwt.get()) : nullptr;
  if (text == nullptr) return absl::InternalError("a token cannot be signed");
  std::string token(text);
  std::free(text);
  return token;
}

absl::StatusOr<TokenClaims> TokenSigner::Verify(const std::string& token,
                                                std::int64_t now_ms) const {
  jwt_t* decoded = nullptr;
  if (token.size() > kTokenBytesMax ||
      jwt_decode(&decoded, token.c_str(), KeyBytes(key_), KeyLength(key_)) != 0) {
    return Refuse("the token is not valid");
  }
  const Jwt jwt(decoded);
  // A token may name its own algorithm, "none" too; ours is the only one.
  if (jwt_get_alg(jwt.get()) != JWT_ALG_HS256 || Grant(jwt.get(), "iss") != kIssuer) {
    return Refuse("the token is not valid");
  }
  TokenClaims claims;
  claims.session_id = Grant(jwt.get(), "sid");
  claims.expires_at_ms = std::int64_t{jwt_get_grant_int(jwt.get(), "exp")} * 1000;
  if (!ParseInteger(Grant(jwt.get(), "sub"), claims.user_id) || claims.session_id.empty()) {
    return Refuse("the token is not valid");
  }
  if (claims.expires_at_ms <= now_ms) return Refuse("the token has expired");
  return claims;
}

}  // namespace weir::admin
