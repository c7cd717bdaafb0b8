// An immutable table that shares memory with the one before it.
//
// The entries lie in many small hash tables, the shards. A changed table copies the shards that
// change and points to all others, so that one changed entry among a million costs some thousands
// of pointers and not a million.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace weir::relay {

// Open addressing with linear probing over shared pointers. `hash` must be well mixed in all bits.
template <typename T>
class Shard {
 public:
  struct Slot {
    std::uint64_t hash = 0;
    std::shared_ptr<const T> value;  // nullptr = free
  };

  template <typename Same>
  const std::shared_ptr<const T>* Find(std::uint64_t hash, const Same& same) const {
    if (slots_.empty()) return nullptr;
    for (std::size_t i = Home(hash); slots_[i].value != nullptr; i = Next(i)) {
      if (slots_[i].hash == hash && same(*slots_[i].value)) return &slots_[i].value;
    }
    return nullptr;
  }

  // Puts `value` in, in place of the same one before; true when there was none.
  template <typename Same>
  bool Upsert(std::uint64_t hash, std::shared_ptr<const T> value, const Same& same) {
    if ((size_ + 1) * 4 > slots_.size() * 3) Grow();
    std::size_t i = Home(hash);
    for (; slots_[i].value != nullptr; i = Next(i)) {
      if (slots_[i].hash == hash && same(*slots_[i].value)) {
        slots_[i].value = std::move(value);
        return false;
      }
    }
    slots_[i] = {hash, std::move(value)};
    ++size_;
    return true;
  }

  template <typename Same>
  bool Erase(std::uint64_t hash, const Same& same) {
    if (slots_.empty()) return false;
    std::size_t i = Home(hash);
    while (slots_[i].value != nullptr && !(slots_[i].hash == hash && same(*slots_[i].value))) {
      i = Next(i);
    }
    if (slots_[i].value == nullptr) return false;
    CloseGap(i);
    --size_;
    return true;
  }

  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.value != nullptr) visit(slot.value);
    }
  }

  std::size_t size() const { return size_; }

 private:
  // The table's shard is chosen by the upper bits, the slot by the lower ones.
  std::size_t Home(std::uint64_t hash) const { return hash & (slots_.size() - 1); }
  std::size_t Next(std::size_t i) const { return (i + 1) & (slots_.size() - 1); }

  void Grow() {
    std::vector<Slot> old(slots_.empty() ? 4 : slots_.size() * 2);
    old.swap(slots_);
    for (Slot& slot : old) {
      if (slot.value == nullptr) continue;
      std::size_t i = Home(slot.hash);
      while (slots_[i].value != nullptr) i = Next(i);
      slots_[i] = std::move(slot);
    }
  }

  // Moves later entries of the run back, so that no probe ends too early.
  void CloseGap(std::size_t gap) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = Next(gap); slots_[i].value != nullptr; i = Next(i)) {
      if (((i - Home(slots_[i].hash)) & mask) >= ((i - gap) & mask)) {
        slots_[gap] = std::move(slots_[i]);
        gap = i;
      }
    }
    slots_[gap] = Slot{};
  }

  std::vector<Slot> slots_;  // a power of two, or none
  std::size_t size_ = 0;
};

// `kShards` is a power of two. Copying a table copies kShards pointers.
template <typename T, std::size_t kShards>
class ShardedTable {
 public:
  static_assert(std::has_single_bit(kShards) && kShards > 1);
  using Pointer = std::shared_ptr<const T>;

  ShardedTable() : shards_(kShards) {}

  template <typename Same>
  const Pointer* Find(std::uint64_t hash, const Same& same) const {
    const auto& shard = shards_[IndexOf(hash)];
    return shard == nullptr ? nullptr : shard->Find(hash, same);
  }

  template <typename Visit>
  void ForEach(const Visit& visit) const {
    for (const auto& shard : shards_) {
      if (shard != nullptr) shard->ForEach(visit);
    }
  }

