#include "services/relay/auth/authenticator.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "libs/common/api_key_hash.h"
#include "libs/common/ip_block.h"
#include "libs/common/playground_token.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/relay/snapshot/previous_secrets.h"

namespace weir::relay {
namespace {

constexpr std::string_view kBearer = "bearer ";

std::string_view QueryKey(std::string_view query) {
  for (const std::string_view part : Split(query, '&')) {
    if (part.starts_with("key=")) return part.substr(4);
  }
  return {};
}

// Each of the three has a say: a key cannot open what its user or group has closed.
bool AddressAllowed(const Caller& caller, std::string_view client_address) {
  const std::array<const std::vector<IpBlock>*, 3> lists = {
      &caller.key->allowed_ips, &caller.user->allowed_ips, &caller.group->allowed_ips};
  const auto is_open = [](const std::vector<IpBlock>* blocks) { return blocks->empty(); };
  if (std::all_of(lists.begin(), lists.end(), is_open)) return true;
  const std::optional<IpAddress> address = ParseIpAddress(client_address);
  if (!address.has_value()) return false;
  return std::all_of(lists.begin(), lists.end(), [&](const std::vector<IpBlock>* blocks) {
    return is_open(blocks) ||
           std::any_of(blocks->begin(), blocks->end(),
                       [&](const IpBlock& block) { return Contains(block, *address); });
  });
}

std::string_view KeyReason(const ApiKey& key, std::int64_t now_unix_ms) {
  if (key.availability == Availability::kDisabled) return reason::kKeyDisabled;
  if (key.availability == Availability::kExhausted) return reason::kKeyExhausted;
  if (key.expires_at_unix_ms != 0 && key.expires_at_unix_ms <= now_unix_ms) {
    return reason::kKeyExpired;
  }
  return {};
}

// Whose playground token it is; `expired` when it was one.
const ApiKey* FindByToken(const Snapshot& snapshot, std::string_view text, std::int64_t now_unix_ms,
                          bool& expired) {
  const std::optional<PlaygroundToken> token = ReadPlaygroundToken(text);
  if (!token.has_value()) return nullptr;
  const ApiKey* key = snapshot.FindKeyById(token->key_id);
  if (key == nullptr) return nullptr;
  const std::string_view sha256(key->sha256.data(), key->sha256.size());
  const Secret& secret = snapshot.settings().console->playground_secret;
  if (!IsSigned(*token, secret, sha256)) return nullptr;
  // Admin makes none that lives longer: whoever has stolen the secret shall sign no more for ever.
  constexpr std::int64_t kClocksDifferMs = 60'000;
  if (token->expires_at_unix_ms > now_unix_ms + kPlaygroundTokenLifeMs + kClocksDifferMs) {
    return nullptr;
  }
  expired = token->expires_at_unix_ms <= now_unix_ms;
  return key;
}

}  // namespace

std::string_view PresentedKey(const RequestHead& head) {
  for (const HeaderField& field : head.all()) {
    const std::string_view name = field.name;
    if (name.size() == 13 && EqualsIgnoreCase(name, "authorization")) {
      const std::string_view value = field.value;
      if (value.size() > kBearer.size() &&
          EqualsIgnoreCase(value.substr(0, kBearer.size()), kBearer)) {
        return StripSpace(value.substr(kBearer.size()));
      }
    }
    const bool names_key = EqualsIgnoreCase(name, "x-api-key") ||
                           EqualsIgnoreCase(name, "api-key") ||
                           EqualsIgnoreCase(name, "x-goog-api-key");
    if (names_key && !field.value.empty()) return field.value;
  }
  return QueryKey(head.query());
}

Caller Authenticate(const Snapshot& snapshot, std::string_view presented_key,
                    std::string_view client_address, std::int64_t now_unix_ms) {
  Caller caller;
  if (presented_key.empty()) {
    caller.reason = reason::kKeyMissing;
    return caller;
  }
  const std::string sha256 = ApiKeyHash(presented_key);
  caller.key = snapshot.FindKey(sha256);
  if (caller.key == nullptr) caller.key = FindRotatedKey(snapshot, sha256, now_unix_ms);
  bool expired = false;
  if (caller.key == nullptr) {
    caller.key = FindByToken(snapshot, presented_key, now_unix_ms, expired);
  }
  if (caller.key == nullptr) {
    caller.reason = reason::kKeyUnknown;
    return caller;
  }
  caller = CallerOf(snapshot, *caller.key, now_unix_ms);
  if (expired) caller.reason = reason::kTokenExpired;
  if (caller.reason.empty() && !AddressAllowed(caller, client_address)) {
    caller.reason = reason::kIpNotAllowed;
  }
  return caller;
}

Caller CallerOf(const Snapshot& snapshot, const ApiKey& key, std::int64_t now_unix_ms) {
  Caller caller;
  caller.key = &key;
  caller.user = snapshot.FindUser(key.user_id);
  caller.group = snapshot.FindGroup(key.group_id);
  caller.reason = KeyReason(key, now_unix_ms);
  if (!caller.reason.empty()) return caller;
  if (caller.user == nullptr || caller.user->availability != Availability::kActive) {
    caller.reason = reason::kUserDisabled;
  } else if (caller.group == nullptr || caller.group->availability != Availability::kActive) {
    caller.reason = reason::kGroupDisabled;
  }
  return caller;
}

bool MayUseModel(const ApiKey& key, std::string_view model) {
  return key.allowed_models.empty() ||
         std::any_of(key.allowed_models.begin(), key.allowed_models.end(),
                     [model](const ModelPattern& pattern) { return pattern.Matches(model); });
}

}  // namespace weir::relay
