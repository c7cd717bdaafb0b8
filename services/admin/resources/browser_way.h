// Where a browser is sent that somebody navigates with: what goes wrong is told by the console's
// pages, not as JSON.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "services/admin/http/message.h"

namespace weir::admin {

inline constexpr std::string_view kPageType = "text/html; charset=utf-8";

Response GoTo(const std::string& url);

// The console's log-in, which leads on to `next`, a path of this site.
std::string LoginPath(std::string_view next);

// `path` with the reason's word and the request's id in its query, before its fragment. The word
// alone, so that no link puts sentences into the console's mouth.
std::string PathWithError(std::string_view path, std::string_view reason, const Request& request);

// For a browser the way to `path`, where the console says what is wrong; for others `trouble`
// itself. The log has it whole.
absl::StatusOr<Response> Told(const absl::Status& trouble, const Request& request,
                              std::string_view path);

}  // namespace weir::admin
