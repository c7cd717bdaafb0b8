#include "services/admin/model/session_rules.h"

#include <algorithm>

#include "libs/common/resource_rules.h"
#include "libs/common/text.h"

namespace weir::admin {
namespace {

constexpr std::size_t kNameBytesMax = 128;
constexpr std::size_t kModelsMax = 1000;

// What the relay writes into each request itself, or takes over from the client.
bool IsWrittenByRelay(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {"accept",       "accept-encoding",
                                                      "content-type", "user-agent",
                                                      "x-request-id", "anthropic-version"};
  return std::find(kNames.begin(), kNames.end(), ToLower(name)) != kNames.end();
}

bool IsOwnHeader(const Account& account, std::string_view name) {
  return std::any_of(account.headers.begin(), account.headers.end(),
                     [name](const auto& header) { return EqualsIgnoreCase(header.first, name); });
}

std::string_view WrongHeader(const Account& account, std::string_view name) {
  if (name.empty()) return "is needed: the header that the key is sent in";
  if (!CheckHeaderName(name).ok())
    return "must be the name of a header that is not the connection's";
  if (IsWrittenByRelay(name)) return "is written by the relay itself";
  if (IsOwnHeader(account, name)) return "stands in headers too";
  return {};
}

// What is wrong with the credential's name; empty = nothing.
std::string_view WrongName(const Account& account) {
  const std::string_view name = account.session.credential_name;
  if (name.size() > kNameBytesMax) return "must be at most 128 bytes long";
  switch (account.credential_type) {
    case CredentialType::kApiKey:
      return WrongHeader(account, name);
    case CredentialType::kCookie:
      return name.empty() || CheckCookieName(name).ok() ? std::string_view()
                                                        : "must be a cookie's name";
    case CredentialType::kBearer:
    case CredentialType::kOauth:
    case CredentialType::kNone:
      break;
  }
  return name.empty() ? std::string_view() : "is for credential_type cookie and api_key";
}

}  // namespace

void ValidateSession(const Account& account, FieldErrors& errors) {
  if (account.platform != Platform::kSession) {
    if (account.session != SessionUpstream()) {
      errors.Add("session", "is for accounts of platform_type session");
    }
    return;
  }
  const std::string_view wrong = WrongName(account);
  if (!wrong.empty()) errors.Add("session.credential_name", wrong);
  const bool known =
      account.tier.empty() || std::find(kTiers.begin(), kTiers.end(), account.tier) != kTiers.end();
  if (!known) errors.Add("tier", "must be one of free, pro, pro+, business, or empty");
}

void ValidateTierModels(const Settings& settings, FieldErrors& errors) {
  for (const auto& [tier, models] : settings.tier_models) {
    const std::string field = StrCat("tier_models.", tier);
    if (models.size() > kModelsMax) errors.Add(field, "must have at most 1000 entries");
    for (const std::string& model : models) {
      const absl::Status good = CheckModelPattern(model);
      if (!good.ok()) errors.Add(field, View(good.message()));
    }
  }
}

const std::vector<std::string>& ServedModels(const Account& account, const Settings& settings) {
  if (account.platform != Platform::kSession || !account.models.empty()) return account.models;
  const auto found = settings.tier_models.find(account.tier);
  return found == settings.tier_models.end() ? account.models : found->second;
}

Platform PlatformAlike(const Account& account) {
  if (account.platform != Platform::kSession) return account.platform;
  switch (account.session.protocol) {
    case Protocol::kAnthropicMessages:
      return Platform::kClaude;
    case Protocol::kOpenaiResponses:
      return Platform::kOpenaiResponses;
    case Protocol::kGemini:
      return Platform::kGemini;
    case Protocol::kOpenaiChat:
      break;
  }
  return Platform::kOpenai;
}

}  // namespace weir::admin
