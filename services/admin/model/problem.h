// Errors that a caller of the REST API may see. A status made here carries a reason word and, for
// bad input, one sentence for each field; everything else is shown by its code alone.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace weir::admin {

// `reason` is a word of the closed list; `message` may be shown to the caller.
absl::Status Problem(absl::StatusCode code, std::string_view reason, std::string_view message);

// The reason of a status; empty when it was not made by Problem() or FieldErrors.
std::string ReasonOf(const absl::Status& status);

absl::Status BadParameter(std::string_view message);
absl::Status NotFound(std::string_view what);
absl::Status NotAllowed(std::string_view message);
absl::Status Conflict(std::string_view message);
absl::Status VersionConflict();

// Collects what is wrong with an input, by the field's name (`limits.rpm`).
class FieldErrors {
 public:
  // The first error of a field stays.
  void Add(std::string_view field, std::string_view what);
  bool empty() const { return errors_.empty(); }
  const std::map<std::string, std::string>& all() const { return errors_; }

  // OK when empty, else InvalidArgument with reason `bad_parameter` that names every field.
  absl::Status ToStatus() const;

 private:
  std::map<std::string, std::string> errors_;
};

// The fields of a status made by FieldErrors::ToStatus; empty for any other.
std::map<std::string, std::string> FieldsOf(const absl::Status& status);

}  // namespace weir::admin
