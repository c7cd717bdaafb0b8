#include "services/relay/snapshot/route_table.h"

#include <algorithm>
#include <utility>

namespace weir::relay {
namespace {

bool GoesFirst(const ModelRoute* a, const ModelRoute* b) {
  if (a->position != b->position) return a->position < b->position;
  if (const int compared = a->model.Compare(b->model); compared != 0) return compared < 0;
  if (a->group_ids.empty() != b->group_ids.empty()) return b->group_ids.empty();
  return a->id < b->id;
}

bool IsFor(const ModelRoute& route, std::int64_t group_id) {
  return route.group_ids.empty() ||
         std::binary_search(route.group_ids.begin(), route.group_ids.end(), group_id);
}

}  // namespace

RouteTable::RouteTable(ById routes) : by_id_(std::move(routes)) {
  std::vector<const ModelRoute*> order;
  for (const auto& [id, route] : by_id_) {
    if (route->enabled) order.push_back(route.get());
  }
  std::sort(order.begin(), order.end(), GoesFirst);
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const ModelRoute* route = order[rank];
    std::vector<Ranked>& list = route->model.exact() ? by_name_[route->model.stem()] : patterns_;
    list.push_back({rank, route});
  }
}

const ModelRoute* RouteTable::Find(std::string_view model, std::int64_t group_id) const {
  if (by_id_.empty()) return nullptr;
  Ranked best{by_id_.size(), nullptr};
  if (const auto named = by_name_.find(model); named != by_name_.end()) {
    for (const Ranked& ranked : named->second) {
      if (!IsFor(*ranked.route, group_id)) continue;
      best = ranked;
      break;
    }
  }
  for (const Ranked& ranked : patterns_) {
    if (ranked.rank > best.rank) break;
    if (IsFor(*ranked.route, group_id) && ranked.route->model.Matches(model)) return ranked.route;
  }
  return best.route;
}

std::vector<std::string> RouteTable::NamesFor(std::int64_t group_id) const {
  std::vector<std::string> names;
  for (const auto& [name, routes] : by_name_) {
    const bool any = std::any_of(routes.begin(), routes.end(), [group_id](const Ranked& ranked) {
      return IsFor(*ranked.route, group_id);
    });
    if (any) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace weir::relay
