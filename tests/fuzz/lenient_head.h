// A head as the most lenient server would read it. When the strict parser takes a head, both must
// see the same: a head that two readers read in two ways is how requests are smuggled.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace weir::fuzz {

struct LenientHead {
  std::string_view first_line;
  std::vector<std::pair<std::string_view, std::string_view>> fields;
};

inline std::string_view TrimLoosely(std::string_view text) {
  constexpr std::string_view kSpace(" \t\r\v\f\0", 6);
  while (!text.empty() && kSpace.find(text.front()) != std::string_view::npos) {
    text.remove_prefix(1);
  }
  while (!text.empty() && kSpace.find(text.back()) != std::string_view::npos) text.remove_suffix(1);
  return text;
}

// Lines end at \n or at a \r alone; empty ones are passed over; names lose the space around them.
inline LenientHead ReadLeniently(std::string_view head) {
  LenientHead out;
  bool first = true;
  while (!head.empty()) {
    const std::size_t end = head.find_first_of("\r\n");
    const std::string_view line = TrimLoosely(head.substr(0, end));
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
    if (line.empty()) continue;
    if (first) {
      out.first_line = line;
      first = false;
      continue;
    }
    const std::size_t colon = line.find(':');
    const std::string_view value =
        colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    out.fields.emplace_back(TrimLoosely(line.substr(0, colon)), TrimLoosely(value));
  }
  return out;
}

}  // namespace weir::fuzz
