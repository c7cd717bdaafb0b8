#include "services/relay/answer_opening.h"

#include <algorithm>
#include <string_view>

#include "libs/common/text.h"
#include "services/relay/accounts/error_words.h"

namespace weir::relay {
namespace {

// For the body of a refusal: it comes with its head, or is not worth more.
constexpr std::int64_t kErrorBodyMs = 1'000;
// Something came, but no event: comments that keep a client's connection alive must not be kept
// from it for long.
constexpr std::int64_t kHeldMs = 5'000;
// An event that is larger than this is no error.
constexpr std::size_t kOpeningBytesMax = 16 * 1024;

enum class Kind : std::uint8_t { kPasses, kStream, kJson, kRefusal };

Kind KindOf(const UpstreamCall& call) {
  const ResponseHead& head = call.head();
  if (call.body_empty()) return Kind::kPasses;
  if (const std::string_view encoding = head.Find("content-encoding");
      !encoding.empty() && !EqualsIgnoreCase(encoding, "identity")) {
    return Kind::kPasses;
  }
  if (head.status >= 300) return WantsBody(head) ? Kind::kRefusal : Kind::kPasses;
  if (head.HasType("text/event-stream")) return Kind::kStream;
  return head.HasType("application/json") ? Kind::kJson : Kind::kPasses;
}

Opening OpeningOf(Kind kind, std::string_view bytes) {
  if (bytes.size() > kOpeningBytesMax) return Opening::kAnswer;
  return (kind == Kind::kStream ? ReadStreamOpening(bytes) : ReadJsonOpening(bytes)).opening;
}

Task<AttemptOutcome> AwaitRefusal(UpstreamCall& call, std::int64_t deadline_ms) {
  deadline_ms = std::min(deadline_ms, call.now_ms() + kErrorBodyMs);
  while (!call.peek_ended() && call.Peek().size() < kErrorBodyBytesMax) {
    const AttemptOutcome outcome = co_await call.AwaitMore(deadline_ms);
    if (outcome == AttemptOutcome::kClientGone) co_return outcome;
    if (outcome != AttemptOutcome::kAnswered) break;  // what came must do
  }
  co_return AttemptOutcome::kAnswered;
}

}  // namespace

bool OpensWell(UpstreamCall& call) {
  const Kind kind = KindOf(call);
  if (kind == Kind::kPasses) return true;
  const std::string_view bytes = call.Peek();
  if (kind == Kind::kRefusal) return call.peek_ended();
  return OpeningOf(kind, bytes) == Opening::kAnswer;
}

Task<AttemptOutcome> AwaitOpening(UpstreamCall& call, std::int64_t deadline_ms) {
  const Kind kind = KindOf(call);
  if (kind == Kind::kRefusal) {
    const AttemptOutcome outcome = co_await AwaitRefusal(call, deadline_ms);
    co_return outcome;
  }
  std::int64_t held_until_ms = 0;
  for (;;) {
    const std::string_view bytes = call.Peek();
    const Opening opening = OpeningOf(kind, bytes);
    if (opening == Opening::kError) co_return AttemptOutcome::kErrorInAnswer;
    if (opening == Opening::kAnswer) co_return AttemptOutcome::kAnswered;
    // Ended before it had begun; what came and is no event passes on and is told as incomplete.
    if (call.peek_ended()) {
      co_return bytes.empty() ? AttemptOutcome::kClosed : AttemptOutcome::kAnswered;
    }
    if (!bytes.empty() && held_until_ms == 0) {
      held_until_ms = std::min(deadline_ms, call.now_ms() + kHeldMs);
    }
    const AttemptOutcome outcome =
        co_await call.AwaitMore(held_until_ms == 0 ? deadline_ms : held_until_ms);
    if (outcome == AttemptOutcome::kTimedOut && !call.Peek().empty()) {
      co_return AttemptOutcome::kAnswered;
    }
    if (outcome != AttemptOutcome::kAnswered) co_return outcome;
  }
}

}  // namespace weir::relay
