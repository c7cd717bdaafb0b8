// How PostgreSQL finds a part of a name: by pieces of three characters. To its extension pg_trgm
// only letters and digits are characters, so that of "ra-tu" nothing would be left to look for but
// names with a word that begins with "tu": thirty thousand among a million, each to be read whole.
// Hence what joins words becomes a character, in the index as in what is looked for. SQLite's
// pieces are of all characters.
#pragma once

#include <string>
#include <string_view>

#include "libs/common/text.h"

namespace weir::admin {

inline constexpr std::string_view kNameJoiners = "-_./@:+ ";
inline constexpr char kNameJoined = '0';

// What the index is of, as SQL; the same text wherever it is to be used.
inline std::string NamePiecesSql(std::string_view column) {
  return StrCat("TRANSLATE(LOWER(", column, "), '", kNameJoiners, "', '",
                std::string(kNameJoiners.size(), kNameJoined), "')");
}

// What is looked for there, of `text`. More is found than has the text itself: "a-b" for "a.b".
inline std::string NamePieces(std::string_view text) {
  std::string pieces(text);
  for (char& c : pieces) {
    if (kNameJoiners.find(c) != std::string_view::npos) c = kNameJoined;
  }
  return pieces;
}

}  // namespace weir::admin
