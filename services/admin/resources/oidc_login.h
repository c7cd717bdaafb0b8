// Which user somebody is whom a provider vouches for.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include <boost/json/object.hpp>

#include "services/admin/model/types.h"
#include "services/admin/oidc/login_attempt.h"
#include "services/admin/resources/resource.h"

namespace weir::admin {

// The user that the claims' (issuer, subject) belongs to; else a new one, where the settings let
// one come. Never one who only has the same e-mail address or name. The role follows the claims
// where the settings say so. PermissionDenied, InvalidArgument (the invite).
absl::StatusOr<User> UserOfClaims(ResourceParts& parts, const Settings& settings,
                                  const boost::json::object& claims, const LoginAttempt& attempt,
                                  const Request& request);

// Adds the claims' identity to the user who began the attempt. Unauthenticated: that session is
// over. Conflict: it is somebody else's.
absl::Status LinkIdentity(ResourceParts& parts, const Settings& settings,
                          const boost::json::object& claims, const LoginAttempt& attempt,
                          const Request& request);

}  // namespace weir::admin
