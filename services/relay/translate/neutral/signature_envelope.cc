#include "services/relay/translate/neutral/signature_envelope.h"

#include <array>
#include <charconv>

#include "libs/common/text.h"
#include "services/relay/dialects/own_signature.h"

namespace weir::relay {

namespace {

std::string FamilyWord(std::uint64_t family) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), family, 16);
  return std::string(digits.begin(), end.ptr);
}

std::string Head(Dialect upstream) { return StrCat(kOwnSignature, DialectName(upstream), "."); }

}  // namespace

std::string SealSignature(Dialect upstream, std::uint64_t family, std::string_view payload) {
  if (payload.empty()) return Head(upstream);
  return StrCat(Head(upstream), FamilyWord(family), ".", payload);
}

std::string SealSignature(const AnswerContext& context, std::string_view payload) {
  if (context.native) return std::string(payload);
  return SealSignature(context.upstream, context.family, payload);
}

std::optional<std::string_view> OpenSignature(Dialect upstream, std::uint64_t family,
                                              std::string_view signature) {
  const std::string head = Head(upstream);
  if (!signature.starts_with(head)) return std::nullopt;
  signature.remove_prefix(head.size());
  if (signature.empty()) return signature;
  const std::string own = FamilyWord(family) + ".";
  if (!signature.starts_with(own)) return std::nullopt;
  return signature.substr(own.size());
}

}  // namespace weir::relay
