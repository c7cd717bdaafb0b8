// What a plain user may do to a key that an administrator has had a hand in: make it narrower.
//
// A key is `managed` while what an administrator last set on it binds: its status, limits, models,
// addresses, expiry, group or prompt. On any other key these are the user's own.
#pragma once

#include <cstdint>

#include "services/admin/model/problem.h"
#include "services/admin/model/types.h"

namespace weir::admin {

// True when the key says anything that could bind its user.
bool IsNarrowed(const ApiKey& key, std::int64_t owners_group_id);

// `managed` after an administrator made `after` out of `before`: as it was when nothing that binds
// has changed, off when nothing binds any more.
bool ManagedAfter(const ApiKey& before, const ApiKey& after, std::int64_t owners_group_id);

// Names each field in which `after` is wider than the managed key `before`.
void CheckNarrower(const ApiKey& before, const ApiKey& after, FieldErrors& errors);

}  // namespace weir::admin
