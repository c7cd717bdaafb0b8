#include "services/relay/dialects/member_edits.h"

#include <algorithm>
#include <cstddef>

#include "services/relay/dialects/body_edits.h"
#include "services/relay/dialects/json_cursor.h"

namespace weir::relay {
namespace {

struct Member {
  std::string_view name;
  std::size_t begin;  // of its name's quote
  std::size_t value;
  std::size_t end;  // of its value
};

// Of the object at `object`. None: it is no whole object, or the cursor gave up on its way.
std::vector<Member> MembersOf(std::string_view body, std::size_t object) {
  std::vector<Member> members;
  JsonCursor cursor(body.substr(object));
  const auto place = [&] { return body.size() - cursor.rest().size(); };
  if (!cursor.Skip('{')) return {};
  while (cursor.Peek() == '"') {
    Member member{{}, place(), 0, 0};
    member.name = cursor.String();
    if (!cursor.Skip(':')) return {};
    cursor.Peek();
    member.value = place();
    cursor.SkipValue();
    member.end = place();
    members.push_back(member);
    if (!cursor.Skip(',')) break;
  }
  if (!cursor.Skip('}')) return {};
  return members;
}

// The changes of one object's members.
class Planner {
 public:
  Planner(std::string_view body, std::size_t object, std::string_view within,
          std::span<const MemberChange> changes, std::vector<BodyEdit>& edits)
      : object_(object),
        within_(within),
        members_(MembersOf(body, object)),
        changes_(changes),
        edits_(edits) {}

  const std::vector<Member>& members() const { return members_; }

  void Plan() {
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const MemberChange* change = ChangeOf(members_[i]);
      if (change == nullptr) continue;
      if (!IsLeftOut(*change)) {
        Rename(members_[i], *change);
        continue;
      }
      std::size_t behind = i + 1;
      while (behind < members_.size() && IsLeftOut(members_[behind])) ++behind;
      LeaveOut(i, behind);
      i = behind - 1;
    }
  }

 private:
  const MemberChange* ChangeOf(const Member& member) const {
    for (const MemberChange& change : changes_) {
      if (change.within == within_ && change.name == member.name) return &change;
    }
    return nullptr;
  }
  bool IsLeftOut(const MemberChange& change) const {
    const auto is_there = [&](const Member& member) { return member.name == change.renamed; };
    return change.renamed.empty() || std::any_of(members_.begin(), members_.end(), is_there);
  }
  bool IsLeftOut(const Member& member) const {
    const MemberChange* change = ChangeOf(member);
    return change != nullptr && IsLeftOut(*change);
  }

  void Rename(const Member& member, const MemberChange& change) {
    edits_.push_back({{member.begin + 1, member.name.size()}, std::string(change.renamed)});
  }

  // The members from `first` on, up to `behind`, with the comma on one side of them.
  void LeaveOut(std::size_t first, std::size_t behind) {
    const bool last = behind == members_.size();
    const std::size_t begin = last && first > 0 ? members_[first - 1].end : members_[first].begin;
    const std::size_t end = last ? members_[behind - 1].end : members_[behind].begin;
    std::erase_if(edits_, [begin, end](const BodyEdit& edit) {
      const bool inserts = edit.erased.size == 0;
      return (inserts ? edit.erased.begin > begin : edit.erased.begin >= begin) &&
             (inserts ? edit.erased.begin < end : edit.erased.begin + edit.erased.size <= end);
    });
    if (last && first == 0) EndWithNewMembers();
    edits_.push_back({{begin, end - begin}, {}});
  }

  // Nothing stands behind what is put in at the front: no comma does either.
  void EndWithNewMembers() {
    for (BodyEdit& edit : edits_) {
      const bool at_front = edit.erased.size == 0 && edit.erased.begin == object_ + 1;
      if (at_front && edit.text.ends_with(',')) edit.text.pop_back();
    }
  }

  const std::size_t object_;
  const std::string_view within_;
  const std::vector<Member> members_;
  const std::span<const MemberChange> changes_;
  std::vector<BodyEdit>& edits_;
};

bool IsWithin(std::span<const MemberChange> changes, std::string_view name) {
  return std::any_of(changes.begin(), changes.end(), [name](const MemberChange& change) {
    return !change.within.empty() && change.within == name;
  });
}

}  // namespace

void PlanMemberEdits(std::string_view body, std::span<const MemberChange> changes,
                     std::vector<BodyEdit>& edits) {
  const std::size_t object = body.find_first_not_of(" \n\t\r");
  if (object == std::string_view::npos) return;
  Planner outermost(body, object, {}, changes, edits);
  // What is within goes first: it goes with what is left out whole.
  for (const Member& member : outermost.members()) {
    if (!IsWithin(changes, member.name)) continue;
    Planner(body, member.value, member.name, changes, edits).Plan();
  }
  outermost.Plan();
  SortEdits(edits);
}

}  // namespace weir::relay
