#include "services/admin/model/password_rules.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <string>

#include "libs/common/text.h"
#include "services/admin/model/settings_rules.h"

namespace weir::admin {
namespace {

constexpr std::size_t kBytesMax = 256;
constexpr std::size_t kDifferentMin = 5;

// What lists of leaked passwords begin with, and what manuals have as their first password: those
// of eight characters and more that are not refused by another rule. In lower case.
constexpr std::string_view kWellKnown[] = {
    "12345678",   "123456789",  "1234567890",  "0123456789",    "0987654321",     "987654321",
    "87654321",   "password",   "password1",   "password12",    "password123",    "password1234",
    "passw0rd",   "p@ssw0rd",   "p@ssword",    "p@ssw0rd123",   "passwort",       "admin123",
    "admin1234",  "admin12345", "admin123456", "administrator", "administrator1", "adminadmin",
    "root1234",   "rootroot",   "changeme",    "changeme1",     "changeme123",    "changeit",
    "letmein1",   "letmein123", "welcome1",    "welcome123",    "qwertyui",       "qwertyuiop",
    "qwerty12",   "qwerty123",  "qwerty1234",  "1q2w3e4r",      "1q2w3e4r5t",     "1qaz2wsx",
    "1qaz@wsx",   "qazwsxedc",  "zaq12wsx",    "asdfghjk",      "asdfghjkl",      "zxcvbnm1",
    "zxcvbnm123", "abcd1234",   "abc12345",    "abcdefgh",      "a1b2c3d4",       "aa123456",
    "a12345678",  "iloveyou",   "iloveyou1",   "sunshine",      "princess",       "football",
    "baseball",   "basketball", "superman",    "trustno1",      "starwars",       "whatever",
    "computer",   "internet",   "michelle",    "jennifer",      "charlie1",       "dragon123",
    "monkey123",  "master123",  "shadow123",   "secret123",     "default1",       "default123",
    "guest123",   "test1234",   "testtest",    "temp1234",      "user1234",       "login123",
    "pass1234",   "postgres",   "database",    "courier123",    "claude123",      "weir1234",
    "weiradmin",  "weir-admin", "woaini1314",  "5201314520",    "147258369",
};

bool IsWellKnown(std::string_view lower) {
  return std::find(std::begin(kWellKnown), std::end(kWellKnown), lower) != std::end(kWellKnown);
}

// "ann" and "ann@example.com" for ann.
bool IsOwnName(std::string_view lower, const User& user) {
  const std::string_view email = user.email;
  return (!user.username.empty() && lower == ToLower(user.username)) ||
         (!email.empty() && (lower == email || lower == email.substr(0, email.find('@')))) ||
         (!user.name.empty() && lower == ToLower(user.name));
}

}  // namespace

void ValidatePassword(std::string_view password, const User& user, const Settings& settings,
                      std::string_view field, FieldErrors& errors) {
  const auto bytes_min =
      static_cast<std::size_t>(OrElse(settings.password_bytes_min, kPasswordBytesMin));
  if (password.size() < bytes_min || password.size() > kBytesMax) {
    errors.Add(field, StrCat("must be ", bytes_min, " to ", kBytesMax, " bytes long"));
    return;
  }
  const std::string lower = ToLower(password);
  if (std::set<char>(lower.begin(), lower.end()).size() < kDifferentMin) {
    errors.Add(field, "must have at least 5 different characters");
  } else if (IsWellKnown(lower)) {
    errors.Add(field, "is one that everybody tries first; choose another");
  } else if (IsOwnName(lower, user)) {
    errors.Add(field, "must not be the user's own name or e-mail address");
  }
}

}  // namespace weir::admin
