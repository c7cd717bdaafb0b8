// Signatures of the gateway's own, on thinking that came from an upstream of another dialect than
// the client's: they say which dialect and which family of accounts it was, so that it goes back
// there and nowhere else. No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "services/relay/dialects/dialect.h"
#include "services/relay/translate/neutral/answer_event.h"

namespace weir::relay {

// `payload` is what the upstream itself wants back with the thinking, and none but its own `family`
// can read (Account::family); empty: the thinking is plain text, which any of the dialect may have.
std::string SealSignature(Dialect upstream, std::uint64_t family, std::string_view payload);

// The same for the answer at hand; a client of the upstream's own dialect gets the payload as it
// is.
std::string SealSignature(const AnswerContext& context, std::string_view payload);

// The payload, if the signature is ours, of this dialect and for this family.
std::optional<std::string_view> OpenSignature(Dialect upstream, std::uint64_t family,
                                              std::string_view signature);

}  // namespace weir::relay
