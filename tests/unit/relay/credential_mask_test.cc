#include "services/relay/credential_mask.h"

#include <string>

#include <gtest/gtest.h>

#include "services/relay/snapshot/snapshot.h"

namespace weir::relay {
namespace {

const Secret kCredential("sk-ant-api03-0123456789");

std::string InPieces(const std::string& text, std::size_t bytes) {
  CredentialMask mask(kCredential);
  std::string shown;
  for (std::size_t at = 0; at < text.size(); at += bytes)
    shown += mask.Next(text.substr(at, bytes));
  return shown + mask.End();
}

TEST(CredentialMaskTest, FindsTheCredentialWhereverTheTextIsCut) {
  const std::string text = "your key sk-ant-api03-0123456789, sk-ant-sk-ant-api03-0123456789 again";
  const std::string masked = "your key ***, sk-ant-*** again";
  EXPECT_EQ(Masked(text, kCredential), masked);
  for (std::size_t bytes = 1; bytes <= text.size(); ++bytes) {
    EXPECT_EQ(InPieces(text, bytes), masked) << bytes;
  }
}

TEST(CredentialMaskTest, NoSecretOfAnAccountIsShown) {
  Account account;
  account.credential = Secret("sk-ant-api03-0123456789");
  account.proxy.emplace();
  account.proxy->password = Secret("proxy-pass-1");
  account.headers = {{"x-portal-key", "portal sk-ant-api03-0123456789 end"}, {"x-tier", "gold"}};
  EXPECT_EQ(MaskedOf("key sk-ant-api03-0123456789, proxy-pass-1, header portal "
                     "sk-ant-api03-0123456789 end of gold",
                     account),
            "key ***, ***, header *** of gold");
}

TEST(CredentialMaskTest, NoSecretOfAnAccountIsShownWhereverTheTextIsCut) {
  Account account;
  account.credential = Secret("sk-ant-api03-0123456789");
  account.proxy.emplace();
  account.proxy->password = Secret("proxy-pass-1");
  account.headers = {{"x-portal-key", "portal-key-of-ours"}};
  const std::string said = "sk-ant-api03-0123456789 by proxy-pass-1, with portal-key-of-ours.";
  for (std::size_t size = 1; size <= said.size(); ++size) {
    AccountMask mask(account);
    std::string shown;
    for (std::size_t at = 0; at < said.size(); at += size)
      shown += mask.Next(said.substr(at, size));
    shown += mask.End();
    EXPECT_EQ(shown, "*** by ***, with ***.") << "in pieces of " << size;
  }
}

TEST(CredentialMaskTest, ShowsTheRestAtOnce) {
  CredentialMask mask(kCredential);
  EXPECT_EQ(mask.Next("hello"), "hello");
  EXPECT_EQ(mask.Next(" you s"), " you ");
  EXPECT_EQ(mask.Next("ay"), "say");
  EXPECT_EQ(mask.End(), "");
}

TEST(CredentialMaskTest, AtTheEndABeginningIsShownAndAGoodPartIsNot) {
  EXPECT_EQ(InPieces("all keys begin with sk-ant-", 3), "all keys begin with sk-ant-");
  EXPECT_EQ(InPieces("yours is sk-ant-api03-01234", 3), "yours is ***");
}

TEST(CredentialMaskTest, ShortOnesWouldBeFoundInWords) {
  const Secret demo("demo");
  CredentialMask mask(demo);
  EXPECT_EQ(mask.Next("a demo"), "a demo");
  EXPECT_EQ(Masked("a demo", demo), "a demo");
  const Secret nothing;
  CredentialMask none(nothing);
  EXPECT_EQ(none.Next("text"), "text");
}

}  // namespace
}  // namespace weir::relay
