// What one transaction changes: for relays, which get it by the next revision, and for the audit
// log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::admin {

// What relays know of. The numbers are those of weir/v1/snapshot.proto and are stored.
enum class ResourceKind {
  kApiKey = 1,
  kUser = 2,
  kGroup = 3,
  kAccount = 4,
  kPrice = 5,
  kSettings = 6,
  kRoute = 7,
};

struct ResourceName {
  ResourceKind kind;
  std::int64_t id;
  bool operator==(const ResourceName&) const = default;
  bool operator<(const ResourceName& other) const {
    return kind != other.kind ? kind < other.kind : id < other.id;
  }
};

// One field of a change; both sides are JSON, "null" where there was nothing.
struct FieldChange {
  std::string field;
  std::string from;
  std::string to;
  bool operator==(const FieldChange&) const = default;
};

struct AuditEntry {
  std::string resource;  // "group"
  std::int64_t resource_id = 0;
  std::string resource_name;
  std::string action;  // create, update, delete
  std::vector<FieldChange> fields;
};

class Changes {
 public:
  void Add(ResourceKind kind, std::int64_t id) { changed_.push_back({kind, id}); }
  void Note(AuditEntry entry) { entries_.push_back(std::move(entry)); }
  // One more field of the entry that was noted last.
  void NoteField(FieldChange change) {
    if (!entries_.empty()) entries_.back().fields.push_back(std::move(change));
  }

  const std::vector<ResourceName>& all() const { return changed_; }
  const std::vector<AuditEntry>& entries() const { return entries_; }

 private:
  std::vector<ResourceName> changed_;
  std::vector<AuditEntry> entries_;
};

}  // namespace weir::admin
