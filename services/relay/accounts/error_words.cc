#include "services/relay/accounts/error_words.h"

#include <algorithm>
#include <array>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::string_view kSpace = " \t\r\n";

struct Word {
  std::string_view text;
  ErrorWord meaning;
};

constexpr std::array kWords = {
    Word{"insufficient_quota", ErrorWord::kQuota},
    Word{"billing_hard_limit_reached", ErrorWord::kQuota},
    Word{"billing_not_active", ErrorWord::kQuota},
    Word{"billing_error", ErrorWord::kQuota},
    Word{"enforced_spend_limit_reached", ErrorWord::kQuota},
    Word{"overloaded_error", ErrorWord::kOverload},
    Word{"overloaded", ErrorWord::kOverload},
    Word{"engine_overloaded", ErrorWord::kOverload},
    Word{"server_is_overloaded", ErrorWord::kOverload},
    Word{"service_unavailable", ErrorWord::kOverload},
    Word{"503", ErrorWord::kOverload},
    Word{"529", ErrorWord::kOverload},
    Word{"rate_limit_error", ErrorWord::kRateLimit},
    Word{"rate_limit_exceeded", ErrorWord::kRateLimit},
    Word{"429", ErrorWord::kRateLimit},
    Word{"authentication_error", ErrorWord::kCredential},
    Word{"invalid_api_key", ErrorWord::kCredential},
    Word{"account_deactivated", ErrorWord::kCredential},
    Word{"account_disabled", ErrorWord::kCredential},
    Word{"organization_disabled", ErrorWord::kCredential},
    Word{"401", ErrorWord::kCredential},
    Word{"permission_error", ErrorWord::kPermission},
    Word{"403", ErrorWord::kPermission},
    Word{"model_not_found", ErrorWord::kNoModel},
    Word{"402", ErrorWord::kQuota},
    Word{"invalid_request_error", ErrorWord::kCaller},
    Word{"not_found_error", ErrorWord::kCaller},
    Word{"request_too_large", ErrorWord::kCaller},
    Word{"context_length_exceeded", ErrorWord::kCaller},
    Word{"content_filter", ErrorWord::kCaller},
    Word{"400", ErrorWord::kCaller},
    Word{"413", ErrorWord::kCaller},
    Word{"422", ErrorWord::kCaller},
    Word{"API_KEY_INVALID", ErrorWord::kCredential},
    Word{"API_KEY_SERVICE_BLOCKED", ErrorWord::kCredential},
    Word{"UNAUTHENTICATED", ErrorWord::kCredential},
    Word{"PERMISSION_DENIED", ErrorWord::kPermission},
    Word{"RESOURCE_EXHAUSTED", ErrorWord::kRateLimit},
    Word{"UNAVAILABLE", ErrorWord::kOverload},
    Word{"INVALID_ARGUMENT", ErrorWord::kCaller},
    Word{"FAILED_PRECONDITION", ErrorWord::kCaller},
    Word{"NOT_FOUND", ErrorWord::kCaller},
    Word{"OUT_OF_RANGE", ErrorWord::kCaller},
};

// What some say in words only, under a type that says something else. `#` is any digit.
constexpr std::array kSentences = {
    Word{"Your credit balance is too low to access the Anthropic API.", ErrorWord::kQuota},
    Word{"Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing "
         "to upgrade or purchase credits.",
         ErrorWord::kQuota},
    Word{"You have reached your specified API usage limits. You will regain access on ####-##-## "
         "at ##:## UTC.",
         ErrorWord::kQuota},
    Word{"You have reached your specified workspace API usage limits. You will regain access on "
         "####-##-## at ##:## UTC.",
         ErrorWord::kQuota},
    Word{"This organization has been disabled.", ErrorWord::kCredential},
    Word{"OAuth token has been revoked.", ErrorWord::kCredential},
    Word{"OAuth token has been revoked. Please obtain a new token.", ErrorWord::kCredential},
};

// How a message begins that says a model is not there; texts are as in JSON.
constexpr std::array<std::string_view, 4> kNoModel = {"model: ", "The model `", R"(model \")",
                                                      "models/"};

// What follows the block's place in a refusal of thinking.
constexpr std::array<std::string_view, 8> kThinkingRefused = {
    ": Invalid `signature` in `thinking` block",
    ": Invalid `data` in `redacted_thinking` block",
    ": `thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified",
    ": Expected `thinking` or `redacted_thinking`, but found ",
    ".type: Expected `thinking` or `redacted_thinking`, but found ",
    ".thinking.signature: ",
    ".signature: ",
    ".redacted_thinking.data: ",
};

