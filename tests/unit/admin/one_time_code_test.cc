#include "services/admin/credentials/one_time_code.h"

#include <cctype>
#include <string>

#include <gtest/gtest.h>

namespace weir::admin {
namespace {

// RFC 6238, appendix B: its eight digits end in our six.
TEST(OneTimeCode, IsTheOneOfTheStandard) {
  const Secret secret("12345678901234567890");
  EXPECT_EQ(OneTimeCode(secret, 59 / 30), "287082");
  EXPECT_EQ(OneTimeCode(secret, 1111111109 / 30), "081804");
  EXPECT_EQ(OneTimeCode(secret, 1111111111 / 30), "050471");
  EXPECT_EQ(OneTimeCode(secret, 1234567890 / 30), "005924");
  EXPECT_EQ(OneTimeCode(secret, 2000000000 / 30), "279037");
  EXPECT_EQ(OneTimeCode(secret, 20000000000 / 30), "353130");
}

TEST(OneTimeCode, ClocksMayDifferByOneStepAndACodeCountsOnce) {
  const Secret secret("12345678901234567890");
  constexpr std::int64_t kNowMs = 1'234'567'890'000;
  constexpr std::int64_t kStep = kNowMs / kCodeStepMs;
  for (const std::int64_t step : {kStep - 1, kStep, kStep + 1}) {
    EXPECT_EQ(StepOfCode(secret, OneTimeCode(secret, step), kNowMs, 0), step);
    EXPECT_EQ(StepOfCode(secret, OneTimeCode(secret, step), kNowMs, step), std::nullopt);
  }
  EXPECT_EQ(StepOfCode(secret, OneTimeCode(secret, kStep - 2), kNowMs, 0), std::nullopt);
  EXPECT_EQ(StepOfCode(secret, OneTimeCode(secret, kStep + 2), kNowMs, 0), std::nullopt);
  EXPECT_EQ(StepOfCode(secret, "", kNowMs, 0), std::nullopt);
  EXPECT_EQ(StepOfCode(secret, OneTimeCode(secret, kStep) + "0", kNowMs, 0), std::nullopt);
}

// RFC 4648 §10, without padding.
TEST(OneTimeCode, SecretsAreWrittenInBase32) {
  EXPECT_EQ(Base32(""), "");
  EXPECT_EQ(Base32("f"), "MY");
  EXPECT_EQ(Base32("fo"), "MZXQ");
  EXPECT_EQ(Base32("foo"), "MZXW6");
  EXPECT_EQ(Base32("foob"), "MZXW6YQ");
  EXPECT_EQ(Base32("fooba"), "MZXW6YTB");
  EXPECT_EQ(Base32("foobar"), "MZXW6YTBOI");
}

TEST(OneTimeCode, AnAppReadsTheUrl) {
  EXPECT_EQ(CodeUrl(Secret("foobar"), "ann smith@x").Reveal(),
            "otpauth://totp/Weir:ann%20smith%40x?secret=MZXW6YTBOI&issuer=Weir&digits=6&period=30");
}

TEST(OneTimeCode, RecoveryCodesAreTypedAsOneLikes) {
  const std::string code = NewRecoveryCode().Reveal();
  ASSERT_EQ(code.size(), 19U) << code;
  EXPECT_EQ(code[4], '-');
  std::string shouted = code;
  for (char& c : shouted) c = c == '-' ? ' ' : static_cast<char>(std::toupper(c));
  EXPECT_EQ(PlainRecoveryCode(shouted), PlainRecoveryCode(code));
  EXPECT_EQ(PlainRecoveryCode(code).size(), 16U);
  EXPECT_NE(NewRecoveryCode().Reveal(), code);
}

}  // namespace
}  // namespace weir::admin
