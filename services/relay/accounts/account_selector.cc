#include "services/relay/accounts/account_selector.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "libs/common/reason.h"
#include "services/relay/snapshot/account_index.h"

namespace weir::relay {
namespace {

// How many of the best are compared in how soon their streams begin.
constexpr std::size_t kPeersMax = 4;

// Weighted rendezvous hashing (Schindelhauer and Schomaker 2005): who has the greatest
// -weight / ln(u) wins, and takes a share of the seeds in proportion to its weight; when one goes
// away, only its own seeds move.
double Score(std::uint64_t hash, double weight, std::uint64_t seed) {
  const std::uint64_t bits = MixBits(seed ^ hash);
  constexpr double kScale = 1.0 / 9007199254740992.0;                 // 2^-53
  const double u = (static_cast<double>(bits >> 11) + 0.5) * kScale;  // within (0, 1)
  return -weight / std::log(u);
}

std::string_view WordOf(RestCause cause) {
  switch (cause) {
    case RestCause::kRateLimited:
      return reason::kUpstreamRateLimited;
    case RestCause::kOverloaded:
      return reason::kUpstreamOverloaded;
    case RestCause::kQuotaExhausted:
      return reason::kQuotaExhausted;
    case RestCause::kModelRefused:
      return reason::kModelRefused;
    case RestCause::kFailing:
      break;
  }
  return reason::kUpstreamError;
}

// What the limits in its good answers' headers say.
Judgement JudgeRates(const Account& account, std::string_view model,
                     const SelectionRequest& request) {
  const AccountStats::Rates rates =
      account.health->stats().RatesOf(StableHash(model), request.now_unix_ms);
  if (rates.exhausted_until_unix_ms > request.now_unix_ms) {
    return {&account, Verdict::kAtLimit, reason::kAccountAtLimit, rates.exhausted_until_unix_ms};
  }
  const bool low = rates.low_until_unix_ms > request.now_unix_ms;
  const bool known = low && request.sessions != nullptr &&
                     request.sessions->Knows(account.id, request.seed, request.now_unix_ms);
  if (!low || known) return {&account};
  return {&account, Verdict::kNearLimit, reason::kAccountNearLimit, rates.low_until_unix_ms};
}

Judgement Judge(const Account& account, const SelectionRequest& request) {
  if (account.status == AccountStatus::kDisabled) {
    return {&account, Verdict::kDisabled, reason::kAccountDisabled};
  }
  if (account.status == AccountStatus::kAccountException) {
    return {&account, Verdict::kRejected, reason::kCredentialRejected};
  }
  const std::string_view model = account.model_mapping.Map(request.model);
  const AccountHealth::Look look = account.health->Check(model, request.now_unix_ms);
  switch (look.standing) {
    case AccountHealth::Standing::kRejected:
      return {&account, Verdict::kRejected, reason::kCredentialRejected};
    case AccountHealth::Standing::kResting:
      return {&account, Verdict::kResting, WordOf(look.cause), look.until_unix_ms};
    case AccountHealth::Standing::kProbing:
      return {&account, Verdict::kProbing, reason::kAccountProbing, look.until_unix_ms};
    case AccountHealth::Standing::kWell:
    case AccountHealth::Standing::kHalfOpen:
      break;
  }
  return JudgeRates(account, model, request);
}

struct Scored {
  double score = 0;
  const Account* account = nullptr;

  bool operator<(const Scored& other) const {  // the best first
    return score != other.score ? score > other.score : account->id < other.account->id;
  }
};

struct ScoredBucket {
  double score = 0;
  std::uint64_t hash = 0;
  const AccountClass* of = nullptr;
  const AccountClass::Bucket* bucket = nullptr;

  bool operator<(const ScoredBucket& other) const {  // a heap's top is its greatest: the best
    return score != other.score ? score < other.score : hash < other.hash;
  }
};

// One choice among a group's accounts; its lists are the thread's, so that choosing allocates
// nothing but the answer.
class Choice {
 public:
  Choice(const Snapshot& snapshot, const SelectionRequest& request, std::size_t wanted)
      : snapshot_(snapshot), request_(request), wanted_(wanted), lists_(ThreadLists()) {
    lists_.tier.clear();
    lists_.near_limit.clear();
    lists_.at_limit.clear();
  }

  bool full() const { return found_.size() >= wanted_; }
  // From here on those that need translation, instead of those that need none.
  void TurnToTranslated() { translated_ = true; }
  void AddTier(const AccountTier& tier);
  Selection Finish();

 private:
  struct Lists {
    std::vector<Scored> tier;
    std::vector<ScoredBucket> buckets;
    std::vector<const Account*> near_limit;
    std::vector<const Account*> at_limit;
  };
  static Lists& ThreadLists() {
    thread_local Lists lists;
    return lists;
  }

  bool Matches(const AccountClass& of);
  bool NeedsTranslation(const Account& account) const;
  void Consider(const IndexedAccount& indexed);
  void AddBuckets(const AccountTier& tier);
  void CloseTier();
  void PutSlowBehind();
  void Note(const Judgement& judgement);

