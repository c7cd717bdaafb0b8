#include "services/admin/restore_access.h"

#include "libs/common/clock.h"
#include "services/admin/credentials/password.h"
#include "services/admin/credentials/vault.h"
#include "services/admin/http/console_session.h"
#include "services/admin/store/user_store.h"
#include "tests/unit/admin/store_fixture.h"

namespace weir::admin {
namespace {

class RestoreAccessTest : public StoreTest {
 protected:
  User AddUser(const std::string& name, const std::string& password) {
    User user;
    user.username = name;
    user.password_hash = *HashPassword(Secret(password));
    const absl::Status status = store().Change([&](sql::Transaction& t, Changes& changes) {
      return user_store::Insert(t, changes, store().NowMs(), user);
    });
    EXPECT_TRUE(status.ok()) << status;
    return user;
  }

  const Vault vault_ = *Vault::Create(Secret("a master key of 32 characters or more"));
};

TEST_P(RestoreAccessTest, WhoIsAdmittedOnWhatHeProvedBeforeStaysOut) {
  ConsoleSessions sessions(store(), SystemClock(), vault_);
  const User proved = AddUser("ann", "an old password 1");
  ASSERT_TRUE(sessions.Admit(proved, {"192.0.2.1", "test"}).ok());
  const auto password = RestoreAccess(store(), "ann");
  ASSERT_TRUE(password.ok()) << password.status();

  // As if the password had been checked a moment before it was replaced.
  EXPECT_TRUE(absl::IsUnauthenticated(sessions.Admit(proved, {"192.0.2.1", "test"}).status()));
  const auto login =
      sessions.LogIn({"ann", Secret(password->Reveal()), Secret()}, {"192.0.2.1", "test"});
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(login->user.role, Role::kAdmin);
}

TEST_P(RestoreAccessTest, NobodyIsMadeOfANameThatIsNotThere) {
  AddUser("ann", "an old password 1");
  const auto refused = RestoreAccess(store(), "bob");
  EXPECT_TRUE(absl::IsNotFound(refused.status())) << refused.status();
}

INSTANTIATE_ON_BOTH_DATABASES(RestoreAccessTest);

}  // namespace
}  // namespace weir::admin
