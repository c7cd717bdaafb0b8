#include "services/relay/snapshot/figures_teller.h"

#include <utility>

namespace weir::relay {

FiguresTeller::FiguresTeller(std::function<std::optional<v1::RelayFigures>()> figures)
    : figures_(std::move(figures)) {}

void FiguresTeller::TellAnew() { look_at_ms_ = tell_at_ms_ = 0; }

std::optional<std::string> FiguresTeller::NextMessage(std::int64_t now_ms) {
  if (now_ms < look_at_ms_) return std::nullopt;
  look_at_ms_ = now_ms + kLookMs;
  const std::optional<v1::RelayFigures> figures = figures_();
  if (!figures.has_value()) return std::nullopt;
  if (now_ms < tell_at_ms_ && figures->redis() == redis_) return std::nullopt;
  tell_at_ms_ = now_ms + kPauseMs;
  redis_ = figures->redis();
  v1::WatchRequest request;
  *request.mutable_figures() = *figures;
  return request.SerializeAsString();
}

}  // namespace weir::relay
