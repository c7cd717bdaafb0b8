// The codes of authenticator apps: RFC 6238 with what all of them have, SHA-1, six digits, a new
// one every 30 seconds. No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/common/secret.h"

namespace weir::admin {

inline constexpr std::int64_t kCodeStepMs = 30'000;

// 20 random bytes, the length of the hash (RFC 4226 §4).
Secret NewCodeSecret();

// What stands for 30 seconds from `step` * kCodeStepMs on.
std::string OneTimeCode(const Secret& secret, std::int64_t step);

// The step that `code` is of: the present one, or one beside it, since clocks differ. Steps up to
// `after_step` have been used and count no more (RFC 6238 §5.2).
std::optional<std::int64_t> StepOfCode(const Secret& secret, std::string_view code,
                                       std::int64_t now_ms, std::int64_t after_step);

// RFC 4648 §6 without padding: as apps take a secret that is typed.
std::string Base32(std::string_view bytes);

// What an app reads as a QR code: "otpauth://totp/Weir:ann?secret=…".
Secret CodeUrl(const Secret& secret, std::string_view username);

// 16 letters and digits in groups of four, 80 random bits.
Secret NewRecoveryCode();
// As it may be typed: without dashes and spaces, in lower case.
std::string PlainRecoveryCode(std::string_view typed);

}  // namespace weir::admin