ErrorWord MeaningOf(std::string_view text) {
  if (text.empty()) return ErrorWord::kNone;
  for (const Word& word : kWords) {
    if (word.text == text) return word.meaning;
  }
  return ErrorWord::kNone;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool Fits(std::string_view sentence, std::string_view message) {
  return std::equal(sentence.begin(), sentence.end(), message.begin(), message.end(),
                    [](char s, char m) { return s == '#' ? IsDigit(m) : s == m; });
}

// Takes `word` and a number from the front: "messages." and "12".
bool TakeNumbered(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  const std::size_t end = text.find_first_not_of("0123456789");
  if (end == 0 || end == kNone) return false;
  text.remove_prefix(end);
  return true;
}

enum class Prefix : std::uint8_t { kYes, kNo, kCut };

// Whether `json` begins with `mark`, but for the space between its tokens.
Prefix BeginsWith(std::string_view json, std::string_view mark) {
  for (const char c : json) {
    if (mark.empty()) return Prefix::kYes;
    if (kSpace.find(c) != kNone) continue;
    if (c != mark.front()) return Prefix::kNo;
    mark.remove_prefix(1);
  }
  return mark.empty() ? Prefix::kYes : Prefix::kCut;
}

// The first member of the outermost object: "error", or "type":"error".
Opening JsonOpening(std::string_view json) {
  Opening opening = Opening::kAnswer;
  for (const std::string_view mark :
       {R"({"error":{)", R"({"error":")", R"({"type":"error")", R"([{"error":{)"}) {
    const Prefix prefix = BeginsWith(json, mark);
    if (prefix == Prefix::kYes) return Opening::kError;
    if (prefix == Prefix::kCut) opening = Opening::kUnknown;
  }
  return opening;
}

struct Event {
  std::string_view name;
  std::string_view data;  // its first data line
  std::size_t end = 0;    // behind its empty line
};

// Cuts the event at `at`; end stays 0 when it is not whole.
Event EventAt(std::string_view bytes, std::size_t at) {
  Event event;
  while (at < bytes.size()) {
    const std::size_t newline = bytes.find_first_of("\r\n", at);
    if (newline == kNone) return event;
    const std::string_view line = bytes.substr(at, newline - at);
    at = newline + 1;
    if (bytes[newline] == '\r') {
      if (at == bytes.size()) return event;  // perhaps half of \r\n
      if (bytes[at] == '\n') ++at;
    }
    if (line.empty()) {
      event.end = at;
      return event;
    }
    if (line.starts_with("event:")) event.name = StripSpace(line.substr(6));
    if (line.starts_with("data:") && event.data.empty()) event.data = StripSpace(line.substr(5));
  }
  return event;
}

// The text behind `{"type":`; empty when `json` begins otherwise.
std::string_view LeadingType(std::string_view json) {
  constexpr std::string_view kBegin = R"({"type":)";
  if (!json.starts_with(kBegin)) return {};
  json.remove_prefix(kBegin.size());
  const std::size_t begin = json.find_first_not_of(kSpace);
  if (begin == kNone || json[begin] != '"') return {};
  json.remove_prefix(begin + 1);
  return json.substr(0, json.find('"'));
}

// OpenAI's Responses say what an event is in its data too, and some servers leave out its name.
std::string_view NameOf(const Event& event) {
  return event.name.empty() ? LeadingType(event.data) : event.name;
}

// What comes before anything that a model says.
bool IsBeginning(std::string_view type) {
  constexpr std::array<std::string_view, 5> kBeginnings = {
      "message_start", "ping", "response.created", "response.in_progress", "response.queued"};
  return std::find(kBeginnings.begin(), kBeginnings.end(), type) != kBeginnings.end();
}

constexpr std::string_view kResponseFailed = "response.failed";

}  // namespace

ErrorWord SentenceOf(const ErrorObject& error) {
  for (const Word& sentence : kSentences) {
    if (Fits(sentence.text, error.message)) return sentence.meaning;
  }
  return ErrorWord::kNone;
}

ErrorWord WordOf(const ErrorObject& error) {
  if (const ErrorWord said = SentenceOf(error); said != ErrorWord::kNone) return said;
  for (const std::string_view text : {error.detail_code, error.code, error.type}) {
    if (const ErrorWord word = MeaningOf(text); word != ErrorWord::kNone) return word;
  }
  return ErrorWord::kNone;
}

bool NamesModel(const ErrorObject& error) {
  if (WordOf(error) == ErrorWord::kNoModel) return true;
  return std::any_of(kNoModel.begin(), kNoModel.end(), [&error](std::string_view beginning) {
    return error.message.starts_with(beginning);
  });
}

bool RefusesThinking(const ErrorObject& error) {
  if (error.code == "invalid_encrypted_content") return true;
  if (error.type != "invalid_request_error") return false;
  std::string_view rest = error.message;
  if (!TakeNumbered(rest, "messages.") || !TakeNumbered(rest, ".content.")) return false;
  return std::any_of(kThinkingRefused.begin(), kThinkingRefused.end(),
                     [rest](std::string_view words) { return rest.starts_with(words); });
}

bool MissesStored(const ErrorObject& error) {
  return error.code == "previous_response_not_found" ||
         (error.type == "invalid_request_error" && error.message.starts_with("Item with id "));
}

OpeningRead ReadStreamOpening(std::string_view bytes) {
  bool begun = false;
  for (std::size_t at = 0;;) {
    const Event event = EventAt(bytes, at);
    if (event.end == 0) return {begun ? Opening::kAnswer : Opening::kUnknown, {}};
    at = event.end;
    if (event.name.empty() && event.data.empty()) continue;  // a comment
    if (event.name == "error" || JsonOpening(event.data) == Opening::kError) {
      return {Opening::kError, event.data};
    }
    const std::string_view type = NameOf(event);
    if (type == kResponseFailed) return {Opening::kError, event.data};
    if (!IsBeginning(type)) return {Opening::kAnswer, {}};
    begun = true;
  }
}

OpeningRead ReadJsonOpening(std::string_view bytes) {
  const Opening opening = JsonOpening(bytes);
  return {opening, opening == Opening::kError ? bytes : std::string_view()};
}

}  // namespace weir::relay
