// What the relay says on admin's Watch stream, as bytes. No I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "services/relay/snapshot/snapshot_subscriber.h"

namespace weir::relay {

std::string ObservationMessage(const AccountObservation& observation);
// The revision is in force / was refused.
std::string AckMessage(std::uint64_t revision);
std::string NackMessage(std::uint64_t revision, std::string_view reason);

}  // namespace weir::relay
