#include "services/relay/route/route_resolver.h"

#include <algorithm>
#include <optional>

namespace weir::relay {
namespace {

bool Fits(Presence wanted, bool present) {
  return wanted == Presence::kAny || (wanted == Presence::kPresent) == present;
}

bool Holds(const RouteRule& rule, const RouteQuestion& question, std::optional<bool>& images,
           absl::FunctionRef<bool()> has_images) {
  if (rule.input_tokens_above > 0 && question.input_tokens <= rule.input_tokens_above) return false;
  if (rule.input_tokens_below > 0 && question.input_tokens >= rule.input_tokens_below) return false;
  if (!Fits(rule.thinking, question.thinks) || !Fits(rule.tools, question.has_tools)) return false;
  if (rule.images == Presence::kAny) return true;
  if (!images.has_value()) images = has_images();
  return Fits(rule.images, *images);
}

std::string_view RoutedModel(const ModelRoute& route, const RouteQuestion& question,
                             absl::FunctionRef<bool()> has_images) {
  std::optional<bool> images;
  for (const RouteRule& rule : route.rules) {
    if (Holds(rule, question, images, has_images)) return rule.upstream_model;
  }
  return route.upstream_model.empty() ? question.model : route.upstream_model;
}

void AddFallback(const Snapshot& snapshot, const Group& group, std::string_view model,
                 RoutePlan& plan) {
  const auto same = [model](const RouteStep& step) { return step.model == model; };
  if (plan.steps.size() >= kStepsMax) return;
  if (std::any_of(plan.steps.begin(), plan.steps.end(), same)) return;
  const ModelRoute* own = snapshot.FindRoute(model, group.id);
  plan.steps.push_back({model, own != nullptr ? own : plan.route});
}

}  // namespace

RoutePlan ResolveRoute(const Snapshot& snapshot, const Group& group, const RouteQuestion& question,
                       absl::FunctionRef<bool()> has_images) {
  RoutePlan plan;
  plan.route = snapshot.FindRoute(question.model, group.id);
  const std::string_view routed =
      plan.route == nullptr ? question.model : RoutedModel(*plan.route, question, has_images);
  plan.steps.push_back({group.model_mapping.Map(routed), plan.route});
  if (plan.route != nullptr) {
    for (const std::string& model : plan.route->fallbacks) {
      AddFallback(snapshot, group, model, plan);
    }
  }
  for (const std::string& model : group.fallbacks) AddFallback(snapshot, group, model, plan);
  return plan;
}

Timeouts TimeoutsFor(const ModelRoute* route, const Account& account) {
  Timeouts timeouts = account.timeouts;
  if (route == nullptr) return timeouts;
  const auto set = [](std::int64_t own, std::int64_t& value) {
    if (own > 0) value = own;
  };
  set(route->timeouts.connect_ms, timeouts.connect_ms);
  set(route->timeouts.first_byte_ms, timeouts.first_byte_ms);
  set(route->timeouts.idle_ms, timeouts.idle_ms);
  set(route->timeouts.total_ms, timeouts.total_ms);
  return timeouts;
}

}  // namespace weir::relay
