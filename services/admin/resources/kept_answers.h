// Answers that are dear to make and that many ask for, kept while what they are made of stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

#include "services/admin/store/catalog_number.h"

namespace weir::admin {

// Thread-safe. Keeps at most so many, and so many parts of all of them together; who was asked for
// least lately goes first.
template <class Value>
class KeptAnswers {
 public:
  static constexpr std::size_t kAnswersMax = 64;
  static constexpr std::size_t kPartsMax = 50'000;

  struct Made {
    Value value;
    std::size_t parts = 0;  // how many it is made of: what it takes to keep it
    std::int64_t until_ms = std::numeric_limits<std::int64_t>::max();  // it no longer holds then
  };

  // The one that is kept, or what `make` gives. One is made for keeping at a time; who asks
  // meanwhile makes his own. Nobody waits for another: all hold a connection to the database, of
  // which there are few.
  template <class Make>
  absl::StatusOr<std::shared_ptr<const Value>> Get(sql::Transaction& transaction,
                                                   const std::string& key, std::int64_t now_ms,
                                                   Make make) {
    const auto number = numbers_.Look(transaction);
    if (!number.ok()) return number.status();
    if (auto kept = Find(key, *number, now_ms)) return kept;
    const std::unique_lock making(making_, std::try_to_lock);
    absl::StatusOr<Made> made = make();
    if (!made.ok()) return made.status();
    auto value = std::make_shared<const Value>(std::move(made->value));
    if (making.owns_lock()) Keep(key, {*number, made->until_ms, made->parts, 0, value});
    return value;
  }

 private:
  struct Kept {
    CatalogNumber number;
    std::int64_t until_ms = 0;
    std::size_t parts = 0;
    std::uint64_t asked = 0;  // counts up
    std::shared_ptr<const Value> value;
  };

  std::shared_ptr<const Value> Find(const std::string& key, const CatalogNumber& number,
                                    std::int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    const auto found = kept_.find(key);
    if (found == kept_.end()) return nullptr;
    if (!found->second.number.SameAs(number) || now_ms >= found->second.until_ms) return nullptr;
    found->second.asked = ++asked_;
    return found->second.value;
  }

  void Keep(const std::string& key, Kept kept) {
    const std::lock_guard lock(mutex_);
    Forget(kept_.find(key));
    if (kept.number.revision == 0 || kept.parts > kPartsMax) return;
    kept.asked = ++asked_;
    parts_ += kept.parts;
    kept_.emplace(key, std::move(kept));
    while (parts_ > kPartsMax || kept_.size() > kAnswersMax) {
      auto oldest = kept_.begin();
      for (auto it = kept_.begin(); it != kept_.end(); ++it) {
        if (it->second.asked < oldest->second.asked) oldest = it;
      }
      Forget(oldest);
    }
  }

  void Forget(typename std::map<std::string, Kept>::iterator kept) {
    if (kept == kept_.end()) return;
    parts_ -= kept->second.parts;
    kept_.erase(kept);
  }

  CatalogNumbers numbers_;
  std::mutex making_;
  std::mutex mutex_;
  std::map<std::string, Kept> kept_;
  std::size_t parts_ = 0;
  std::uint64_t asked_ = 0;
};

}  // namespace weir::admin
