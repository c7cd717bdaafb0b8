// Errors as the contract has them: {"error","code","reason","request_id","fields"}.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

#include "services/admin/http/message.h"

namespace weir::admin {

// Codes are the HTTP status and two digits: 40001, 40101, 40301, 40401, 40501 (method), 40901,
// 41301 (body), 42901, 50001, 50301. What is our own fault is logged in full and told as one
// sentence; nothing of a database or another service is shown.
Response ErrorResponse(const absl::Status& status, const Request& request);

// The word that an error is known by to callers.
std::string ShownReason(const absl::Status& status);

// For errors that have no status of their own: 404 for a path, 405, 413.
Response ErrorResponse(int http_status, std::string_view reason, std::string_view message,
                       const Request& request);

}  // namespace weir::admin
