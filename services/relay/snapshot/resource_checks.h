// What the readers of pushed resources share: noting the first thing that is wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "libs/common/text.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::v1 {
class Timeouts;
}

namespace weir::relay {

// Notes what is wrong first; the rest of the reading goes on and is thrown away.
class Checks {
 public:
  Checks(std::string_view kind, std::int64_t id) : kind_(kind), id_(id) {
    Require(id > 0, "id must be positive");
  }

  bool Require(bool good, std::string_view what) {
    if (!good && status_.ok()) {
      status_ = absl::InvalidArgumentError(StrCat(kind_, " ", id_, ": ", what));
    }
    return good;
  }
  bool Require(const absl::Status& status, std::string_view field) {
    return Require(status.ok(), status.ok() ? "" : StrCat(field, ": ", View(status.message())));
  }
  template <typename T>
  T Take(absl::StatusOr<T> value, std::string_view field) {
    if (value.ok()) return *std::move(value);
    Require(false, StrCat(field, ": ", View(value.status().message())));
    return T{};
  }
  const absl::Status& status() const { return status_; }

 private:
  std::string_view kind_;
  std::int64_t id_;
  absl::Status status_;
};

template <typename T>
absl::StatusOr<T> Finish(const Checks& checks, T value) {
  if (!checks.status().ok()) return checks.status();
  return value;
}

template <typename T>
T Known(std::optional<T> value, std::string_view field, Checks& checks) {
  checks.Require(value.has_value(), StrCat(field, " is not set or not known to this version"));
  return value.value_or(T{});
}

// 0 stays 0.
Timeouts ReadTimeouts(const v1::Timeouts& in, Checks& checks);

}  // namespace weir::relay