  bool IsPriced(const Account& account);

  const Snapshot& snapshot_;
  const SelectionRequest& request_;
  const std::size_t wanted_;
  bool translated_ = false;
  Lists& lists_;
  std::vector<const Account*> found_;
  // What stood in the way of those that were left out, from the least to the most telling.
  bool other_dialect_ = false;
  bool native_only_ = false;
  bool disabled_ = false;
  bool unpriced_ = false;
  bool refused_ = false;
  // The price asked for last: most accounts of a group ask for the same one.
  std::string_view priced_provider_;
  std::string_view priced_model_;
  bool priced_ = false;
  std::int64_t earliest_unix_ms_ = std::numeric_limits<std::int64_t>::max();
};

void Choice::Note(const Judgement& judgement) {
  if (judgement.verdict == Verdict::kOtherDialect) {
    other_dialect_ = true;
    native_only_ = native_only_ || judgement.reason == reason::kNativeOnly;
  }
  if (judgement.verdict == Verdict::kDisabled || judgement.verdict == Verdict::kRejected) {
    disabled_ = true;
  }
  if (judgement.verdict == Verdict::kUnpriced) unpriced_ = true;
  // Its provider would refuse again; waiting is of no use.
  const bool refused =
      judgement.verdict == Verdict::kResting && judgement.reason == reason::kModelRefused;
  if (refused) {
    refused_ = true;
  } else if (judgement.verdict == Verdict::kResting || judgement.verdict == Verdict::kProbing) {
    earliest_unix_ms_ = std::min(earliest_unix_ms_, judgement.until_unix_ms);
  }
  if (request_.judgements != nullptr) request_.judgements->push_back(judgement);
}

bool Choice::NeedsTranslation(const Account& account) const {
  return TranslatedTo(account, request_.dialect, request_.translatable).has_value();
}

// Serves the model in this dialect, or by translation when it is time for that; all accounts of a
// class are alike in that.
bool Choice::Matches(const AccountClass& of) {
  const Account& sample = of.sample();
  const bool translates = NeedsTranslation(sample);
  const bool never = translates && request_.native_only;
  if (translates != translated_ && !never) return false;  // its time is another one
  Judgement judgement;
  if (!sample.Serves(request_.model)) {
    judgement = {&sample, Verdict::kOtherModel, reason::kAccountOtherModel};
  } else if (never) {
    judgement = {&sample, Verdict::kOtherDialect, reason::kNativeOnly};
  } else if (!translated_ && !SpeaksNatively(sample, request_.dialect)) {
    judgement = {&sample, Verdict::kOtherDialect, reason::kDialectNotServed};
  } else {
    return true;
  }
  const std::size_t count = request_.judgements == nullptr ? 1 : of.accounts.size();
  for (std::size_t i = 0; i < count; ++i) {
    judgement.account = of.accounts[i].account;
    Note(judgement);
  }
  return false;
}

bool Choice::IsPriced(const Account& account) {
  const std::string_view model = account.model_mapping.Map(request_.model);
  if (priced_model_ != model || priced_provider_ != account.provider) {
    priced_model_ = model;
    priced_provider_ = account.provider;
    priced_ = snapshot_.FindPrice(account.provider, model, request_.now_unix_ms) != nullptr;
  }
  return priced_;
}

void Choice::Consider(const IndexedAccount& indexed) {
  const Account& account = *indexed.account;
  if (request_.only_family != 0 && account.family != request_.only_family) return;
  Judgement judgement = Judge(account, request_);
  if (judgement.verdict < Verdict::kOtherModel && request_.must_be_priced && !IsPriced(account)) {
    judgement = {&account, Verdict::kUnpriced, reason::kModelUnpriced};
  }
  switch (judgement.verdict) {
    case Verdict::kServes:
      lists_.tier.push_back({Score(indexed.hash, account.weight, request_.seed), &account});
      return;
    case Verdict::kNearLimit:
      lists_.near_limit.push_back(&account);
      break;
    case Verdict::kAtLimit:
      lists_.at_limit.push_back(&account);
      break;
    default:
      break;
  }
  Note(judgement);
}

// The best bucket first, until there are enough candidates.
void Choice::AddBuckets(const AccountTier& tier) {
  std::vector<ScoredBucket>& buckets = lists_.buckets;
  buckets.clear();
  for (const AccountClass& of : tier.classes) {
    if (!Matches(of)) continue;
    for (const AccountClass::Bucket& bucket : of.buckets) {
      buckets.push_back(
          {Score(bucket.hash, bucket.weight, request_.seed), bucket.hash, &of, &bucket});
    }
  }
  std::make_heap(buckets.begin(), buckets.end());
  while (!buckets.empty() && !full()) {
    const ScoredBucket best = buckets.front();
    std::pop_heap(buckets.begin(), buckets.end());
    buckets.pop_back();
    for (std::uint32_t i = best.bucket->begin; i < best.bucket->end; ++i) {
      Consider(best.of->accounts[i]);
    }
    CloseTier();
  }
}

void Choice::AddTier(const AccountTier& tier) {
  std::size_t size = 0;
  for (const AccountClass& of : tier.classes) size += of.accounts.size();
  if (size > kComparedMax) {
    AddBuckets(tier);
    return;
  }
  for (const AccountClass& of : tier.classes) {
    if (!Matches(of)) continue;
    for (const IndexedAccount& indexed : of.accounts) Consider(indexed);
  }
  CloseTier();
}

// What has been considered, in its order, behind what was found before.
void Choice::CloseTier() {
  std::vector<Scored>& tier = lists_.tier;
  const std::size_t take = std::min(tier.size(), wanted_ - found_.size());
  // One more than is needed, so that slow ones can give way to somebody.
  const std::size_t ordered = std::min(tier.size(), std::max(take, kPeersMax));
  std::partial_sort(tier.begin(), tier.begin() + static_cast<std::ptrdiff_t>(ordered), tier.end());
  if (tier.size() > 1) PutSlowBehind();
  for (std::size_t i = 0; i < take; ++i) found_.push_back(tier[i].account);
  tier.clear();
}

void Choice::PutSlowBehind() {
  std::vector<Scored>& tier = lists_.tier;
  const std::size_t peers = std::min(tier.size(), kPeersMax);
  std::array<std::int64_t, kPeersMax> first_byte_ms{};
  std::int64_t best_ms = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < peers; ++i) {
    const Account& account = *tier[i].account;
    first_byte_ms[i] = account.health->stats().FirstByteMs(
        StableHash(account.model_mapping.Map(request_.model)), request_.now_unix_ms);
    if (first_byte_ms[i] > 0) best_ms = std::min(best_ms, first_byte_ms[i]);
  }
  std::array<Scored, kPeersMax> slow;
  std::size_t slow_count = 0;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < peers; ++i) {
    const bool is_slow = first_byte_ms[i] > best_ms && first_byte_ms[i] > best_ms * kSlowTimes &&
                         first_byte_ms[i] > best_ms + kSlowMs;
    if (!is_slow) {
      tier[kept++] = tier[i];
      continue;
    }
    slow[slow_count++] = tier[i];
    if (request_.judgements != nullptr) {
      request_.judgements->push_back({tier[i].account, Verdict::kSlow, reason::kAccountSlow});
    }
  }
  std::copy_n(slow.begin(), slow_count, tier.begin() + static_cast<std::ptrdiff_t>(kept));
}

