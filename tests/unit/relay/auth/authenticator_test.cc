#include "services/relay/auth/authenticator.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libs/common/api_key_hash.h"
#include "libs/common/ip_block.h"
#include "libs/common/playground_token.h"
#include "libs/common/reason.h"
#include "tests/unit/relay/support/snapshots.h"

namespace weir::relay {
namespace {

using testing::SnapshotMaker;

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr std::string_view kAddress = "192.0.2.7";

RequestHead Head(const std::vector<HeaderField>& fields, std::string_view target = "/v1/messages") {
  RequestHead head;
  head.target = target;
  for (const HeaderField& field : fields) head.storage[head.count++] = field;
  return head;
}

TEST(PresentedKeyTest, IsFoundWhereverClientsPutIt) {
  for (const HeaderField& field : std::vector<HeaderField>{{"Authorization", "Bearer ck_1"},
                                                           {"authorization", "bearer   ck_1"},
                                                           {"AUTHORIZATION", "BEARER ck_1"},
                                                           {"x-api-key", "ck_1"},
                                                           {"X-Api-Key", "ck_1"},
                                                           {"api-key", "ck_1"},
                                                           {"x-goog-api-key", "ck_1"}}) {
    EXPECT_EQ(PresentedKey(Head({{"host", "x"}, field})), "ck_1") << field.name << field.value;
  }
  EXPECT_EQ(PresentedKey(Head({}, "/v1beta/x?alt=sse&key=ck_1&z=1")), "ck_1");
  EXPECT_EQ(PresentedKey(Head({}, "/v1beta/x?key=ck_1")), "ck_1");
}

TEST(PresentedKeyTest, IsEmptyWhenThereIsNone) {
  for (const HeaderField& field : std::vector<HeaderField>{{"authorization", "Basic dXNlcjpw"},
                                                           {"authorization", "Bearer"},
                                                           {"authorization", ""},
                                                           {"authorization", "ck_1"},
                                                           {"authorization", "Bearerck_1"},
                                                           {"x-api-key", ""},
                                                           {"x-api-keys", "ck_1"},
                                                           {"cookie", "key=ck_1"}}) {
    EXPECT_EQ(PresentedKey(Head({field})), "") << field.name << ": " << field.value;
  }
  EXPECT_EQ(PresentedKey(Head({}, "/v1/x?monkey=ck_1&key=")), "");
  EXPECT_EQ(PresentedKey(Head({}, "/v1/x/key=ck_1")), "");
}

TEST(PresentedKeyTest, AnEmptyHeaderLeavesTheOthersTheirTurn) {
  EXPECT_EQ(PresentedKey(Head({{"authorization", "Basic x"}, {"x-api-key", ""}, {"api-key", "k"}})),
            "k");
  EXPECT_EQ(PresentedKey(Head({{"authorization", "Bearer first"}, {"x-api-key", "second"}})),
            "first");
}

class AuthenticateTest : public ::testing::Test {
 protected:
  AuthenticateTest() : key_(maker_.AddKey("ck_good")) {}

  std::string_view Reason(std::string_view address = kAddress) {
    snapshot_ = maker_.Make();
    return Authenticate(*snapshot_, "ck_good", address, kNow).reason;
  }

  static std::vector<IpBlock> Blocks(const std::vector<std::string>& texts) {
    std::vector<IpBlock> blocks;
    for (const std::string& text : texts) blocks.push_back(ParseIpBlock(text).value());
    return blocks;
  }
  void AllowIps(const std::vector<std::string>& blocks) { key_.allowed_ips = Blocks(blocks); }

