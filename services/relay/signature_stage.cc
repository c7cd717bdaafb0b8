#include "services/relay/signature_stage.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "services/relay/account_choice.h"
#include "services/relay/accounts/error_words.h"
#include "services/relay/dialects/own_signature.h"
#include "services/relay/dialects/signature_hash.h"
#include "services/relay/signatures/signature_table.h"

namespace weir::relay {
namespace {

constexpr int kBadRequest = 400;

const SignedBlocks& BlocksOf(RequestContext& context, std::string_view body) {
  if (!context.signed_blocks.has_value()) {
    context.signed_blocks = SignedBlocks::Find(context.dialect, context.facts, body);
  }
  return *context.signed_blocks;
}

}  // namespace

bool MixesFamilies(const RequestContext& context) {
  const std::int64_t group_id = context.caller.group->id;
  switch (context.dialect) {
    case Dialect::kAnthropicMessages:
      return context.snapshot->MixesFamilies(group_id, SignatureKin::kAnthropic);
    case Dialect::kOpenAiResponses:
      return context.snapshot->MixesFamilies(group_id, SignatureKin::kOpenAi);
    case Dialect::kOpenAiChat:
    case Dialect::kGemini:
      break;
  }
  return false;
}

std::uint64_t KeeperFamily(RelayEnvironment& environment, const RequestContext& context) {
  const std::string& id = context.facts.previous_response;
  if (id.empty() || !MixesFamilies(context)) return 0;
  SignatureHash hash;
  hash.Add(id);
  const std::optional<SignatureMaker> maker = environment.signatures.Find(hash.value());
  return maker.has_value() && maker->made ? maker->family : 0;
}

bool IsKeptElsewhere(const RequestContext& context, std::string_view error) {
  if (context.dialect != Dialect::kOpenAiResponses || !MixesFamilies(context)) return false;
  return context.record.attempts.back().http_status == kBadRequest &&
         MissesStored(ReadErrorObject(error));
}

SignedBlocks::Drop DropForeign(RelayEnvironment& environment, RequestContext& context,
                               std::string_view body, const Account& account) {
  const bool refused = context.signature_refused_by == account.id;
  if (!refused && !MixesFamilies(context)) return {};
  const SignedBlocks& blocks = BlocksOf(context, body);
  if (blocks.hashes().empty()) return {};
  const std::uint64_t home = HomeFamily(environment, context);
  std::vector<bool> drop;
  for (const std::uint64_t hash : blocks.hashes()) {
    const bool may_go = hash != kOwnSignatureHash &&
                        MayGoTo(account.family, home, environment.signatures.Find(hash));
    drop.push_back(refused || !may_go);
  }
  const auto dropped = std::count(drop.begin(), drop.end(), true);
  if (dropped == 0) return {};
  LoopCounters::Add(environment.counters.signed_blocks_dropped,
                    static_cast<std::uint64_t>(dropped));
  return blocks.Without(drop, context.facts, body);
}

bool NoteRefusedSignature(RelayEnvironment& environment, RequestContext& context,
                          std::string_view body, const Account& account, std::string_view error) {
  if (context.record.attempts.back().http_status != kBadRequest) return false;
  if (context.signature_refused_by != 0 || context.translation != nullptr) return false;
  if (!RefusesThinking(ReadErrorObject(error))) return false;
  const SignedBlocks& blocks = BlocksOf(context, body);
  if (blocks.hashes().empty()) return false;
  context.signature_refused_by = account.id;
  // What this relay has seen the family make itself is not at fault.
  std::vector<std::uint64_t> unknown;
  for (const std::uint64_t hash : blocks.hashes()) {
    if (!environment.signatures.Find(hash).has_value()) unknown.push_back(hash);
  }
  environment.signatures.Learn(unknown, {account.family, /*made=*/false});
  return true;
}

}  // namespace weir::relay
