// Which settings weir.yaml declares: those are changed there, not by the API.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace weir::admin {

// Thread-safe.
class DeclaredSettings {
 public:
  using Names = std::set<std::string, std::less<>>;  // "timeouts.connect_ms"

  void Set(Names names) {
    const std::lock_guard lock(mutex_);
    names_ = std::move(names);
  }
  Names Get() const {
    const std::lock_guard lock(mutex_);
    return names_;
  }

 private:
  mutable std::mutex mutex_;
  Names names_;
};

}  // namespace weir::admin
