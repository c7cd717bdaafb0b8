// The words in which providers say what went wrong, inside an error's body or event. No I/O.
#pragma once

#include <cstdint>
#include <string_view>

#include "services/relay/accounts/error_object.h"

namespace weir::relay {

enum class ErrorWord : std::uint8_t {
  kNone,   // says nothing that is known
  kQuota,  // the account's money or quota is spent
  kOverload,
  kRateLimit,
  kCredential,
  kPermission,  // the account may not do this
  kNoModel,     // the provider does not have the model, or not for this account
  kCaller,
};

// By its sentence, where that says more than its type and code, else by those.
ErrorWord WordOf(const ErrorObject& error);
// By its sentence alone. A sentence counts only whole and at its place: what a provider echoes of a
// request cannot make one.
ErrorWord SentenceOf(const ErrorObject& error);
// Of a 404: the model is what was not found, and no file or the like.
bool NamesModel(const ErrorObject& error);
// Of a 400: thinking in the conversation was not accepted, for its signature or for its lack
// (Anthropic), or because its encryption is another account's (OpenAI).
bool RefusesThinking(const ErrorObject& error);
// Of a 400 of OpenAI's: the account has not stored what the request refers to.
bool MissesStored(const ErrorObject& error);

// How the body of a 200 begins: an error where an answer was due?
enum class Opening : std::uint8_t {
  kUnknown,  // more bytes are needed
  kAnswer,
  kError,
};
struct OpeningRead {
  Opening opening = Opening::kUnknown;
  std::string_view error;  // kError: the JSON that says so
};
// Event streams of all dialects: the first event that is more than a comment decides; an error
// right behind Anthropic's message_start, or OpenAI's response.created, still counts when it is
// there already.
OpeningRead ReadStreamOpening(std::string_view bytes);
// An answer that is one JSON object.
OpeningRead ReadJsonOpening(std::string_view bytes);

}  // namespace weir::relay
