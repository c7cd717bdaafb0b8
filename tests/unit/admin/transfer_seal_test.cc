#include "services/admin/credentials/transfer_seal.h"

#include <string>

#include <gtest/gtest.h>

#include "libs/common/text.h"

namespace weir::admin {
namespace {

TransferSeal Make(const std::string& passphrase) {
  return *TransferSeal::Create(Secret(passphrase));
}

TEST(TransferSealTest, OpensWithThePassphraseAlone) {
  TransferSeal ours = Make("correct horse battery");
  const std::string sealed = *ours.Seal(Secret("text"));
  EXPECT_EQ(sealed.find("text"), std::string::npos);
  EXPECT_NE(sealed, *ours.Seal(Secret("text"))) << "a nonce of its own each time";
  TransferSeal same = Make("correct horse battery");
  EXPECT_EQ(same.Open(sealed)->Reveal(), "text");
  TransferSeal other = Make("correct horse batterz");
  EXPECT_TRUE(absl::IsInvalidArgument(other.Open(sealed).status()));
}

TEST(TransferSealTest, DamageAndGreedAreRefused) {
  TransferSeal seal = Make("correct horse battery");
  const std::string sealed = *seal.Seal(Secret("text"));
  std::string changed = sealed;
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  changed[changed.size() - 5] = changed[changed.size() - 5] == 'A' ? 'B' : 'A';
  const std::string rest = sealed.substr(sealed.find('.', sealed.find('.', 6) + 1));
  for (const std::string& bad :
       {changed, std::string(), std::string("weir1"), sealed.substr(0, sealed.size() - 30),
        StrCat("weir1.3.99999999", rest), StrCat("weir1.3.18446744073709551615", rest),
        StrCat("weir1.1000.65536", rest), StrCat("weir1.0.65536", rest), StrCat("weir1.3.1", rest),
        StrCat("weir2.3.65536", rest), StrCat("weir1.-3.65536", rest)}) {
    EXPECT_TRUE(absl::IsInvalidArgument(seal.Open(bad).status())) << bad;
  }
}

TEST(TransferSealTest, PassphrasesHaveALength) {
  EXPECT_FALSE(TransferSeal::Create(Secret("elevenchars")).ok());
  EXPECT_TRUE(TransferSeal::Create(Secret("twelve chars")).ok());
  EXPECT_FALSE(TransferSeal::Create(Secret(std::string(1025, 'x'))).ok());
}

}  // namespace
}  // namespace weir::admin
