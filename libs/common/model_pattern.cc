#include "libs/common/model_pattern.h"

#include "libs/common/text.h"

namespace weir {
namespace {

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

bool HasModelWord(std::string_view model, std::string_view word) {
  std::size_t begin = 0;
  while (begin < model.size()) {
    std::size_t end = begin;
    while (end < model.size() && IsWordCharacter(model[end])) ++end;
    if (end > begin && EqualsIgnoreCase(model.substr(begin, end - begin), word)) return true;
    begin = end + 1;
  }
  return false;
}

ModelPattern::ModelPattern(std::string_view text) : stem_(text) {
  if (text.starts_with(kFamilyPrefix)) {
    kind_ = Kind::kFamily;
    stem_.erase(0, kFamilyPrefix.size());
  } else if (text.ends_with('*')) {
    kind_ = Kind::kHead;
    stem_.pop_back();
  }
}

int ModelPattern::Compare(const ModelPattern& other) const {
  if (kind_ != other.kind_) return kind_ < other.kind_ ? -1 : 1;
  if (kind_ == Kind::kHead && stem_.size() != other.stem_.size()) {
    return stem_.size() > other.stem_.size() ? -1 : 1;
  }
  return stem_.compare(other.stem_);
}

}  // namespace weir
