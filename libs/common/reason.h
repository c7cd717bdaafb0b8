// Every way in which Weir itself refuses or fails, as one closed list of words. The same word
// stands in answers, logs, metric labels and usage events, so that texts can be translated and
// searched.
#pragma once

#include <string_view>

namespace weir::reason {

// The caller's request.
inline constexpr std::string_view kBadRequest = "bad_request";      // malformed HTTP
inline constexpr std::string_view kBadParameter = "bad_parameter";  // a field is wrong or unknown
inline constexpr std::string_view kMalformedJson = "malformed_json";
inline constexpr std::string_view kBodyTooLarge = "body_too_large";
inline constexpr std::string_view kHeadTooLarge = "head_too_large";
inline constexpr std::string_view kRequestTimeout = "request_timeout";  // the client stalled
inline constexpr std::string_view kUnknownEndpoint = "unknown_endpoint";
inline constexpr std::string_view kMethodNotAllowed = "method_not_allowed";
inline constexpr std::string_view kUnsupportedEncoding = "unsupported_encoding";
inline constexpr std::string_view kNotFound = "not_found";
inline constexpr std::string_view kConflict = "conflict";

// Who asks.
inline constexpr std::string_view kKeyMissing = "key_missing";
inline constexpr std::string_view kKeyUnknown = "key_unknown";
inline constexpr std::string_view kKeyDisabled = "key_disabled";
inline constexpr std::string_view kKeyExpired = "key_expired";
inline constexpr std::string_view kTokenExpired = "token_expired";  // of the playground
inline constexpr std::string_view kKeyExhausted = "key_exhausted";
inline constexpr std::string_view kUserDisabled = "user_disabled";
inline constexpr std::string_view kGroupDisabled = "group_disabled";
inline constexpr std::string_view kIpNotAllowed = "ip_not_allowed";
inline constexpr std::string_view kModelNotAllowed = "model_not_allowed";
inline constexpr std::string_view kNotLoggedIn = "not_logged_in";
inline constexpr std::string_view kCodeNeeded = "code_needed";  // of the second factor
inline constexpr std::string_view kNewPasswordNeeded = "new_password_needed";
inline constexpr std::string_view kConfirmNeeded = "confirm_needed";  // password or code, again
inline constexpr std::string_view kNotAllowed = "not_allowed";
inline constexpr std::string_view kTooManyRequests = "too_many_requests";
inline constexpr std::string_view kRateLimited = "rate_limited";  // of key, user or group

// What it may cost.
inline constexpr std::string_view kBudgetExceeded = "budget_exceeded";  // spent, or nearly
inline constexpr std::string_view kBudgetBusy = "budget_busy";  // the rest is reserved by others

// What can serve it.
inline constexpr std::string_view kModelNotFound = "model_not_found";  // no account serves it
inline constexpr std::string_view kModelUnpriced = "model_unpriced";   // refused, never free
inline constexpr std::string_view kNoAccountAvailable = "no_account_available";  // all cooling down
inline constexpr std::string_view kDialectNotServed = "dialect_not_served";  // needs translation
inline constexpr std::string_view kNativeOnly = "native_only";  // translated, which is not allowed

inline constexpr std::string_view kResponseNotFound =
    "previous_response_not_found";  // whose account has stored it is gone
inline constexpr std::string_view kUpgradeRequired = "upgrade_required";  // no WebSocket here

// Why one account among others does not serve (explain).
inline constexpr std::string_view kAccountDisabled = "account_disabled";
inline constexpr std::string_view kAccountOtherModel = "account_other_model";
inline constexpr std::string_view kAccountProbing = "account_probing";  // another request tries it
inline constexpr std::string_view kAccountSlow = "account_slow";
inline constexpr std::string_view kAccountNearLimit = "account_near_limit";  // by its headers
inline constexpr std::string_view kAccountAtLimit = "account_at_limit";      // by its headers

// The upstream's part.
inline constexpr std::string_view kUpstreamConnect = "upstream_connect";  // DNS, TCP, TLS
inline constexpr std::string_view kUpstreamTimeout = "upstream_timeout";
inline constexpr std::string_view kUpstreamMalformed =
    "upstream_malformed";                                               // not HTTP, bad framing
inline constexpr std::string_view kUpstreamClosed = "upstream_closed";  // ended early
inline constexpr std::string_view kUpstreamRateLimited = "upstream_rate_limited";  // 429
inline constexpr std::string_view kUpstreamOverloaded = "upstream_overloaded";     // 529, 503
inline constexpr std::string_view kUpstreamError = "upstream_error";               // other 5xx
inline constexpr std::string_view kUpstreamRejected =
    "upstream_rejected";  // 400, 404, …: passed on
inline constexpr std::string_view kCredentialRejected = "credential_rejected";  // 401
inline constexpr std::string_view kModelRefused = "model_refused";  // 403: of an account's model
inline constexpr std::string_view kQuotaExhausted = "quota_exhausted";  // an account's, not a key's
inline constexpr std::string_view kStreamError = "stream_error";  // error event inside a stream
inline constexpr std::string_view kStreamIncomplete = "stream_incomplete";  // no terminal event
inline constexpr std::string_view kStreamLost = "stream_lost";  // events asked for are not kept

// Our own part.
inline constexpr std::string_view kClientGone = "client_gone";
inline constexpr std::string_view kRelayDied =
    "relay_died";  // killed while the request was under way; found by its next start
inline constexpr std::string_view kNotReady = "not_ready";    // no snapshot yet
inline constexpr std::string_view kSpoolFull = "spool_full";  // usage cannot be recorded
inline constexpr std::string_view kLimitsUnavailable =
    "limits_unavailable";  // Redis is away, and the policy says closed
inline constexpr std::string_view kOverloadedMemory =
    "overloaded_memory";  // the relay holds as many bytes as it may
inline constexpr std::string_view kShuttingDown = "shutting_down";
inline constexpr std::string_view kServiceAway = "service_away";  // a service behind is away
inline constexpr std::string_view kInternal = "internal";

}  // namespace weir::reason