Selection Choice::Finish() {
  for (const auto* last : {&lists_.near_limit, &lists_.at_limit}) {
    for (const Account* account : *last) {
      if (!full()) found_.push_back(account);
    }
  }
  Selection selection;
  selection.accounts = std::move(found_);
  if (!selection.accounts.empty()) return selection;
  if (earliest_unix_ms_ != std::numeric_limits<std::int64_t>::max()) {
    selection.reason = reason::kNoAccountAvailable;
    selection.earliest_unix_ms = earliest_unix_ms_;
  } else if (refused_) {
    selection.reason = reason::kModelRefused;
  } else if (unpriced_) {
    selection.reason = reason::kModelUnpriced;
  } else if (disabled_) {
    selection.reason = reason::kNoAccountAvailable;
  } else {
    selection.reason = native_only_     ? reason::kNativeOnly
                       : other_dialect_ ? reason::kDialectNotServed
                                        : reason::kModelNotFound;
  }
  return selection;
}

}  // namespace

Selection SelectAccounts(const Snapshot& snapshot, const SelectionRequest& request,
                         std::size_t wanted) {
  Choice choice(snapshot, request, wanted);
  for (const AccountTier& tier : snapshot.IndexOf(request.group_id).tiers) {
    if (choice.full()) break;
    choice.AddTier(tier);
  }
  if (request.translatable == 0 || request.native_only) return choice.Finish();
  choice.TurnToTranslated();
  for (const AccountTier& tier : snapshot.IndexOf(request.group_id).tiers) {
    if (choice.full()) break;
    choice.AddTier(tier);
  }
  return choice.Finish();
}

const Account* HomeAccount(const Snapshot& snapshot, const SelectionRequest& request) {
  const auto score = [&request](const Account& account) {
    return Score(MixBits(static_cast<std::uint64_t>(account.id)), account.weight, request.seed);
  };
  const Account* home = nullptr;
  for (const Account* account : snapshot.AccountsOf(request.group_id)) {
    if (home != nullptr && account->priority != home->priority) break;
    if (account->status == AccountStatus::kDisabled || !account->Serves(request.model) ||
        !SpeaksNatively(*account, request.dialect)) {
      continue;
    }
    if (home == nullptr || score(*account) > score(*home)) home = account;
  }
  return home;
}

}  // namespace weir::relay
