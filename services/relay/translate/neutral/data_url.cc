#include "services/relay/translate/neutral/data_url.h"

namespace weir::relay {

bool ReadDataUrl(std::string_view url, Part& part) {
  constexpr std::string_view kScheme = "data:";
  constexpr std::string_view kBase64 = ";base64,";
  const std::size_t mark = url.find(kBase64);
  if (!url.starts_with(kScheme) || mark == std::string_view::npos) return false;
  part.media_type = url.substr(kScheme.size(), mark - kScheme.size());
  part.base64 = url.substr(mark + kBase64.size());
  return true;
}

}  // namespace weir::relay
