// The lines that correct what requests cost: written beside the events, never into them. SQL alone;
// who writes them also changes the sums, in the same transaction.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/sql/database.h"
#include "services/usage/rerating.h"
#include "services/usage/usage_event.h"

namespace weir::usage {

// By the event's id.
using CorrectionsById = std::map<std::string, CorrectionSums>;

// Of all events whose ids are from `first_id` to `last_id`, both included; those without
// corrections are not among them.
absl::StatusOr<CorrectionsById> ReadCorrectionSums(sql::Transaction& transaction,
                                                   const std::string& first_id,
                                                   const std::string& last_id);

// Sets `corrections_nano_usd` of each.
absl::Status AddCorrectionSums(sql::Transaction& transaction, std::vector<UsageEvent>& events);

// Of one event, in the order in which they were made.
absl::StatusOr<std::vector<Correction>> ReadCorrections(sql::Transaction& transaction,
                                                        const std::string& event_id);

struct NewCorrection {
  const UsageEvent* event = nullptr;
  Correction correction = {};
};

// AlreadyExists: somebody else has corrected one of the events meanwhile.
absl::Status InsertCorrections(sql::Transaction& transaction,
                               const std::vector<NewCorrection>& corrections);

}  // namespace weir::usage
