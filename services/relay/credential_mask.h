// Takes an account's credential and its other secrets out of what its upstream says: some say them
// back, and nobody is to read them. No I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libs/common/secret.h"

namespace weir::relay {

// Of a text that is whole. Credentials of a few characters are left: they would be found in words.
std::string Masked(std::string_view text, const Secret& credential);

struct Account;

// All that the account keeps to itself: its credential, its proxy's password, what its headers say
// (a proxy's own key often stands there).
std::string MaskedOf(std::string_view text, const Account& account);

// Of a text that comes in pieces, wherever it was cut.
class CredentialMask {
 public:
  // Must outlive the mask.
  explicit CredentialMask(const Secret& credential) : secret_(credential.Reveal()) {}
  explicit CredentialMask(const std::string& secret) : secret_(secret) {}

  // What may be shown of the text so far and was not; what may turn out to be the credential's
  // beginning is held back.
  std::string Next(std::string_view piece);
  // The rest. A good part of the credential, cut off by the end, is masked too.
  std::string End();

 private:
  const std::string& secret_;
  std::string held_;  // never more than the credential
};

// The same for all that the account keeps to itself; the account must outlive it.
class AccountMask {
 public:
  explicit AccountMask(const Account& account);

  std::string Next(std::string_view piece);
  std::string End();

 private:
  std::vector<CredentialMask> masks_;  // each gets what the one before has shown
};

}  // namespace weir::relay
