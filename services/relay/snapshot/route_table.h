// All routes of a snapshot, found by the requested model. Immutable.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/common/text_hash.h"
#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {

class RouteTable {
 public:
  using ById = std::map<std::int64_t, std::shared_ptr<const ModelRoute>>;

  explicit RouteTable(ById routes);

  // The first enabled route, in the order of position, of what the pattern tells, of being for
  // certain groups, of id, that matches both; nullptr = none. Costs a hash look-up and a comparison
  // per route that is not for one name.
  const ModelRoute* Find(std::string_view model, std::int64_t group_id) const;

  // Names that a group's requests may ask for because a route is for them; sorted, each once.
  std::vector<std::string> NamesFor(std::int64_t group_id) const;

  const ById& by_id() const { return by_id_; }

 private:
  struct Ranked {
    std::size_t rank;
    const ModelRoute* route;
  };

  ById by_id_;
  // Each list by rank.
  std::unordered_map<std::string, std::vector<Ranked>, TextHash, std::equal_to<>> by_name_;
  std::vector<Ranked> patterns_;
};

}  // namespace weir::relay
