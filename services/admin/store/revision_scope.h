// Which revision a request's change made, for its answer: a page that has saved something can then
// tell when relays have it (`/api/v1/status` shows each relay's).
#pragma once

#include <cstdint>

namespace weir::admin {

// Collects on this thread while it lives; scopes do not nest.
class RevisionScope {
 public:
  RevisionScope();
  ~RevisionScope();
  RevisionScope(const RevisionScope&) = delete;
  RevisionScope& operator=(const RevisionScope&) = delete;

  // The last one made; 0 = nothing that relays know has changed.
  std::int64_t revision() const { return revision_; }

  // For the store, after a commit.
  static void Note(std::int64_t revision);

 private:
  std::int64_t revision_ = 0;
};

}  // namespace weir::admin
