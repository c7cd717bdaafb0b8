#include "services/admin/model/problem.h"

#include "absl/strings/cord.h"

#include "libs/common/reason.h"
#include "libs/common/text.h"

namespace weir::admin {
namespace {

constexpr char kReasonUrl[] = "weir/reason";
constexpr char kFieldsUrl[] = "weir/fields";
// Field names and our own sentences never hold control characters.
constexpr char kFieldEnd = '\x1e';
constexpr char kNameEnd = '\x1f';

}  // namespace

absl::Status Problem(absl::StatusCode code, std::string_view reason, std::string_view message) {
  absl::Status status(code, std::string(message));
  status.SetPayload(kReasonUrl, absl::Cord(std::string(reason)));
  return status;
}

std::string ReasonOf(const absl::Status& status) {
  auto payload = status.GetPayload(kReasonUrl);
  return payload.has_value() ? std::string(*payload) : std::string();
}

absl::Status BadParameter(std::string_view message) {
  return Problem(absl::StatusCode::kInvalidArgument, reason::kBadParameter, message);
}

absl::Status NotFound(std::string_view what) {
  return Problem(absl::StatusCode::kNotFound, reason::kNotFound, StrCat("no such ", what));
}

absl::Status NotAllowed(std::string_view message) {
  return Problem(absl::StatusCode::kPermissionDenied, reason::kNotAllowed, message);
}

absl::Status Conflict(std::string_view message) {
  return Problem(absl::StatusCode::kFailedPrecondition, reason::kConflict, message);
}

absl::Status VersionConflict() {
  return Problem(absl::StatusCode::kFailedPrecondition, reason::kConflict,
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
    StrAppend(message, message.empty() ? "" : "; ", field, ": ", what);
    StrAppend(fields, field, kNameEnd, what, kFieldEnd);
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
  for (const std::string_view entry : Split(text, kFieldEnd)) {
    const auto name_end = entry.find(kNameEnd);
    if (name_end == std::string_view::npos) continue;
    fields.emplace(entry.substr(0, name_end), entry.substr(name_end + 1));
  }
  return fields;
}

}  // namespace weir::admin
