#include "services/relay/translate/neutral/result_text.h"

#include <cstddef>
#include <string_view>

#include "libs/common/text.h"
#include "services/relay/translate/neutral/inserted_words.h"

namespace weir::relay {

void AppendResultText(Parts inside, std::string& out, std::vector<const Part*>& media) {
  constexpr std::string_view kLineEnd = R"(\n)";  // escaped
  const std::size_t begin = out.size();
  const auto add = [&](std::string_view text) {
    if (!text.empty()) StrAppend(out, out.size() > begin ? kLineEnd : "", text);
  };
  for (const Part& part : inside) {
    if (IsMedia(part)) {
      add(part.kind == PartKind::kImage ? kImageMark : kDocumentMark);
      media.push_back(&part);
    } else {
      add(part.name);
      add(part.text);
    }
  }
}

}  // namespace weir::relay
