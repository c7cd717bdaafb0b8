#include "services/relay/credential_mask.h"

#include <algorithm>
#include <utility>

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

}  // namespace

std::string Masked(std::string_view text, const Secret& credential) {
  const std::string& secret = credential.Reveal();
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

std::string CredentialMask::Next(std::string_view piece) {
  const std::string& secret = credential_.Reveal();
  if (!IsMasked(secret)) return std::string(piece);
  held_ += piece;
  std::string shown = Masked(held_, credential_);
  const std::size_t beginning = BeginningAtEnd(shown, secret);
  held_ = shown.substr(shown.size() - beginning);
  shown.resize(shown.size() - beginning);
  return shown;
}

std::string CredentialMask::End() {
  std::string rest = std::exchange(held_, {});
  return rest.size() < kTellingBytesMin ? rest : std::string(kMask);
}

}  // namespace weir::relay
