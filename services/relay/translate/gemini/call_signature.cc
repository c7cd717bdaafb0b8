#include "services/relay/translate/gemini/call_signature.h"

#include "libs/common/text.h"

namespace weir::relay::gemini {

std::string WriteCallSignature(const CallSignature& signature) {
  return StrCat(signature.call, ".", signature.signature);
}

std::optional<CallSignature> ReadCallSignature(std::string_view payload) {
  const std::size_t dot = payload.find('.');
  CallSignature signature;
  if (dot == std::string_view::npos || !ParseInteger(payload.substr(0, dot), signature.call)) {
    return std::nullopt;
  }
  signature.signature = payload.substr(dot + 1);
  if (signature.signature.empty()) return std::nullopt;
  return signature;
}

}  // namespace weir::relay::gemini
