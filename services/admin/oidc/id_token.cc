#include "services/admin/oidc/id_token.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "libs/common/secret.h"
#include "libs/common/text.h"
#include "services/admin/outbound/form_text.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t kTokenBytesMax = 48 * 1024;
constexpr std::size_t kSubjectBytesMax = 255;  // as the specification has it

absl::Status NoToken() { return absl::InvalidArgumentError("what came is no ID token"); }
absl::Status Refuse(std::string_view what) { return absl::UnauthenticatedError(std::string(what)); }

json::string_view Key(std::string_view name) { return {name.data(), name.size()}; }

std::string TextOf(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(Key(name));
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

// A NumericDate; fractions are cut.
std::optional<std::int64_t> SecondsOf(const json::object& claims, std::string_view name) {
  const json::value* value = claims.if_contains(Key(name));
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  if (value->is_double() && std::abs(value->get_double()) < 1e12) {
    return static_cast<std::int64_t>(value->get_double());
  }
  return std::nullopt;
}

absl::StatusOr<json::object> ObjectOf(std::string_view encoded) {
  std::string text;
  if (!FromBase64Url(encoded, text)) return NoToken();
  json::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) return NoToken();
  return std::move(value.as_object());
}

bool IsText(const json::value& value, std::string_view text) {
  return value.is_string() &&
         std::string_view(value.get_string().data(), value.get_string().size()) == text;
}

// For us, and where it is for others too, issued to us.
absl::Status CheckAudience(const json::object& claims, const std::string& client_id) {
  const json::value* audience = claims.if_contains("aud");
  const bool is_list = audience != nullptr && audience->is_array();
  bool ours = audience != nullptr && IsText(*audience, client_id);
  if (is_list) {
    const json::array& list = audience->get_array();
    ours = std::any_of(list.begin(), list.end(),
                       [&](const json::value& one) { return IsText(one, client_id); });
  }
  if (!ours) return Refuse("the ID token is for somebody else (aud)");
  const json::value* party = claims.if_contains("azp");
  const bool needs_party = is_list && audience->get_array().size() > 1;
  if (party == nullptr ? needs_party : !IsText(*party, client_id)) {
    return Refuse("the ID token was issued to somebody else (azp)");
  }
  return absl::OkStatus();
}

absl::Status CheckTimes(const json::object& claims, std::int64_t now_s) {
  const auto ends = SecondsOf(claims, "exp");
  const auto issued = SecondsOf(claims, "iat");
  if (!ends.has_value() || !issued.has_value()) return Refuse("the ID token has no exp or no iat");
  if (*ends <= now_s - kClockSkewSeconds) return Refuse("the ID token has expired");
  if (*issued > now_s + kClockSkewSeconds) return Refuse("the ID token is from the future (iat)");
  if (SecondsOf(claims, "nbf").value_or(0) > now_s + kClockSkewSeconds) {
    return Refuse("the ID token is not valid yet (nbf)");
  }
  return absl::OkStatus();
}

bool IsTrue(const json::object& claims, std::string_view name) {
  const json::value* value = claims.if_contains(Key(name));
  return value != nullptr && ((value->is_bool() && value->get_bool()) || IsText(*value, "true"));
}

const json::value* Walk(const json::object& claims, std::string_view name) {
  if (const json::value* whole = claims.if_contains(Key(name))) return whole;
  const json::object* at = &claims;
  while (true) {
    const std::size_t dot = name.find('.');
    const json::value* value = at->if_contains(Key(name.substr(0, dot)));
    if (value == nullptr || dot == std::string_view::npos) return value;
    if (!value->is_object()) return nullptr;
    at = &value->get_object();
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

absl::StatusOr<IdToken> ParseIdToken(std::string_view text) {
  const std::vector<std::string_view> parts = Split(text, '.');
  if (text.size() > kTokenBytesMax || parts.size() != 3) return NoToken();
  auto header = ObjectOf(parts[0]);
  auto claims = ObjectOf(parts[1]);
  IdToken token;
  if (!header.ok() || !claims.ok() || !FromBase64Url(parts[2], token.signature)) return NoToken();
  if (header->contains("crit")) {
    return absl::InvalidArgumentError("the ID token asks for what is not known here (crit)");
  }
  token.algorithm = TextOf(*header, "alg");
  token.kid = TextOf(*header, "kid");
  token.claims = *std::move(claims);
  token.signed_text = StrCat(parts[0], ".", parts[1]);
  return token;
}

absl::Status CheckClaims(const json::object& claims, const IdTokenRules& rules) {
  if (TextOf(claims, "iss") != rules.issuer) {
    return Refuse("the ID token is from another issuer (iss)");
  }
  if (absl::Status audience = CheckAudience(claims, rules.client_id); !audience.ok()) {
    return audience;
  }
  if (absl::Status times = CheckTimes(claims, rules.now_s); !times.ok()) return times;
  if (rules.nonce.empty() || !SameSecret(TextOf(claims, "nonce"), rules.nonce)) {
    return Refuse("the ID token is of another log-in (nonce)");
  }
  const std::string subject = TextOf(claims, "sub");
  if (subject.empty() || subject.size() > kSubjectBytesMax ||
      subject.find('\0') != std::string::npos) {
    return Refuse("the ID token names nobody (sub)");
  }
  return absl::OkStatus();
}

OidcPerson PersonOf(const json::object& claims) {
  OidcPerson person;
  person.subject = TextOf(claims, "sub");
  person.username = TextOf(claims, "preferred_username");
  person.name = TextOf(claims, "name");
  if (IsTrue(claims, "email_verified")) person.email = ToLower(StripSpace(TextOf(claims, "email")));
  return person;
}

bool ClaimHas(const json::object& claims, std::string_view name,
              const std::vector<std::string>& values) {
  const json::value* value = name.empty() ? nullptr : Walk(claims, name);
  if (value == nullptr) return false;
  const auto matches = [&](const json::value& one) {
    return std::any_of(values.begin(), values.end(),
                       [&](const std::string& wanted) { return IsText(one, wanted); });
  };
  if (!value->is_array()) return matches(*value);
  const json::array& list = value->get_array();
  return std::any_of(list.begin(), list.end(), matches);
}

}  // namespace weir::admin