  SnapshotMaker maker_;
  ApiKey& key_;
  std::shared_ptr<const Snapshot> snapshot_;
};

TEST_F(AuthenticateTest, LetsAGoodKeyIn) {
  EXPECT_EQ(Reason(), "");
  const Caller caller = Authenticate(*snapshot_, "ck_good", kAddress, kNow);
  ASSERT_NE(caller.key, nullptr);
  EXPECT_EQ(caller.key->name, "key 1");
  EXPECT_EQ(caller.user->username, "ann");
  EXPECT_EQ(caller.group->id, 1);
}

TEST_F(AuthenticateTest, RefusesWhatIsNoKeyOfOurs) {
  snapshot_ = maker_.Make();
  EXPECT_EQ(Authenticate(*snapshot_, "", kAddress, kNow).reason, reason::kKeyMissing);
  for (const std::string_view wrong :
       {"ck_goo", "ck_goodx", "CK_GOOD", " ck_good", "ck_good ", "x"}) {
    const Caller caller = Authenticate(*snapshot_, wrong, kAddress, kNow);
    EXPECT_EQ(caller.reason, reason::kKeyUnknown) << wrong;
    EXPECT_EQ(caller.key, nullptr);
  }
  // The hash that is stored is no key.
  EXPECT_EQ(
      Authenticate(*snapshot_, {key_.sha256.data(), key_.sha256.size()}, kAddress, kNow).reason,
      reason::kKeyUnknown);
}

TEST_F(AuthenticateTest, RefusesWhoMayNot) {
  key_.availability = Availability::kDisabled;
  EXPECT_EQ(Reason(), reason::kKeyDisabled);
  key_.availability = Availability::kExhausted;
  EXPECT_EQ(Reason(), reason::kKeyExhausted);
  key_.availability = Availability::kActive;
  maker_.users[0].availability = Availability::kDisabled;
  EXPECT_EQ(Reason(), reason::kUserDisabled);
  maker_.users[0].availability = Availability::kActive;
  maker_.groups[0].availability = Availability::kDisabled;
  EXPECT_EQ(Reason(), reason::kGroupDisabled);
  maker_.groups[0].availability = Availability::kActive;
  EXPECT_EQ(Reason(), "");
  key_.user_id = 99;  // nobody's
  EXPECT_EQ(Reason(), reason::kUserDisabled);
  key_.user_id = 1;
  key_.group_id = 99;
  EXPECT_EQ(Reason(), reason::kGroupDisabled);
}

TEST_F(AuthenticateTest, ARefusalTellsWhoseKeyItIs) {
  key_.availability = Availability::kDisabled;
  snapshot_ = maker_.Make();
  const Caller caller = Authenticate(*snapshot_, "ck_good", kAddress, kNow);
  ASSERT_NE(caller.key, nullptr);
  EXPECT_NE(caller.user, nullptr);
  EXPECT_NE(caller.group, nullptr);
}

TEST_F(AuthenticateTest, KeysExpireAtTheirMoment) {
  key_.expires_at_unix_ms = kNow + 1;
  EXPECT_EQ(Reason(), "");
  key_.expires_at_unix_ms = kNow;
  EXPECT_EQ(Reason(), reason::kKeyExpired);
  key_.expires_at_unix_ms = 1;
  EXPECT_EQ(Reason(), reason::kKeyExpired);
}

TEST_F(AuthenticateTest, KeysMayBeTiedToAddresses) {
  AllowIps({"10.0.0.0/8", "192.0.2.7", "2001:db8::/32"});
  for (const std::string_view good :
       {"192.0.2.7", "10.255.255.255", "10.0.0.0", "2001:db8:ffff::1", "::ffff:10.1.2.3"}) {
    EXPECT_EQ(Reason(good), "") << good;
  }
  for (const std::string_view bad :
       {"192.0.2.8", "192.0.2.6", "11.0.0.0", "9.255.255.255", "2001:db9::1", "::1", "", "nonsense",
        "10.0.0", "010.0.0.1", "10.0.0.1:80"}) {
    EXPECT_EQ(Reason(bad), reason::kIpNotAllowed) << bad;
  }
  AllowIps({"0.0.0.0/0"});
  EXPECT_EQ(Reason("203.0.113.9"), "");
  EXPECT_EQ(Reason("2001:db8::1"), reason::kIpNotAllowed);
  AllowIps({"192.0.2.5/30"});  // bits below the mask do not count
  EXPECT_EQ(Reason("192.0.2.4"), "");
  EXPECT_EQ(Reason("192.0.2.8"), reason::kIpNotAllowed);
}

TEST_F(AuthenticateTest, UsersAndGroupsHaveASayToo) {
  maker_.users[0].allowed_ips = Blocks({"10.0.0.0/8"});
  EXPECT_EQ(Reason("10.1.2.3"), "");
  EXPECT_EQ(Reason("192.0.2.7"), reason::kIpNotAllowed);
  AllowIps({"0.0.0.0/0"});
  EXPECT_EQ(Reason("192.0.2.7"), reason::kIpNotAllowed) << "a key opens nothing";
  maker_.groups[0].allowed_ips = Blocks({"10.1.0.0/16", "192.0.2.0/24"});
  EXPECT_EQ(Reason("10.1.2.3"), "");
  EXPECT_EQ(Reason("10.2.2.3"), reason::kIpNotAllowed);
  EXPECT_EQ(Reason("192.0.2.7"), reason::kIpNotAllowed);
  EXPECT_EQ(Reason("nonsense"), reason::kIpNotAllowed);
}

TEST(MayUseModelTest, AnEmptyListAllowsAll) {
  ApiKey key;
  EXPECT_TRUE(MayUseModel(key, "anything"));
  key.allowed_models = {ModelPattern("claude-*"), ModelPattern("gpt-5")};
  EXPECT_TRUE(MayUseModel(key, "claude-opus"));
  EXPECT_TRUE(MayUseModel(key, "claude-"));
  EXPECT_TRUE(MayUseModel(key, "gpt-5"));
  EXPECT_FALSE(MayUseModel(key, "gpt-5-mini"));
  EXPECT_FALSE(MayUseModel(key, "Claude-opus"));
  EXPECT_FALSE(MayUseModel(key, "x-claude-opus"));
  EXPECT_FALSE(MayUseModel(key, ""));
}

class PlaygroundTokenTest : public AuthenticateTest {
 protected:
  PlaygroundTokenTest() { SetSecret('s'); }

