// How signatures of the gateway's own begin: they stand on thinking that came from an upstream of
// another dialect, and mean nothing to Anthropic.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir::relay {

inline constexpr std::string_view kOwnSignature = "gw1.";
// What they are all known by among the hashes of signatures.
inline constexpr std::uint64_t kOwnSignatureHash = 0;

}  // namespace weir::relay
