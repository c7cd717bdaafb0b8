#include "services/admin/model/problem.h"

#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace weir::admin {
namespace {

constexpr std::string_view kReasonUrl = "weir/reason";
constexpr std::string_view kFieldsUrl = "weir/fields";
// Field names and our own sentences never hold control characters.
constexpr char kFieldEnd = '\x1e';
constexpr char kNameEnd = '\x1f';

}  // namespace

absl::Status Problem(absl::StatusCode code, std::string_view reason, std::string_view message) {
  absl::Status status(code, message);
  status.SetPayload(kReasonUrl, absl::Cord(reason));
  return status;
}

std::string ReasonOf(const absl::Status& status) {
  auto payload = status.GetPayload(kReasonUrl);
  return payload.has_value() ? std::string(*payload) : std::string();
}

absl::Status BadParameter(std::string_view message) {
  return Problem(absl::StatusCode::kInvalidArgument, "bad_parameter", message);
}

absl::Status NotFound(std::string_view what) {
  return Problem(absl::StatusCode::kNotFound, "not_found", absl::StrCat("no such ", what));
}

absl::Status NotAllowed(std::string_view message) {
  return Problem(absl::StatusCode::kPermissionDenied, "not_allowed", message);
}

absl::Status Conflict(std::string_view message) {
  return Problem(absl::StatusCode::kFailedPrecondition, "conflict", message);
}

absl::Status VersionConflict() {
  return Problem(absl::StatusCode::kFailedPrecondition, "version_conflict",
                 "the resource has changed since it was read; read it again");
}

void FieldErrors::Add(std::string_view field, std::string_view what) {
  errors_.try_emplace(std::string(field), what);
}

absl::Status FieldErrors::ToStatus() const {
  if (errors_.empty()) return absl::OkStatus();
  std::string message;
  std::string fields;
  for (const auto& [field, what] : errors_) {
    absl::StrAppend(&message, message.empty() ? "" : "; ", field, ": ", what);
    absl::StrAppend(&fields, field, std::string(1, kNameEnd), what, std::string(1, kFieldEnd));
  }
  absl::Status status = BadParameter(message);
  status.SetPayload(kFieldsUrl, absl::Cord(fields));
  return status;
}

std::map<std::string, std::string> FieldsOf(const absl::Status& status) {
  std::map<std::string, std::string> fields;
  auto payload = status.GetPayload(kFieldsUrl);
  if (!payload.has_value()) return fields;
  const std::string text(*payload);
  const std::vector<std::string> entries = absl::StrSplit(text, kFieldEnd, absl::SkipEmpty());
  for (const std::string& entry : entries) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(entry, absl::MaxSplits(kNameEnd, 1));
    fields.insert(parts);
  }
  return fields;
}

}  // namespace weir::admin
