#include "services/relay/account_choice.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/random/random.h"

#include "libs/common/clock.h"
#include "libs/common/reason.h"
#include "services/relay/accounts/session_memory.h"
#include "services/relay/dialects/conversation.h"
#include "services/relay/metering/usage_spool.h"
#include "services/relay/route_stage.h"
#include "services/relay/signature_stage.h"
#include "services/relay/translation_stage.h"

namespace weir::relay {
namespace {

// More than are tried, since those that are full, or being tried, are passed over.
constexpr std::size_t kCandidatesMax = 32;

// The session that the client names, in the order of how surely it is one.
std::string_view SessionOf(const RequestContext& context, const RequestHead& head) {
  if (const std::string_view id = head.Find("x-claude-code-session-id"); !id.empty()) return id;
  if (!context.facts.affinity.empty()) return SessionOfUserId(context.facts.affinity);
  for (const std::string_view name :
       {"x-session-affinity", "session-id", "thread-id", "x-session-id"}) {
    if (const std::string_view id = head.Find(name); !id.empty()) return id;
  }
  return {};
}

// Requests of one conversation choose alike, so that the provider's prompt cache stays warm. Who
// names none is known by how it began.
void SetSeed(RequestContext& context, const RequestHead& head, std::string_view body) {
  const std::string_view session = SessionOf(context, head);
  context.has_session = true;
  if (!session.empty()) {
    context.seed = context.record.session = SeedOfSession(session);
    return;
  }
  const ConversationStart start = ReadConversationStart(context.facts, body);
  if (!start.first_user_text.empty()) {
    const auto key = static_cast<std::uint64_t>(context.caller.key->id);
    context.seed = MixBits(key ^ StableHash(start.system)) ^ StableHash(start.first_user_text);
    context.record.session = context.seed;
    return;
  }
  thread_local absl::BitGen random;
  context.seed = absl::Uniform<std::uint64_t>(random);
  context.has_session = false;
}

// False: no account serves it now; `selection` says why.
bool ChooseFor(const RelayEnvironment& environment, const RequestContext& context,
               const RouteStep& step, FreeAgain& free_again, Selection& selection) {
  selection = SelectAccounts(*context.snapshot, SelectionFor(context, step, environment.sessions),
                             kCandidatesMax);
  if (!selection.accounts.empty()) return true;
  if (selection.earliest_unix_ms != 0) free_again.Note(selection.earliest_unix_ms - UnixMs());
  return false;
}

}  // namespace

std::uint64_t SeedOfSession(std::string_view session) { return StableHash(session); }

SelectionRequest SelectionFor(const RequestContext& context, const RouteStep& step,
                              const SessionMemory& sessions) {
  SelectionRequest request;
  request.group_id = context.caller.group->id;
  request.model = step.model;
  request.dialect = context.dialect;
  request.translatable = TranslatableDialects(context);
  request.native_only = NativeOnly(context, step);
  request.now_unix_ms = context.record.started_at_unix_ms;
  request.seed = context.seed;
  request.only_family = context.keeper_family;
  if (context.has_session) request.sessions = &sessions;
  request.must_be_priced = context.endpoint->operation == Operation::kGenerate &&
                           !context.snapshot->settings().serve_unpriced_models;
  return request;
}

Refusal ChooseAccounts(RelayEnvironment& environment, RequestContext& context,
                       const RequestHead& head, std::string_view body, Selection& selection) {
  if (!environment.spool.CanAccept() && !environment.serve_unrecorded) {
    return MakeReply(reason::kSpoolFull);
  }
  SetSeed(context, head, body);
  context.keeper_family = KeeperFamily(environment, context);
  FreeAgain free_again;
  if (ChooseFor(environment, context, context.step(), free_again, selection)) return std::nullopt;
  const std::string_view first = selection.reason;
  if (ChooseFallback(environment, context, free_again, selection)) return std::nullopt;
  if (context.keeper_family != 0 && first == reason::kModelNotFound) {
    return MakeReply(reason::kResponseNotFound, context.facts.previous_response);
  }
  // What stood in the way of the first one, unless waiting for another one is of use.
  LocalReply reply = MakeReply(free_again.in_ms() > 0 ? reason::kNoAccountAvailable : first,
                               context.facts.model, context.endpoint->path);
  reply.retry_after_s = free_again.in_s();
  return reply;
}

bool ChooseFallback(RelayEnvironment& environment, RequestContext& context, FreeAgain& free_again,
                    Selection& selection) {
  for (std::size_t i = context.step_index + 1; i < context.plan.steps.size(); ++i) {
    Selection next;
    if (!ChooseFor(environment, context, context.plan.steps[i], free_again, next)) continue;
    context.step_index = i;
    selection = std::move(next);
    return true;
  }
  return false;
}

std::uint64_t HomeFamily(const RelayEnvironment& environment, const RequestContext& context) {
  const SelectionRequest request =
      SelectionFor(context, context.plan.steps.front(), environment.sessions);
  const Account* home = HomeAccount(*context.snapshot, request);
  return home == nullptr ? 0 : home->family;
}

}  // namespace weir::relay
