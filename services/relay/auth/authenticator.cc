#include "services/relay/auth/authenticator.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "libs/common/api_key_hash.h"
#include "libs/common/ip_block.h"
#include "libs/common/reason.h"
#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::string_view kBearer = "bearer ";

std::string_view QueryKey(std::string_view query) {
  for (const std::string_view part : Split(query, '&')) {
    if (part.starts_with("key=")) return part.substr(4);
  }
  return {};
}

bool AddressAllowed(const ApiKey& key, std::string_view client_address) {
  if (key.allowed_ips.empty()) return true;
  const std::optional<IpAddress> address = ParseIpAddress(client_address);
  return address.has_value() &&
         std::any_of(key.allowed_ips.begin(), key.allowed_ips.end(),
                     [&address](const IpBlock& block) { return Contains(block, *address); });
}

std::string_view KeyReason(const ApiKey& key, std::string_view client_address,
                           std::int64_t now_unix_ms) {
  if (key.availability == Availability::kDisabled) return reason::kKeyDisabled;
  if (key.availability == Availability::kExhausted) return reason::kKeyExhausted;
  if (key.expires_at_unix_ms != 0 && key.expires_at_unix_ms <= now_unix_ms) {
    return reason::kKeyExpired;
  }
  if (!AddressAllowed(key, client_address)) return reason::kIpNotAllowed;
  return {};
}

struct Text {
  std::string_view reason;
  std::string_view text;
};

constexpr std::array kTexts = {
    Text{
        reason::kKeyMissing,
        "No API key was sent. Send one issued by this gateway as Authorization: Bearer, x-api-key, "
        "api-key or x-goog-api-key."},
    Text{
        reason::kKeyUnknown,
        "This API key is not known here. Use a key issued by this gateway, not a provider's; check "
        "that it was copied whole."},
    Text{reason::kKeyDisabled, "This API key is disabled. Ask an administrator to enable it."},
    Text{reason::kKeyExpired, "This API key has expired. Ask an administrator for a new one."},
    Text{reason::kKeyExhausted,
         "This API key's budget is spent. Ask an administrator to raise its limit."},
    Text{reason::kUserDisabled,
         "The user who owns this API key is disabled. Ask an administrator."},
    Text{reason::kGroupDisabled, "The group of this API key is disabled. Ask an administrator."},
    Text{reason::kIpNotAllowed, "This API key may not be used from this address."},
};

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
  caller.key = snapshot.FindKey(ApiKeyHash(presented_key));
  if (caller.key == nullptr) {
    caller.reason = reason::kKeyUnknown;
    return caller;
  }
  caller.user = snapshot.FindUser(caller.key->user_id);
  caller.group = snapshot.FindGroup(caller.key->group_id);
  caller.reason = KeyReason(*caller.key, client_address, now_unix_ms);
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

std::string_view RefusalText(std::string_view reason) {
  const auto found = std::find_if(kTexts.begin(), kTexts.end(),
                                  [reason](const Text& text) { return text.reason == reason; });
  return found == kTexts.end() ? "This API key may not be used." : found->text;
}

}  // namespace weir::relay
