#include "services/relay/reply_table.h"

#include <algorithm>
#include <array>

#include "libs/common/reason.h"

namespace weir::relay {
namespace {

constexpr std::string_view kInvalid = "invalid_request_error";
constexpr std::string_view kAuthentication = "authentication_error";
constexpr std::string_view kPermission = "permission_error";
constexpr std::string_view kNotThere = "not_found_error";
constexpr std::string_view kRateLimit = "rate_limit_error";
constexpr std::string_view kServer = "server_error";
constexpr std::string_view kApi = "api_error";
constexpr std::string_view kOverloaded = "overloaded_error";
constexpr std::string_view kQuota = "insufficient_quota";
constexpr std::string_view kInvalidKey = "invalid_api_key";
constexpr std::string_view kTooFast = "rate_limit_exceeded";

constexpr std::array kRows = {
    ReplyRow{reason::kBadRequest,
             {400, kInvalid},
             {400, kInvalid},
             "The request is not proper HTTP/1.1: {}."},
    ReplyRow{reason::kBadParameter, {400, kInvalid}, {400, kInvalid}, "{}"},
    ReplyRow{reason::kMalformedJson, {400, kInvalid}, {400, kInvalid}, "{}"},
    ReplyRow{reason::kBodyTooLarge,
             {413, "request_too_large"},
             {413, kInvalid},
             "The request's body is larger than {} bytes. Send less."},
    ReplyRow{reason::kHeadTooLarge,
             {431, kInvalid},
             {431, kInvalid},
             "The request's head is larger than {} bytes or has over {} fields."},
    ReplyRow{reason::kRequestTimeout,
             {408, "timeout_error"},
             {408, kInvalid},
             "The request's {} did not come in time. Send it without pauses."},
    ReplyRow{reason::kUnknownEndpoint,
             {404, kNotThere},
             {404, kInvalid},
             "There is no endpoint {} {} here; GET /v1/models lists what is served, the "
             "documentation where."},
    ReplyRow{reason::kNotFound,
             {404, kNotThere},
             {404, kInvalid},
             "There is no such stream here for this key. It may have ended longer ago than streams "
             "are kept, or belong to another relay."},
    ReplyRow{reason::kStreamLost,
             {410, kNotThere},
             {410, kInvalid},
             "The events behind {} of this stream are not kept any more."},
    ReplyRow{reason::kMethodNotAllowed,
             {405, kInvalid},
             {405, kInvalid},
             "The method {} is not for {}."},
    ReplyRow{reason::kUnsupportedEncoding,
             {415, kInvalid},
             {415, kInvalid},
             "Content-Encoding {} is not accepted for requests. Send the body uncompressed."},
    ReplyRow{reason::kKeyMissing,
             {401, kAuthentication},
             {401, kInvalid},
             "No API key was sent. Send one issued by this gateway as Authorization: Bearer, "
             "x-api-key, api-key or x-goog-api-key.",
             0,
             kInvalidKey,
             false},
    ReplyRow{reason::kKeyUnknown,
             {401, kAuthentication},
             {401, kInvalid},
             "This API key is not known here. Use a key issued by this gateway, not a provider's; "
             "check that it was copied whole.",
             0,
             kInvalidKey,
             false},
    ReplyRow{reason::kKeyDisabled,
             {403, kPermission},
             {403, kPermission},
             "This API key is disabled. Ask an administrator to enable it."},
    ReplyRow{reason::kKeyExpired,
             {403, kPermission},
             {403, kPermission},
             "This API key has expired. Ask an administrator for a new one."},
    ReplyRow{
        reason::kTokenExpired,
        {401, kAuthentication},
        {401, kInvalid},
        "This playground token has expired: it is good for ten minutes. Ask for another one, or "
        "use an API key.",
        0,
        kInvalidKey,
        false},
    ReplyRow{reason::kKeyExhausted,
             {403, kPermission},
             {403, kQuota},
             "This API key's budget is spent. Ask an administrator to raise its limit.",
             0,
             kQuota,
             /*worth_retrying=*/false},
    ReplyRow{reason::kUserDisabled,
             {403, kPermission},
             {403, kPermission},
             "The user who owns this API key is disabled. Ask an administrator."},
    ReplyRow{reason::kGroupDisabled,
             {403, kPermission},
             {403, kPermission},
             "The group of this API key is disabled. Ask an administrator."},
    ReplyRow{reason::kIpNotAllowed,
             {403, kPermission},
             {403, kPermission},
             "This API key may not be used from this address."},
    ReplyRow{reason::kModelNotAllowed,
             {403, kPermission},
             {403, kPermission},
             "This API key may not use the model {}."},
    ReplyRow{reason::kRateLimited,
             {429, kRateLimit},
             {429, "requests"},
             "The {}'s limit of {} {} is reached. Try again {}.",
             0,
             kTooFast},
    ReplyRow{reason::kBudgetExceeded,
             {429, kRateLimit},
             {429, kQuota},
             "{} has not enough left for this request. {}",
             0,
             kQuota,
             false},
    ReplyRow{
        reason::kBudgetBusy,
        {429, kRateLimit},
        {429, "requests"},
        "{} has too little left beside the requests under way. Try again when they have ended.",
        1},
    ReplyRow{reason::kServiceAway,
             {503, kApi},
             {503, kServer},
             "{} cannot be checked at the moment. Try again.",
             1},
    ReplyRow{reason::kModelNotFound,
             {404, kNotThere},
             {404, kInvalid},
             "The model {} is not served here for this key. GET /v1/models lists those that are."},
    ReplyRow{reason::kDialectNotServed,
             {400, kInvalid},
             {400, kInvalid},
             "The model {} is served here, but not on {}. Use the endpoint of its own provider."},
    ReplyRow{reason::kNativeOnly,
             {400, kInvalid},
             {400, kInvalid},
             "The model {} is served here by providers of another protocol alone, and for this key "
             "or model nothing is translated (native_only). Use the endpoint of its own provider."},
    ReplyRow{reason::kResponseNotFound,
             {400, kInvalid},
             {400, kInvalid},
             "No account of this key has stored the answer {}. Send the whole conversation instead "
             "of its id."},
    ReplyRow{reason::kUpgradeRequired,
             {426, kInvalid},
             {426, kInvalid},
             "There is no WebSocket at {}. Send a POST instead."},
    ReplyRow{reason::kModelUnpriced,
             {400, kInvalid},
             {400, kInvalid},
             "The model {} has no price here and is therefore not served. An administrator can add "
             "one under prices."},
    ReplyRow{reason::kModelRefused,
             {404, kNotThere},
             {404, kInvalid},
             "No account here may use the model {} at its provider for this request. It would be "
             "refused again; an administrator can ask for access.",
             0,
             reason::kModelNotFound},
    ReplyRow{reason::kNoAccountAvailable,
             {529, kOverloaded},
             {503, kServer},
             "No account that serves {} is free now. Try again later."},
    ReplyRow{reason::kUpstreamConnect,
             {502, kApi},
             {502, kServer},
             "The provider of {} cannot be reached."},
    ReplyRow{reason::kUpstreamTimeout,
             {504, "timeout_error"},
             {504, kServer},
             "The provider of {} did not answer in time."},
    ReplyRow{reason::kUpstreamMalformed,
             {502, kApi},
             {502, kServer},
             "The provider of {} gave no proper answer. Try again."},
    ReplyRow{reason::kUpstreamClosed,
             {502, kApi},
             {502, kServer},
             "The provider of {} gave no proper answer. Try again."},
    ReplyRow{reason::kUpstreamError,
             {502, kApi},
             {502, kServer},
             "The provider of {} gave no proper answer. Try again."},
    ReplyRow{reason::kUpstreamRateLimited,
             {429, kRateLimit},
             {429, "requests"},
             "The provider's rate limit for {} is reached. Try again later.",
             0,
             kTooFast},
    ReplyRow{reason::kUpstreamOverloaded,
             {529, kOverloaded},
             {503, kServer},
             "The provider of {} is overloaded. Try again later."},
    ReplyRow{reason::kQuotaExhausted,
             {529, kOverloaded},
             {503, kServer},
             "The gateway's account for {} has spent its quota at its provider. Try again later."},
    ReplyRow{reason::kUpstreamRejected,
             {400, kInvalid},
             {400, kInvalid},
             "The provider of {} refused the request with status {} and gave no reason in this "
             "protocol. It would be refused again."},
    ReplyRow{
        reason::kCredentialRejected,
        {503, kApi},
        {503, kServer},
        "The gateway's account for {} was refused by its provider. An administrator has to act."},
    ReplyRow{reason::kStreamError,
             {502, kApi},
             {502, kServer},
             "The provider ended its answer with an error. Try again."},
    ReplyRow{reason::kStreamIncomplete,
             {502, kApi},
             {502, kServer},
             "The provider's answer broke off before its end. Try again."},
    ReplyRow{reason::kNotReady,
             {503, kApi},
             {503, kServer},
             "This gateway has no configuration yet. Try again in a moment.",
             1},
    ReplyRow{reason::kSpoolFull,
             {503, kApi},
             {503, kServer},
             "Usage cannot be recorded at the moment, so nothing is served. Try again.",
             5},
    ReplyRow{
        reason::kLimitsUnavailable,
        {503, kApi},
        {503, kServer},
        "Limits cannot be checked at the moment, so nothing that has limits is served. Try again.",
        1},
    ReplyRow{
        reason::kOverloadedMemory,
        {503, kApi},
        {503, kServer},
        "The gateway holds as many bytes of requests and answers as it may. Try again in a moment.",
        1},
    ReplyRow{
        reason::kInternal,
        {500, kApi},
        {500, kServer},
        "The gateway made a mistake. Try again; an administrator finds it by the request's id."},
};

struct Variant {
  std::string_view reason;
  Telling telling;
  std::string_view sentence;
};

constexpr std::array kVariants = {
    Variant{reason::kUpstreamTimeout, Telling::kMidAnswer,
            "The provider stopped sending in the middle of its answer. Try again."},
    Variant{reason::kBudgetExceeded, Telling::kMidAnswer,
            "A budget has not enough left for this answer."},
    Variant{reason::kUpstreamMalformed, Telling::kUnreadable,
            "The provider of {} answered in an encoding nobody asked for."},
    Variant{reason::kUpstreamMalformed, Telling::kMidAnswer,
            "The provider's answer is not what its protocol says, so it cannot be translated."},
    Variant{
        reason::kUpstreamMalformed, Telling::kUnknownPieces,
        "The provider sent a stream though a whole answer was asked for, with pieces of a block "
        "of type {} that the gateway cannot put together. Ask for a stream."},
    Variant{reason::kBadParameter, Telling::kUntranslatable,
            "{}. The model {} is served here by a provider that speaks {}, into which this request "
            "cannot be translated."},
    Variant{reason::kRateLimited, Telling::kTooLarge,
            "The request needs about {} tokens, more than the {}'s limit of {} tokens per minute. "
            "Send less."},
};

}  // namespace

std::span<const ReplyRow> ReplyTable() { return kRows; }

const ReplyRow& ReplyRowOf(std::string_view reason) {
  const auto* found = std::find_if(kRows.begin(), kRows.end(),
                                   [reason](const ReplyRow& row) { return row.reason == reason; });
  return found == kRows.end() ? kRows.back() : *found;
}

std::string_view ReplySentence(const ReplyRow& row, Telling telling) {
  const auto* found =
      std::find_if(kVariants.begin(), kVariants.end(), [&row, telling](const Variant& variant) {
        return variant.reason == row.reason && variant.telling == telling;
      });
  return found == kVariants.end() ? row.sentence : found->sentence;
}

}  // namespace weir::relay
