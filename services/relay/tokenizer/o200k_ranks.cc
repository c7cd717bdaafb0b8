// The table that make_rank_table made of the published ranks, linked in as it is.
#include "services/relay/tokenizer/rank_table.h"

// clang-format off
__asm__(
    ".pushsection .rodata\n"
    ".balign 4\n"
    ".global weir_o200k_begin\n"
    ".hidden weir_o200k_begin\n"
    "weir_o200k_begin:\n"
    ".incbin \"" WEIR_O200K_TABLE "\"\n"
    ".global weir_o200k_end\n"
    ".hidden weir_o200k_end\n"
    "weir_o200k_end:\n"
    ".byte 0\n"
    ".popsection\n");
// clang-format on

extern "C" {
extern const char weir_o200k_begin[] __attribute__((visibility("hidden")));
extern const char weir_o200k_end[] __attribute__((visibility("hidden")));
}

namespace weir::relay {

const RankTable& O200kRanks() {
  static const RankTable ranks(
      {weir_o200k_begin, static_cast<std::size_t>(weir_o200k_end - weir_o200k_begin)});
  return ranks;
}

}  // namespace weir::relay
