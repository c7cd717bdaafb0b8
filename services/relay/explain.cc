#include "services/relay/explain.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <unordered_map>
#include <vector>

#include "libs/common/clock.h"
#include "libs/common/cost.h"
#include "libs/common/reason.h"
#include "services/relay/account_choice.h"
#include "services/relay/request_context.h"
#include "services/relay/route_stage.h"
#include "services/relay/snapshot/snapshot_tables.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

constexpr std::size_t kAccountsMax = 500;  // listed for one model

const Endpoint* EndpointOf(std::string_view protocol) {
  for (const std::string_view path : {"/v1/messages", "/v1/chat/completions", "/v1/responses",
                                      "/v1beta/models/m:generateContent"}) {
    const Endpoint* endpoint = FindEndpoint("POST", path).endpoint;
    if (endpoint != nullptr && DialectName(endpoint->dialect) == protocol) return endpoint;
  }
  return nullptr;
}

void ReadFacts(const v1::ExplainRequest& question, RequestContext& context) {
  RequestFacts& facts = context.facts;
  facts.model = question.model();
  facts.stream = question.stream();
  facts.thinks = question.thinking();
  facts.has_tools = question.tools();
  facts.messages.size = 1;  // it is a conversation; there is no body that this would be a place in
  if (question.max_tokens() > 0) facts.max_tokens.number = question.max_tokens();
  context.estimated_input_tokens = question.input_tokens();
}

// As the first stages of the path would have it; a reason when one of them would refuse.
std::string_view Prepare(const v1::ExplainRequest& question, RequestContext& context) {
  context.record.started_at_unix_ms = UnixMs();
  context.endpoint = EndpointOf(question.protocol());
  if (context.endpoint == nullptr) return reason::kUnknownEndpoint;
  context.dialect = context.endpoint->dialect;
  const ApiKey* key = context.snapshot->tables().keys->Find(question.key_id());
  if (key == nullptr) return reason::kKeyUnknown;
  context.caller = CallerOf(*context.snapshot, *key, context.record.started_at_unix_ms);
  if (!context.caller.reason.empty()) return context.caller.reason;
  ReadFacts(question, context);
  if (!MayUseModel(*key, question.model())) return reason::kModelNotAllowed;
  context.has_session = !question.session().empty();
  context.seed = SeedOfSession(question.session());
  PlanRouteFor(context, [&question] { return question.images(); });
  return {};
}

// Of the conversations, the part that has each account for its first choice: by weight, among those
// of the smallest priority number that simply serve.
class Shares {
 public:
  Shares(const Selection& selection,
         const std::unordered_map<const Account*, const Judgement*>& judged) {
    for (const Account* account : selection.accounts) {
      if (judged.contains(account)) continue;
      if (weight_ == 0) priority_ = account->priority;
      if (account->priority == priority_) weight_ += account->weight;
    }
  }

  std::uint32_t PpmOf(const Account& account) const {
    if (weight_ == 0 || account.priority != priority_) return 0;
    return static_cast<std::uint32_t>(account.weight * std::uint64_t{kPpmOne} / weight_);
  }

 private:
  std::uint32_t priority_ = 0;
  std::uint64_t weight_ = 0;
};

v1::ExplainedAccount& Add(const Account& account, std::string_view model,
                          v1::ExplainedModel& answer) {
  v1::ExplainedAccount& out = *answer.add_accounts();
  out.set_account_id(account.id);
  out.set_name(account.name);
  out.set_priority(account.priority);
  out.set_weight(account.weight);
  out.set_upstream_model(std::string(account.model_mapping.Map(model)));
  return out;
}

Selection ExplainModel(const RequestContext& context, const SessionMemory& sessions,
                       v1::ExplainedModel& answer) {
  const RouteStep& step = context.step();
  std::vector<Judgement> judgements;
  SelectionRequest request = SelectionFor(context, step, sessions);
  request.judgements = &judgements;
  Selection selection =
      SelectAccounts(*context.snapshot, request, std::numeric_limits<std::size_t>::max());
  answer.set_model(std::string(step.model));
  answer.set_reason(std::string(selection.reason));

  std::unordered_map<const Account*, const Judgement*> judged;
  for (const Judgement& judgement : judgements) judged[judgement.account] = &judgement;
  const Shares shares(selection, judged);
  std::size_t listed = 0;
  const auto put = [&](const Account& account, std::uint32_t rank) {
    if (listed++ >= kAccountsMax) return;
    v1::ExplainedAccount& out = Add(account, step.model, answer);
    out.set_rank(rank);
    if (const std::optional<Dialect> dialect =
            TranslatedTo(account, request.dialect, request.translatable)) {
      out.set_translated_to(std::string(DialectName(*dialect)));
    }
    const auto found = judged.find(&account);
    if (found == judged.end()) {
      out.set_share_ppm(shares.PpmOf(account));
      return;
    }
    out.set_reason(std::string(found->second->reason));
    out.set_until_unix_ms(found->second->until_unix_ms);
  };
  std::uint32_t rank = 0;
  for (const Account* account : selection.accounts) put(*account, ++rank);
  for (const Judgement& judgement : judgements) {
    const bool tried = judgement.verdict < Verdict::kOtherModel;  // listed with its rank
    if (!tried) put(*judgement.account, 0);
  }
  answer.set_left_out(static_cast<std::int64_t>(listed - std::min(listed, kAccountsMax)));
  return selection;
}

