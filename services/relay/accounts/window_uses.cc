#include "services/relay/accounts/window_uses.h"

#include <cstddef>

namespace weir::relay {

std::optional<WindowUses> WindowUsesOf(const RateReading& reading, std::int64_t now_unix_ms) {
  WindowUses uses;
  bool any = false;
  for (std::size_t i = 0; i < uses.size(); ++i) {
    const WindowReading& window = reading.windows[i];
    if (window.used_basis_points < 0) continue;
    uses[i] = {window.used_basis_points, ResetUnixMs(window.reset, now_unix_ms)};
    any = true;
  }
  if (!any) return std::nullopt;
  return uses;
}

}  // namespace weir::relay
