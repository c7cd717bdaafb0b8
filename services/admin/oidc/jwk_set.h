// A provider's public keys (RFC 7517), and the signatures that they check: RS256 and ES256, nothing
// else. Each key is for one algorithm, whatever a token says of itself.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace weir::admin {

struct Jwk {
  std::string kid;        // empty = it has none
  std::string algorithm;  // RS256 (RSA of 2048 to 8192 bits) or ES256 (P-256)
  std::shared_ptr<evp_pkey_st> key;
};

// Keys of other kinds, sizes or uses are left out: sets hold what is for others, too.
// InvalidArgument: it is no key set.
absl::StatusOr<std::vector<Jwk>> ParseJwkSet(std::string_view text);

// The one for a token of that algorithm: by `kid`, or, where the token names none, the only one.
// nullptr when there is none.
const Jwk* FindJwk(const std::vector<Jwk>& keys, std::string_view algorithm, std::string_view kid);

// Unauthenticated when `signature` is not this key's of `text`.
absl::Status CheckSignature(const Jwk& key, std::string_view text, std::string_view signature);

}  // namespace weir::admin
