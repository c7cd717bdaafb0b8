#include "services/admin/store/revision_scope.h"

namespace weir::admin {
namespace {

thread_local RevisionScope* current = nullptr;

}  // namespace

RevisionScope::RevisionScope() { current = this; }

RevisionScope::~RevisionScope() { current = nullptr; }

void RevisionScope::Note(std::int64_t revision) {
  if (current != nullptr) current->revision_ = revision;
}

}  // namespace weir::admin
