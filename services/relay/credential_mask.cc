#include "services/relay/credential_mask.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::size_t kCredentialBytesMin = 6;
// A shorter beginning ("sk-ant-") tells nothing.
constexpr std::size_t kTellingBytesMin = 12;

bool IsMasked(const std::string& credential) { return credential.size() >= kCredentialBytesMin; }

// How many bytes at the end of `text` are the credential's first.
std::size_t BeginningAtEnd(std::string_view text, std::string_view credential) {
  for (std::size_t size = std::min(text.size(), credential.size() - 1); size > 0; --size) {
    if (text.ends_with(credential.substr(0, size))) return size;
  }
  return 0;
}

std::string Without(std::string_view text, const std::string& secret) {
  if (!IsMasked(secret)) return std::string(text);
  std::string shown;
  for (std::size_t at = 0;;) {
    const std::size_t found = text.find(secret, at);
    shown += text.substr(at, found - at);
    if (found == std::string_view::npos) return shown;
    shown += kMask;
    at = found + secret.size();
  }
}

}  // namespace

std::string Masked(std::string_view text, const Secret& credential) {
  return Without(text, credential.Reveal());
}

namespace {

// One may hold another: the whole of it goes before its part is looked for.
std::vector<const std::string*> SecretsOf(const Account& account) {
  std::vector<const std::string*> secrets;
  secrets.reserve(account.headers.size() + 2);
  secrets.push_back(&account.credential.Reveal());
  if (account.proxy.has_value()) secrets.push_back(&account.proxy->password.Reveal());
  for (const auto& [name, value] : account.headers) secrets.push_back(&value);
  std::sort(secrets.begin(), secrets.end(),
            [](const auto* a, const auto* b) { return a->size() > b->size(); });
  return secrets;
}

}  // namespace

std::string MaskedOf(std::string_view text, const Account& account) {
  std::string shown(text);
  for (const std::string* secret : SecretsOf(account)) shown = Without(shown, *secret);
  return shown;
}

std::string CredentialMask::Next(std::string_view piece) {
  if (!IsMasked(secret_)) return std::string(piece);
  held_ += piece;
  std::string shown = Without(held_, secret_);
  const std::size_t beginning = BeginningAtEnd(shown, secret_);
  held_ = shown.substr(shown.size() - beginning);
  shown.resize(shown.size() - beginning);
  return shown;
}

std::string CredentialMask::End() {
  std::string rest = std::exchange(held_, {});
  return rest.size() < kTellingBytesMin ? rest : std::string(kMask);
}

AccountMask::AccountMask(const Account& account) {
  const std::vector<const std::string*> secrets = SecretsOf(account);
  masks_.reserve(secrets.size());
  for (const std::string* secret : secrets) masks_.emplace_back(*secret);
}

std::string AccountMask::Next(std::string_view piece) {
  std::string shown(piece);
  for (CredentialMask& mask : masks_) shown = mask.Next(shown);
  return shown;
}

std::string AccountMask::End() {
  std::string rest;
  for (CredentialMask& mask : masks_) {
    rest = mask.Next(rest);
    rest += mask.End();
  }
  return rest;
}

}  // namespace weir::relay
