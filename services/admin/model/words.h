// The words that REST and the database use for our enumerations.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "services/admin/model/types.h"

namespace weir::admin {

template <class Enum>
inline constexpr std::array<std::pair<Enum, std::string_view>, 0> kWords = {};

template <>
inline constexpr std::array<std::pair<Role, std::string_view>, 2> kWords<Role> = {
    {{Role::kUser, "user"}, {Role::kAdmin, "admin"}}};

template <>
inline constexpr std::array<std::pair<ActiveStatus, std::string_view>, 2> kWords<ActiveStatus> = {
    {{ActiveStatus::kActive, "active"}, {ActiveStatus::kDisabled, "disabled"}}};

template <>
inline constexpr std::array<std::pair<PriceSource, std::string_view>, 5> kWords<PriceSource> = {
    {{PriceSource::kUnknown, "unknown"},
     {PriceSource::kManual, "manual"},
     {PriceSource::kList, "list"},
     {PriceSource::kFile, "file"},
     {PriceSource::kShipped, "shipped"}}};

template <>
inline constexpr std::array<std::pair<Platform, std::string_view>, 8> kWords<Platform> = {{
    {Platform::kClaude, "claude"},
    {Platform::kClaudeConsole, "claude_console"},
    {Platform::kOpenai, "openai"},
    {Platform::kOpenaiResponses, "openai_responses"},
    {Platform::kAzureOpenai, "azure_openai"},
    {Platform::kOllama, "ollama"},
    {Platform::kGemini, "gemini"},
    {Platform::kSession, "session"},
}};

template <>
inline constexpr std::array<std::pair<CredentialType, std::string_view>, 5> kWords<CredentialType> =
    {{
        {CredentialType::kApiKey, "api_key"},
        {CredentialType::kBearer, "bearer"},
        {CredentialType::kOauth, "oauth"},
        {CredentialType::kCookie, "cookie"},
        {CredentialType::kNone, "none"},
    }};

template <>
inline constexpr std::array<std::pair<ClientAuth, std::string_view>, 2> kWords<ClientAuth> = {
    {{ClientAuth::kBasic, "basic"}, {ClientAuth::kBody, "body"}}};

template <>
inline constexpr std::array<std::pair<Protocol, std::string_view>, 4> kWords<Protocol> = {
    {{Protocol::kOpenaiChat, "openai_chat"},
     {Protocol::kAnthropicMessages, "anthropic_messages"},
     {Protocol::kOpenaiResponses, "openai_responses"},
     {Protocol::kGemini, "gemini"}}};

template <>
inline constexpr std::array<std::pair<AccountStatus, std::string_view>, 5> kWords<AccountStatus> = {
    {
        {AccountStatus::kNormal, "normal"},
        {AccountStatus::kRateLimited, "rate_limited"},
        {AccountStatus::kApiException, "api_exception"},
        {AccountStatus::kAccountException, "account_exception"},
        {AccountStatus::kDisabled, "disabled"},
    }};

template <>
inline constexpr std::array<std::pair<RedisAwayPolicy, std::string_view>, 4>
    kWords<RedisAwayPolicy> = {{
        {RedisAwayPolicy::kDefault, "default"},
        {RedisAwayPolicy::kLocal, "local"},
        {RedisAwayPolicy::kOpen, "open"},
        {RedisAwayPolicy::kClosed, "closed"},
    }};

template <>
inline constexpr std::array<std::pair<Registration, std::string_view>, 3> kWords<Registration> = {
    {{Registration::kClosed, "closed"},
     {Registration::kInvite, "invite"},
     {Registration::kOpen, "open"}}};

template <>
inline constexpr std::array<std::pair<OidcSecondFactor, std::string_view>, 2>
    kWords<OidcSecondFactor> = {
        {{OidcSecondFactor::kProvider, "provider"}, {OidcSecondFactor::kAsk, "ask"}}};

template <>
inline constexpr std::array<std::pair<OnDisconnect, std::string_view>, 2> kWords<OnDisconnect> = {
    {{OnDisconnect::kAbort, "abort"}, {OnDisconnect::kDrain, "drain"}}};

template <>
inline constexpr std::array<std::pair<Presence, std::string_view>, 3> kWords<Presence> = {
    {{Presence::kAny, "any"}, {Presence::kPresent, "present"}, {Presence::kAbsent, "absent"}}};

template <>
inline constexpr std::array<std::pair<StreamMode, std::string_view>, 3> kWords<StreamMode> = {
    {{StreamMode::kAsAsked, "as_asked"}, {StreamMode::kOn, "on"}, {StreamMode::kOff, "off"}}};

template <>
inline constexpr std::array<std::pair<RouteOnDisconnect, std::string_view>, 3>
    kWords<RouteOnDisconnect> = {{{RouteOnDisconnect::kDefault, "default"},
                                  {RouteOnDisconnect::kAbort, "abort"},
                                  {RouteOnDisconnect::kDrain, "drain"}}};

template <>
inline constexpr std::array<std::pair<BudgetsWhenUsageAway, std::string_view>, 2>
    kWords<BudgetsWhenUsageAway> = {
        {{BudgetsWhenUsageAway::kSpendLeasesThenClosed, "spend_leases_then_closed"},
         {BudgetsWhenUsageAway::kSpendLeasesThenOpen, "spend_leases_then_open"}}};

template <class Enum>
constexpr std::string_view WordOf(Enum value) {
  for (const auto& [candidate, word] : kWords<Enum>) {
    if (candidate == value) return word;
  }
  return "";
}

template <class Enum>
constexpr std::optional<Enum> FromWord(std::string_view text) {
  for (const auto& [candidate, word] : kWords<Enum>) {
    if (word == text) return candidate;
  }
  return std::nullopt;
}

// "user, admin": for messages that say what would have been right.
template <class Enum>
std::string ChoicesOf() {
  std::string choices;
  for (const auto& entry : kWords<Enum>) {
    if (!choices.empty()) choices += ", ";
    choices += entry.second;
  }
  return choices;
}

}  // namespace weir::admin