  void SetSecret(char filler) {
    auto access = std::make_shared<ConsoleAccess>();
    access->playground_secret = Secret(std::string(kPlaygroundSecretBytes, filler));
    maker_.settings.console = std::move(access);
  }
  std::string Token(std::int64_t key_id = 1, std::string_view key_text = "ck_good") const {
    const Secret& secret = maker_.settings.console->playground_secret;
    return MakePlaygroundToken(secret, key_id, ApiKeyHash(key_text), kEnd).Reveal();
  }
  std::string_view ReasonOf(const std::string& token, std::int64_t now_unix_ms = kNow) {
    snapshot_ = maker_.Make();
    return Authenticate(*snapshot_, token, kAddress, now_unix_ms).reason;
  }

  static constexpr std::int64_t kEnd = (kNow / 1000 + 600) * 1000;
};

TEST_F(PlaygroundTokenTest, StandsForItsKeyUntilItEnds) {
  const std::string token = Token();
  EXPECT_EQ(ReasonOf(token), "");
  EXPECT_EQ(Authenticate(*snapshot_, token, kAddress, kNow).key->name, "key 1");
  EXPECT_EQ(ReasonOf(token, kEnd - 1), "");
  EXPECT_EQ(ReasonOf(token, kEnd), reason::kTokenExpired);
}

// Whoever has stolen what signs them cannot sign for longer than admin does.
TEST_F(PlaygroundTokenTest, IsWorthNothingWhenItWouldLiveForLong) {
  constexpr std::int64_t kMinuteMs = 60'000;
  const std::string token = Token();
  EXPECT_EQ(ReasonOf(token, kEnd - 11 * kMinuteMs), "");  // clocks differ by a minute
  EXPECT_EQ(ReasonOf(token, kEnd - 11 * kMinuteMs - 1), reason::kKeyUnknown);
}

TEST_F(PlaygroundTokenTest, IsHeldToAllThatItsKeyIsHeldTo) {
  const std::string token = Token();
  key_.allowed_ips = Blocks({"10.0.0.0/8"});
  EXPECT_EQ(ReasonOf(token), reason::kIpNotAllowed);
  key_.expires_at_unix_ms = kNow;
  EXPECT_EQ(ReasonOf(token), reason::kKeyExpired);
  key_.availability = Availability::kDisabled;
  EXPECT_EQ(ReasonOf(token), reason::kKeyDisabled);
  key_.availability = Availability::kActive;
  key_.expires_at_unix_ms = 0;
  key_.allowed_ips.clear();
  maker_.users[0].availability = Availability::kDisabled;
  EXPECT_EQ(ReasonOf(token), reason::kUserDisabled);
}

TEST_F(PlaygroundTokenTest, IsWorthNothingForAnotherKeyTextOrSecret) {
  const std::string token = Token();
  EXPECT_EQ(ReasonOf(Token(99)), reason::kKeyUnknown) << "a key that is gone";
  EXPECT_EQ(ReasonOf(Token(1, "ck_before")), reason::kKeyUnknown) << "a text that was rotated";
  SetSecret('t');
  EXPECT_EQ(ReasonOf(token), reason::kKeyUnknown) << "signed by another admin's secret";
  maker_.settings.console = std::make_shared<const ConsoleAccess>();
  EXPECT_EQ(ReasonOf(token), reason::kKeyUnknown) << "no secret has come yet";
  EXPECT_EQ(ReasonOf(Token()), reason::kKeyUnknown) << "signed with nothing";
}

}  // namespace
}  // namespace weir::relay
