// What is asked of which model, in which order: the requested model and the snapshot's routes into
// a plan. Pure: the same input gives the same plan on every relay. No I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"

#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

// What rules look at.
struct RouteQuestion {
  std::string_view model;  // as requested; must live as long as the plan
  std::int64_t input_tokens = 0;
  bool thinks = false;
  bool has_tools = false;
};

// A model to ask the accounts for, and how.
struct RouteStep {
  std::string_view model;             // before the account's own mapping
  const ModelRoute* route = nullptr;  // its bounds, defaults and timeouts; nullptr = none
};

struct RoutePlan {
  // Of the requested model: what holds whatever serves it (stream mode, disconnect policy); nullptr
  // = none.
  const ModelRoute* route = nullptr;
  // In the order to try, each model once, at least one. Models are views into the snapshot or the
  // question's.
  absl::InlinedVector<RouteStep, 1> steps;
};

inline constexpr std::size_t kStepsMax = 8;

// Which model: the first rule of the route that holds, else its upstream model, else the requested
// one; then the group's mapping of that. Then the route's fallbacks and the group's, as they stand
// there. A fallback is served by the bounds of its own route, when it has one, but that route's
// rules, mapping and fallbacks are not followed: nothing goes in circles. `has_images` is asked
// once at most, and only when a rule depends on it.
RoutePlan ResolveRoute(const Snapshot& snapshot, const Group& group, const RouteQuestion& question,
                       absl::FunctionRef<bool()> has_images);

// Those that the route sets, else the account's.
Timeouts TimeoutsFor(const ModelRoute* route, const Account& account);

}  // namespace weir::relay
