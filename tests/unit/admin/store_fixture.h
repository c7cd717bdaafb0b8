// Admin's schema on both databases, with a clock that the test moves.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "libs/common/clock.h"
#include "services/admin/credentials/vault.h"
#include "services/admin/store/schema.h"
#include "services/admin/store/store.h"
#include "tests/unit/support/databases.h"

namespace weir::admin {

// What every case needs: one statement of a store in a change of its own.
template <class T>
absl::Status Insert(Store& store, T& item,
                    absl::Status (*insert)(sql::Transaction&, Changes&, std::int64_t, T&)) {
  return store.Change([&](sql::Transaction& transaction, Changes& changes) {
    return insert(transaction, changes, store.NowMs(), item);
  });
}

class StoreTest : public weir::testing::DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (HasFatalFailure()) return;
    absl::Status migrated = MigrateSchema(database());
    ASSERT_TRUE(migrated.ok()) << migrated;
    store_ = std::make_unique<Store>(database(), clock_);
  }
  void TearDown() override {
    store_.reset();
    DatabaseTest::TearDown();
  }

  Store& store() { return *store_; }
  FakeClock& clock() { return clock_; }
  const Vault& vault() { return vault_; }

  Revision CurrentRevision() {
    auto revision = ReadValue(store(), ReadRevision);
    EXPECT_TRUE(revision.ok()) << revision.status();
    return revision.ok() ? *revision : Revision();
  }

 private:
  FakeClock clock_;
  Vault vault_ = *Vault::Create(Secret("0123456789abcdef0123456789abcdef"));
  std::unique_ptr<Store> store_;
};

}  // namespace weir::admin
