#include "services/admin/oidc/login_attempt.h"

#include <algorithm>
#include <utility>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "libs/common/api_key_hash.h"
#include "libs/common/ids.h"
#include "libs/common/secret.h"
#include "services/admin/model/problem.h"
#include "services/admin/outbound/form_text.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::string_view kAttemptOwner = "oidc/attempt";
constexpr std::string_view kPendingOwner = "oidc/pending";
constexpr std::int64_t kPendingLifeMs = 5 * 60'000;
constexpr std::size_t kPathBytesMax = 512;
constexpr std::size_t kSealedBytesMax = 4096;  // what a browser keeps of a cookie

using Member = std::pair<const char*, std::string LoginAttempt::*>;
constexpr Member kTexts[] = {
    {"state", &LoginAttempt::state},        {"nonce", &LoginAttempt::nonce},
    {"verifier", &LoginAttempt::verifier},  {"next", &LoginAttempt::next},
    {"invite", &LoginAttempt::invite_hash}, {"link_session", &LoginAttempt::link_session_id}};

absl::Status NotOurs() {
  return BadParameter("this log-in was not begun in this browser, or too long ago; begin again");
}

absl::StatusOr<json::object> OpenObject(const Vault& vault, std::string_view sealed,
                                        std::string_view owner, std::int64_t now_ms) {
  if (sealed.empty() || sealed.size() > kSealedBytesMax) return NotOurs();
  const absl::StatusOr<Secret> text = vault.Open(sealed, owner);
  if (!text.ok()) return NotOurs();
  json::error_code error;
  json::value value = json::parse(text->Reveal(), error);
  if (error || !value.is_object()) return NotOurs();
  json::object object = std::move(value.as_object());
  if (object.at("ends_at_ms").to_number<std::int64_t>() <= now_ms) return NotOurs();
  return object;
}

}  // namespace

LoginAttempt BeginAttempt(std::int64_t now_ms) {
  LoginAttempt attempt;
  attempt.state = RandomHex(16);
  attempt.nonce = RandomHex(16);
  attempt.verifier = RandomHex(32);
  attempt.next = "/";
  attempt.ends_at_ms = now_ms + kAttemptLifeMs;
  return attempt;
}

std::string ChallengeOf(const LoginAttempt& attempt) {
  return Base64Url(ApiKeyHash(attempt.verifier));  // SHA-256
}

std::string SealAttempt(const Vault& vault, const LoginAttempt& attempt) {
  json::object object = {{"ends_at_ms", attempt.ends_at_ms}, {"link_user", attempt.link_user_id}};
  for (const auto& [name, text] : kTexts) object[name] = attempt.*text;
  return vault.Seal(Secret(json::serialize(object)), kAttemptOwner);
}

absl::StatusOr<LoginAttempt> OpenAttempt(const Vault& vault, std::string_view sealed,
                                         std::int64_t now_ms) {
  const auto object = OpenObject(vault, sealed, kAttemptOwner, now_ms);
  if (!object.ok()) return object.status();
  LoginAttempt attempt;
  attempt.ends_at_ms = object->at("ends_at_ms").to_number<std::int64_t>();
  attempt.link_user_id = object->at("link_user").to_number<std::int64_t>();
  for (const auto& [name, text] : kTexts) {
    const json::string& value = object->at(name).as_string();
    (attempt.*text).assign(value.data(), value.size());
  }
  return attempt;
}

std::string SealPending(const Vault& vault, std::int64_t user_id, std::int64_t now_ms) {
  const json::object object = {{"ends_at_ms", now_ms + kPendingLifeMs}, {"user", user_id}};
  return vault.Seal(Secret(json::serialize(object)), kPendingOwner);
}

absl::StatusOr<std::int64_t> OpenPending(const Vault& vault, std::string_view sealed,
                                         std::int64_t now_ms) {
  const auto object = OpenObject(vault, sealed, kPendingOwner, now_ms);
  if (!object.ok()) return object.status();
  return object->at("user").to_number<std::int64_t>();
}

bool IsOwnPath(std::string_view path) {
  if (path.empty() || path.size() > kPathBytesMax || path[0] != '/') return false;
  if (path.size() > 1 && path[1] == '/') return false;
  return std::all_of(path.begin(), path.end(),
                     [](char c) { return c > ' ' && c < 0x7f && c != '\\'; });
}

}  // namespace weir::admin
