// Whose turn it is within the attempts of a request: the next account that may be tried now, as
// often as attempts_max and the retry budget allow.
#pragma once

#include <cstdint>
#include <span>

#include "services/relay/free_again.h"
#include "services/relay/relay_environment.h"
#include "services/relay/request_context.h"

namespace weir::relay {

class AccountTurns {
 public:
  // All must outlive the turns.
  AccountTurns(RelayEnvironment& environment, RequestContext& context,
               std::span<const Account* const> accounts, FreeAgain& free_again)
      : environment_(environment),
        context_(context),
        accounts_(accounts),
        free_again_(free_again) {}

  // The next account that may be tried, its ticket and its room taken in the context; null when no
  // more may be. What the account before held is given back. One that is full, or that another
  // request is trying out at this moment, is passed over, which is no fault of it.
  const Account* Next();

  // The account that Next gave was not tried after all: it is full, nothing pays for it, or the
  // request cannot be said in its dialect.
  void PassOver(const Account& account);

  // The retry budget is spent: no other model's accounts may be tried either.
  bool denied() const { return denied_; }

  // The account of the last turn once more, counted as a try of its own; false: it may not be.
  bool Again(const Account& account);

 private:
  bool TakeTurn(const Account& account);

  RelayEnvironment& environment_;
  RequestContext& context_;
  std::span<const Account* const> accounts_;
  FreeAgain& free_again_;
  std::size_t next_ = 0;
  int tried_ = 0;
  bool denied_ = false;
};

}  // namespace weir::relay
