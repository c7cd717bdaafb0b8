// What Anthropic checks of the thinking that a conversation brings along.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::fakes {

// What all that family `family` makes begins with.
std::string FamilyPrefix(std::int64_t family);

// The signature (or data) that family `family` puts into the answer `id`.
std::string SignatureOf(std::int64_t family, std::string_view id);

// What is wrong with the thinking in `body`, in Anthropic's words; empty = nothing: a signature
// that the family did not make, an assistant's message that has no content, tool calls being
// answered that do not begin with thinking while it is on.
std::string ThinkingProblem(std::int64_t family, std::string_view body);

}  // namespace weir::fakes
