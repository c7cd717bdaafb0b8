#include "services/relay/translate/gemini/thought_envelope.h"

#include <optional>

#include "libs/common/text.h"
#include "services/relay/dialects/own_signature.h"
#include "services/relay/translate/neutral/base64.h"
#include "services/relay/translate/neutral/json_read.h"

namespace weir::relay::gemini {
// A line of JSON for each of them.
std::string SealThoughts(std::span<const Thought> thoughts) {
  std::string lines;
  for (const Thought& thought : thoughts) {
    StrAppend(lines, lines.empty() ? "" : "\n", R"({"signature":")", thought.signature,
              R"(","text":")", thought.text, "\"}");
  }
  return ToBase64(lines);
}

std::vector<Thought> OpenThoughts(std::string_view sealed) {
  // How every one of them begins: others are not even decoded.
  static const std::string kHead = ToBase64(StrCat(R"({"signature":")", kOwnSignature));
  std::vector<Thought> thoughts;
  if (!sealed.starts_with(kHead)) return thoughts;
  const std::optional<std::string> lines = FromBase64(sealed);
  if (!lines.has_value()) return thoughts;
  for (const std::string_view line : Split(*lines, '\n')) {
    JsonDocument document;
    JsonReader in;
    ondemand::value root;
    if (!document.OpenApart(line, root)) return {};
    Thought& thought = thoughts.emplace_back();
    in.Members(root, [&](std::string_view name, ondemand::value member) {
      if (name == "signature") thought.signature = std::string(in.Text(member));
      if (name == "text") thought.text = std::string(in.Text(member));
    });
    if (!in.ok() || !thought.signature.starts_with(kOwnSignature)) return {};
  }
  return thoughts;
}

}  // namespace weir::relay::gemini