  std::size_t size() const { return size_; }

  // Changes made to a copy; shards are copied when first touched. Done() gives the new table.
  class Editor {
   public:
    explicit Editor(const ShardedTable* base)
        : table_(base == nullptr ? ShardedTable() : *base), own_(kShards) {}

    template <typename Same>
    const Pointer* Find(std::uint64_t hash, const Same& same) const {
      return table_.Find(hash, same);
    }
    template <typename Same>
    void Upsert(std::uint64_t hash, Pointer value, const Same& same) {
      if (Own(hash).Upsert(hash, std::move(value), same)) ++table_.size_;
    }
    template <typename Same>
    bool Erase(std::uint64_t hash, const Same& same) {
      if (table_.Find(hash, same) == nullptr) return false;
      Own(hash).Erase(hash, same);
      --table_.size_;
      return true;
    }
    const ShardedTable& table() const { return table_; }
    ShardedTable Done() && { return std::move(table_); }

   private:
    Shard<T>& Own(std::uint64_t hash) {
      const std::size_t i = IndexOf(hash);
      if (own_[i] == nullptr) {
        const auto& shared = table_.shards_[i];
        own_[i] =
            shared == nullptr ? std::make_shared<Shard<T>>() : std::make_shared<Shard<T>>(*shared);
        table_.shards_[i] = own_[i];
      }
      return *own_[i];
    }

    ShardedTable table_;
    std::vector<std::shared_ptr<Shard<T>>> own_;  // nullptr = still shared with the base
  };

 private:
  static std::size_t IndexOf(std::uint64_t hash) {
    return static_cast<std::size_t>(hash >> (64 - std::countr_zero(kShards)));
  }

  std::vector<std::shared_ptr<const Shard<T>>> shards_;  // nullptr = empty
  std::size_t size_ = 0;
};

// Ids follow each other; multiplication by an odd constant and folding spread them over all bits.
constexpr std::uint64_t HashOfId(std::int64_t id) {
  std::uint64_t x = static_cast<std::uint64_t>(id) + 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93U;
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93U;
  return x ^ (x >> 32);
}

// A table of values with a member `id`, found by it.
template <typename T, std::size_t kShards>
class IdTable {
 public:
  using Pointer = std::shared_ptr<const T>;
  using Table = ShardedTable<T, kShards>;

  class Editor {
   public:
    explicit Editor(const IdTable* base) : editor_(base == nullptr ? nullptr : &base->table_) {}
    const T* Find(std::int64_t id) const { return Raw(editor_.Find(HashOfId(id), SameId{id})); }
    // Shares ownership, for what must outlive a change.
    Pointer Hold(std::int64_t id) const {
      const Pointer* found = editor_.Find(HashOfId(id), SameId{id});
      return found == nullptr ? nullptr : *found;
    }
    void Upsert(Pointer value) {
      const std::int64_t id = value->id;
      editor_.Upsert(HashOfId(id), std::move(value), SameId{id});
    }
    bool Erase(std::int64_t id) { return editor_.Erase(HashOfId(id), SameId{id}); }
    const Table& table() const { return editor_.table(); }
    IdTable Done() && {
      IdTable done;
      done.table_ = std::move(editor_).Done();
      return done;
    }

   private:
    typename Table::Editor editor_;
  };

  const T* Find(std::int64_t id) const { return Raw(table_.Find(HashOfId(id), SameId{id})); }
  template <typename Visit>
  void ForEach(const Visit& visit) const {
    table_.ForEach(visit);
  }
  std::size_t size() const { return table_.size(); }

 private:
  struct SameId {
    std::int64_t id;
    bool operator()(const T& value) const { return value.id == id; }
  };
  static const T* Raw(const Pointer* found) { return found == nullptr ? nullptr : found->get(); }

  Table table_;
};

}  // namespace weir::relay
