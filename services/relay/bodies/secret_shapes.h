// What secrets look like, and where they stand in a text. The table is in the .cc file alone.
// No I/O.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "libs/common/mask_pattern.h"

namespace weir::relay {

struct TextSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// Each appends what is to be masked in `text`; spans may overlap.

// Secrets of a known shape, and what could be the beginning of one at the text's very end.
void FindKnownSecrets(std::string_view text, std::vector<TextSpan>& spans);

void FindEmails(std::string_view text, std::vector<TextSpan>& spans);

void FindPattern(const MaskPattern& pattern, std::string_view text, std::vector<TextSpan>& spans);

// `secret` itself, and a beginning of it (4 bytes or more) at the text's end. For secrets of 8
// bytes or more; shorter ones would be found by chance.
void FindLiteral(std::string_view text, std::string_view secret, std::vector<TextSpan>& spans);

}  // namespace weir::relay