// Those that would be tried, as they stand first in the answer.
void LookAtAccounts(const RequestContext& context, const Selection& selection,
                    std::int64_t input_tokens, v1::ExplainedModel& answer, ObstacleFinder& finder) {
  const std::size_t listed =
      std::min(selection.accounts.size(), static_cast<std::size_t>(answer.accounts_size()));
  for (std::size_t i = 0; i < listed; ++i) {
    const Account& account = *selection.accounts[i];
    ObstacleFinder::List& out = *answer.mutable_accounts(static_cast<int>(i))->mutable_obstacles();
    if (HasRates(account.limits)) finder.AddRates(AccountRates(context, account), out);
    if (HasBudgets(account.limits)) {
      finder.AddBudgets(AccountNeed(context, account, input_tokens), out);
    }
  }
}

// An account that is passed over for its own limits says so; a model of which all are has nobody.
void NoteObstacles(v1::ExplainedModel& model) {
  bool served = false;
  for (v1::ExplainedAccount& account : *model.mutable_accounts()) {
    if (account.rank() == 0) continue;
    served = served || account.obstacles().empty();
    if (account.obstacles().empty()) continue;
    std::int64_t until = 0;
    bool known = true;
    for (const v1::ExplainedObstacle& obstacle : account.obstacles()) {
      until = std::max<std::int64_t>(until, obstacle.until_unix_ms());
      known = known && obstacle.until_unix_ms() != 0;
    }
    account.set_reason(account.obstacles(0).reason());
    account.set_until_unix_ms(known ? until : 0);
  }
  if (!served && model.reason().empty()) {
    model.set_reason(std::string(reason::kNoAccountAvailable));
  }
}

// Why nothing would serve it: the caller's own limits come first, as on the path.
std::string_view ReasonOf(const v1::Explanation& answer) {
  if (!answer.obstacles().empty()) return answer.obstacles(0).reason();
  const bool served = std::any_of(answer.models().begin(), answer.models().end(),
                                  [](const v1::ExplainedModel& m) { return m.reason().empty(); });
  return served ? std::string_view() : answer.models(0).reason();
}

}  // namespace

void Explain(const std::shared_ptr<const Snapshot>& snapshot, const SessionMemory& sessions,
             const ObstacleSources& sources, const v1::ExplainRequest& question,
             v1::Explanation& answer) {
  answer.set_id(question.id());
  if (snapshot == nullptr) {
    answer.set_reason(std::string(reason::kNotReady));
    return;
  }
  answer.set_revision(snapshot->revision());
  RequestContext context;
  context.snapshot = snapshot;
  const std::string_view refused = Prepare(question, context);
  if (!refused.empty()) {
    answer.set_reason(std::string(refused));
    return;
  }
  ObstacleFinder finder(sources, context);
  finder.AddRates(CallerRates(context), *answer.mutable_obstacles());
  const std::int64_t input_tokens = InputTokensBound(context.estimated_input_tokens);
  bool chosen = false;
  for (std::size_t i = 0; i < context.plan.steps.size(); ++i) {
    context.step_index = i;
    v1::ExplainedModel& model = *answer.add_models();
    const Selection selection = ExplainModel(context, sessions, model);
    LookAtAccounts(context, selection, input_tokens, model, finder);
    if (chosen || selection.accounts.empty()) continue;
    chosen = true;  // the caller's money is set aside for the first model that has accounts
    finder.AddBudgets(CallerNeed(context, selection, input_tokens), *answer.mutable_obstacles());
  }
  finder.Find(answer);
  for (v1::ExplainedModel& model : *answer.mutable_models()) NoteObstacles(model);
  answer.set_reason(std::string(ReasonOf(answer)));
}

}  // namespace weir::relay
