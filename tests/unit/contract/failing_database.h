// A database between a test and a real one.
#pragma once

#include <string_view>
#include <vector>

#include "libs/common/sql/database.h"
#include "tests/unit/contract/dice.h"

namespace weir::testing {

// A database that fails at any step of a transaction, also after its commit.
class FailingDatabase final : public sql::Database {
 public:
  FailingDatabase(sql::Database& inner, Dice& dice) : inner_(inner), dice_(dice) {}
  sql::SqlDialect dialect() const override { return inner_.dialect(); }

 private:
  class FailingTransaction final : public sql::Transaction {
   public:
    FailingTransaction(sql::Transaction& inner, std::int64_t calls_left)
        : inner_(inner), calls_left_(calls_left) {}
    absl::StatusOr<sql::Result> Execute(std::string_view sql,
                                        const std::vector<sql::Value>& parameters) override {
      if (--calls_left_ == 0) return absl::UnavailableError("killed");
      return inner_.Execute(sql, parameters);
    }
    absl::Status Lock(std::string_view name) override { return inner_.Lock(name); }
    absl::Status InsertMany(std::string_view table, const std::vector<std::string_view>& columns,
                            const std::vector<std::vector<sql::Value>>& rows) override {
      if (--calls_left_ == 0) return absl::UnavailableError("killed");
      return inner_.InsertMany(table, columns, rows);
    }
    absl::StatusOr<bool> TryInsertMany(std::string_view table,
                                       const std::vector<std::string_view>& columns,
                                       const std::vector<std::vector<sql::Value>>& rows) override {
      if (--calls_left_ == 0) return absl::UnavailableError("killed");
      return inner_.TryInsertMany(table, columns, rows);
    }
    absl::StatusOr<sql::Result> MergeMany(std::string_view table,
                                          const std::vector<std::string_view>& columns,
                                          const std::vector<std::vector<sql::Value>>& rows,
                                          std::string_view on_conflict) override {
      if (--calls_left_ == 0) return absl::UnavailableError("killed");
      return inner_.MergeMany(table, columns, rows, on_conflict);
    }
    sql::SqlDialect dialect() const override { return inner_.dialect(); }

   private:
    sql::Transaction& inner_;
    std::int64_t calls_left_;
  };

  absl::Status RunOnce(Access /*access*/, const Body& body) override {
    const std::int64_t fault = dice_.Int(0, 5);
    if (fault == 0) return absl::UnavailableError("gone before it began");
    const std::int64_t calls = fault == 1 ? dice_.Int(1, 12) : -1;
    absl::Status status = inner_.Transact([&](sql::Transaction& transaction) {
      FailingTransaction failing(transaction, calls);
      return body(failing);
    });
    if (fault == 2 && status.ok()) return absl::UnavailableError("the commit's answer was lost");
    return status;
  }

  sql::Database& inner_;
  Dice& dice_;
};

}  // namespace weir::testing
