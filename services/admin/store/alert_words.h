// The words that REST, the webhook and the database use for alerts.
#pragma once

#include "services/admin/model/words.h"
#include "services/admin/store/alert_store.h"

namespace weir::admin {

template <>
inline constexpr std::array<std::pair<AlertState, std::string_view>, 3> kWords<AlertState> = {
    {{AlertState::kRaised, "raised"},
     {AlertState::kResolved, "resolved"},
     {AlertState::kTest, "test"}}};

template <>
inline constexpr std::array<std::pair<AlertDelivery, std::string_view>, 3> kWords<AlertDelivery> = {
    {{AlertDelivery::kWaiting, "waiting"},
     {AlertDelivery::kDelivered, "delivered"},
     {AlertDelivery::kGivenUp, "given_up"}}};

}  // namespace weir::admin
