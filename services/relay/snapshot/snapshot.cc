#include "services/relay/snapshot/snapshot.h"

#include <array>
#include <optional>
#include <utility>

#include "services/relay/snapshot/snapshot_tables.h"

namespace weir::relay {

std::string_view ModelMapping::Map(std::string_view model) const {
  for (const auto& [pattern, mapped] : entries) {
    if (pattern.Matches(model)) return mapped;
  }
  return model;
}

bool Account::Serves(std::string_view model) const {
  if (models.empty()) return true;
  for (const ModelPattern& pattern : models) {
    if (pattern.Matches(model)) return true;
  }
  return false;
}

bool Account::IsOpenAi() const {
  const std::string_view host = url.host;
  return host == "api.openai.com" || host.ends_with(".openai.com");
}

Snapshot::Snapshot(std::shared_ptr<const SnapshotTables> tables) : tables_(std::move(tables)) {}
Snapshot::~Snapshot() = default;

std::uint64_t Snapshot::revision() const { return tables_->revision; }
const std::string& Snapshot::lineage() const { return tables_->lineage; }
const RelaySettings& Snapshot::settings() const { return tables_->settings; }

const ApiKey* Snapshot::FindKey(std::string_view sha256) const {
  if (sha256.size() != std::tuple_size_v<decltype(ApiKey::sha256)>) return nullptr;
  const auto* found =
      tables_->keys_by_sha256->Find(HashOfSha256(sha256.data()), SameSha256{sha256.data()});
  return found == nullptr ? nullptr : found->get();
}

const ApiKey* Snapshot::FindKeyById(std::int64_t id) const { return tables_->keys->Find(id); }
const User* Snapshot::FindUser(std::int64_t id) const { return tables_->users->Find(id); }
const Group* Snapshot::FindGroup(std::int64_t id) const { return tables_->groups->Find(id); }
const Account* Snapshot::FindAccount(std::int64_t id) const { return tables_->accounts->Find(id); }

const GroupAccounts& Snapshot::IndexOf(std::int64_t group_id) const {
  static const GroupAccounts kNone;
  const auto found = tables_->group_index->find(group_id);
  return found == tables_->group_index->end() ? kNone : *found->second;
}

const std::vector<const Account*>& Snapshot::AccountsOf(std::int64_t group_id) const {
  return IndexOf(group_id).all;
}

bool Snapshot::MixesFamilies(std::int64_t group_id, SignatureKin kin) const {
  return (*tables_->mixed_groups)[static_cast<std::size_t>(kin)].contains(group_id);
}

namespace {

std::optional<SignatureKin> KinOf(const Account& account) {
  switch (account.platform) {
    case Platform::kClaude:
    case Platform::kClaudeConsole:
      return SignatureKin::kAnthropic;
    case Platform::kOpenAiResponses:
      return SignatureKin::kOpenAi;
    case Platform::kOpenAi:
      if (account.IsOpenAi()) return SignatureKin::kOpenAi;
      break;
    default:
      break;
  }
  return std::nullopt;
}

}  // namespace

void NoteMixed(std::int64_t group_id, const std::vector<const Account*>& accounts,
               MixedGroups& mixed) {
  std::array<bool, kSignatureKins> has{};
  bool several = false;  // of all accounts: what one of another protocol made is told apart too
  for (auto& groups : mixed) groups.erase(group_id);
  for (const Account* account : accounts) {
    several = several || account->family != accounts.front()->family;
    const std::optional<SignatureKin> kin = KinOf(*account);
    if (kin.has_value()) has[static_cast<std::size_t>(*kin)] = true;
  }
  for (std::size_t kin = 0; kin < has.size(); ++kin) {
    if (several && has[kin]) mixed[kin].insert(group_id);
  }
}

const Price* Snapshot::FindPrice(std::string_view provider, std::string_view model,
                                 std::int64_t at_unix_ms) const {
  return tables_->prices->Find(provider, model, at_unix_ms);
}

const ModelRoute* Snapshot::FindRoute(std::string_view model, std::int64_t group_id) const {
  return tables_->routes->Find(model, group_id);
}

std::vector<std::string> Snapshot::RoutedNames(std::int64_t group_id) const {
  return tables_->routes->NamesFor(group_id);
}

std::vector<std::string> Snapshot::PricedModels(std::string_view provider) const {
  return tables_->prices->Models(provider);
}

}  // namespace weir::relay
