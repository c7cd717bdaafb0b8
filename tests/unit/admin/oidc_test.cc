// Log-in by a provider, without one: keys, tokens and their claims, attempts, discovery.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "libs/common/clock.h"
#include "libs/common/text.h"
#include "services/admin/oidc/id_token.h"
#include "services/admin/oidc/jwk_set.h"
#include "services/admin/oidc/login_attempt.h"
#include "services/admin/oidc/oidc_client.h"
#include "services/admin/oidc/oidc_directory.h"
#include "services/admin/outbound/form_text.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr char kIssuer[] = "https://login.example.com";

json::object Object(const std::string& text) { return json::parse(text).as_object(); }

// RFC 7515, appendix A.3: a key, a text and its signature.
constexpr char kEcKey[] =
    R"({"kty":"EC","crv":"P-256","kid":"ec","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
constexpr char kEcText[] =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";
constexpr char kEcSignature[] =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
// Made by `openssl genpkey` and `openssl dgst -sha256 -sign`.
constexpr char kRsaKey[] =
    R"({"kty":"RSA","kid":"rsa","e":"AQAB","n":")"
    "xgQz44cpsNoYl1ytz3DkbMtpJYyEJEPDgqaU2HvjDv6QeuVQ0XGJC3mT1HDk4lPeNqMu-yu9qaN_jgDxdqt581D2"
    "JmcduqxZN0yoXbiGOZQx04EkFH3jWgIdp6GiQFurtuHRxdbbdofOo4GjzbJMvfsN8ftYLTErYZkpMUzcPlcN-1HK"
    "LuZlC-GayLMQ7aShOpCbNivWz2wa2nzFwGioDwoiikcKYggy6Zv_5RZMGJplbb6OhNgySYkUzo-kHZcAkvraDVuX"
    "-BGeZUtwNNmZXCuN5R4A6Z6jcQnp-yWPCfsqcz3Ew6lRQgngX7JrPwiL8vsWBG-SQ92LYSJ9iXevgQ"
    R"("})";
constexpr char kRsaText[] =
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";
constexpr char kRsaSignature[] =
    "FnYSoWantCk-qsr5y-KFy7iXKYP222ZlvTHiTyYjyG-UEIOtaFrzt1_gvDktUkG4bJJWorq16JDhOW8KQW-GKV6h"
    "t6oAed1ljQ0pyl717ra65AsBoV-3NEpIjCSaS6gSqiY4vUdPdX2tfVQhj_THOfCAaCfbZKzsaBOHq5yehJEESWmw"
    "bzz9sR_hksN2y_V4SEan52YbxP6hhkDBrenXeKGLUwep3n_Dg35kY87noCB4mYk3fTDRuatMx3clVCLdcm7G5ldb"
    "UdyYMCBr_hhw3mUna9VzYwSKIewRK9f17VsL6kyFsRxZQRBg3y9-AkuGbnk9KA6ViuesMMOXzfSCzQ";

std::string Decoded(const char* text) {
  std::string bytes;
  EXPECT_TRUE(FromBase64Url(text, bytes));
  return bytes;
}

std::vector<Jwk> KeysOf(const std::string& list) {
  auto keys = ParseJwkSet(StrCat(R"({"keys":[)", list, "]}"));
  EXPECT_TRUE(keys.ok()) << keys.status();
  return keys.value_or(std::vector<Jwk>());
}

TEST(JwkSetTest, ChecksTheSignaturesOfTheSpecification) {
  const auto keys = KeysOf(StrCat(kEcKey, ",", kRsaKey));
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_TRUE(CheckSignature(keys[0], kEcText, Decoded(kEcSignature)).ok());
  EXPECT_TRUE(CheckSignature(keys[1], kRsaText, Decoded(kRsaSignature)).ok());
  EXPECT_FALSE(CheckSignature(keys[0], kRsaText, Decoded(kRsaSignature)).ok());
  EXPECT_FALSE(CheckSignature(keys[1], kEcText, Decoded(kEcSignature)).ok());
  EXPECT_FALSE(CheckSignature(keys[1], StrCat(kRsaText, "x"), Decoded(kRsaSignature)).ok());
  for (const std::string& none : {std::string(), std::string(64, '\0'), std::string(256, '\0')}) {
    EXPECT_FALSE(CheckSignature(keys[0], kEcText, none).ok());
    EXPECT_FALSE(CheckSignature(keys[1], kRsaText, none).ok());
  }
}

TEST(JwkSetTest, AKeyIsForItsOwnAlgorithmAlone) {
  const auto keys = KeysOf(StrCat(kEcKey, ",", kRsaKey));
  EXPECT_NE(FindJwk(keys, "RS256", "rsa"), nullptr);
  EXPECT_EQ(FindJwk(keys, "ES256", "rsa"), nullptr);
  for (const char* algorithm : {"none", "HS256", "RS384", "PS256", "", "rs256"}) {
    EXPECT_EQ(FindJwk(keys, algorithm, "rsa"), nullptr) << algorithm;
    EXPECT_EQ(FindJwk(keys, algorithm, ""), nullptr) << algorithm;
  }
  EXPECT_EQ(FindJwk(keys, "RS256", "other"), nullptr);
  EXPECT_NE(FindJwk(keys, "RS256", ""), nullptr) << "the only one of its kind";
  const auto two = KeysOf(StrCat(kRsaKey, ",", kRsaKey));
  EXPECT_EQ(FindJwk(two, "RS256", ""), nullptr) << "nobody knows which";
}

TEST(JwkSetTest, WhatIsForOthersIsLeftOut) {
  const std::string rsa = kRsaKey;
  const std::string ec = kEcKey;
  const auto with = [](std::string key, const std::string& member) {
    return key.insert(1, member + ",");
  };
  for (const std::string& other :
       {with(rsa, R"("use":"enc")"), with(rsa, R"("alg":"RS512")"), with(ec, R"("alg":"ES384")"),
        std::string(R"({"kty":"oct","kid":"s","k":"c2VjcmV0"})"),
        std::string(R"({"kty":"RSA","n":"AQAB","e":"AQAB"})"),
        std::string(R"({"kty":"RSA","n":"%%%","e":"AQAB"})"),
        std::string(R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})"),
        // Not on the curve.
        StrCat(R"({"kty":"EC","crv":"P-256","x":")", std::string(43, 'A'), R"(","y":")",
               std::string(42, 'A'), R"(E"})"),
        std::string("7"), std::string("{}")}) {
    EXPECT_TRUE(KeysOf(other).empty()) << other;
  }
  for (const char* none : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":7})"}) {
    EXPECT_FALSE(ParseJwkSet(none).ok()) << none;
  }
}

constexpr char kClaims[] =
    R"({"iss":"https://login.example.com","aud":"weir","sub":"ann","nonce":"n","iat":1000,"exp":2000})";

absl::Status Check(const std::string& more, std::int64_t now_s = 1500) {
  json::object claims = Object(kClaims);
  for (const auto& member : Object(more)) claims[member.key()] = member.value();
  return CheckClaims(claims,
                     {.issuer = kIssuer, .client_id = "weir", .nonce = "n", .now_s = now_s});
}

TEST(IdTokenTest, ClaimsAreWhatTheyMustBe) {
  EXPECT_TRUE(Check("{}").ok());
  EXPECT_TRUE(Check("{}", 2059).ok()) << "clocks differ a little";
  EXPECT_FALSE(Check("{}", 2060).ok());
  EXPECT_TRUE(Check("{}", 940).ok());
  EXPECT_FALSE(Check("{}", 939).ok());
  for (const char* wrong :
       {R"({"iss":"https://login.example.com/"})", R"({"iss":null})", R"({"aud":"other"})",
        R"({"aud":["other"]})", R"({"aud":["weir","other"]})",
        R"({"aud":["weir","other"],"azp":"other"})", R"({"azp":"other"})", R"({"azp":7})",
        R"({"nonce":"m"})", R"({"nonce":null})", R"({"sub":""})", R"({"sub":7})",
        R"({"exp":"2000"})", R"({"exp":1e300})", R"({"exp":null})", R"({"iat":null})",
        R"({"nbf":9000})", R"({"exp":-9223372036854775808})"}) {
    EXPECT_TRUE(absl::IsUnauthenticated(Check(wrong))) << wrong;
  }
  EXPECT_TRUE(Check(R"({"aud":["weir"]})").ok());
  EXPECT_TRUE(Check(R"({"aud":["other","weir"],"azp":"weir"})").ok());
}

TEST(IdTokenTest, ANonceIsNeverEmpty) {
  json::object claims = Object(kClaims);
  claims["nonce"] = "";
  EXPECT_FALSE(
      CheckClaims(claims, {.issuer = kIssuer, .client_id = "weir", .nonce = "", .now_s = 1500})
          .ok());
}

TEST(IdTokenTest, WhatIsNoTokenIsNone) {
  const std::string header = Base64Url(R"({"alg":"RS256"})");
  const std::string claims = Base64Url("{}");
  EXPECT_TRUE(ParseIdToken(StrCat(header, ".", claims, ".AA")).ok());
  for (const std::string& none :
       {std::string(), std::string(".."), StrCat(header, ".", claims),
        StrCat(header, ".", claims, ".AA.AA"), StrCat(header, ".", claims, ".A=="),
        StrCat(header, ".", Base64Url("[]"), ".AA"), StrCat("e30=.", claims, ".AA"),
        StrCat(Base64Url(R"({"alg":"RS256","crit":[]})"), ".", claims, ".AA"),
        StrCat(header, ".", claims, ".", std::string(100'000, 'A'))}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseIdToken(none).status())) << none.substr(0, 80);
  }
}

TEST(IdTokenTest, AnAddressCountsWhenItIsVerified) {
  EXPECT_EQ(PersonOf(Object(R"({"sub":"a","email":"A@x.y","email_verified":true})")).email,
            "a@x.y");
  EXPECT_EQ(PersonOf(Object(R"({"sub":"a","email":"a@x.y","email_verified":"true"})")).email,
            "a@x.y");
  for (const char* not_verified :
       {R"({"email":"a@x.y"})", R"({"email":"a@x.y","email_verified":false})",
        R"({"email":"a@x.y","email_verified":1})",
        R"({"email":["a@x.y"],"email_verified":true})"}) {
    EXPECT_EQ(PersonOf(Object(not_verified)).email, "") << not_verified;
  }
}

TEST(IdTokenTest, AClaimIsFoundWholeOrByItsPath) {
  const json::object claims = Object(
      R"({"groups":["a","b"],"one":"a","https://x.y/roles":["c"],"realm":{"roles":["d"]},"n":1})");
  EXPECT_TRUE(ClaimHas(claims, "groups", {"b"}));
  EXPECT_TRUE(ClaimHas(claims, "one", {"z", "a"}));
  EXPECT_TRUE(ClaimHas(claims, "https://x.y/roles", {"c"}));
  EXPECT_TRUE(ClaimHas(claims, "realm.roles", {"d"}));
  EXPECT_FALSE(ClaimHas(claims, "realm.roles", {"c"}));
  EXPECT_FALSE(ClaimHas(claims, "realm", {"d"}));
  EXPECT_FALSE(ClaimHas(claims, "groups.a", {"a"}));
  EXPECT_FALSE(ClaimHas(claims, "n", {"1"}));
  EXPECT_FALSE(ClaimHas(claims, "", {"a"}));
  EXPECT_FALSE(ClaimHas(claims, "groups", {}));
}

TEST(LoginAttemptTest, ComesBackAsItWasUntilItEnds) {
  const Vault vault = *Vault::Create(Secret("0123456789abcdef0123456789abcdef"));
  LoginAttempt attempt = BeginAttempt(1000);
  attempt.next = "/usage?a=\"b\"";
  attempt.link_user_id = 7;
  const std::string sealed = SealAttempt(vault, attempt);
  auto opened = OpenAttempt(vault, sealed, 1000);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(*opened, attempt);
  EXPECT_FALSE(OpenAttempt(vault, sealed, 1000 + kAttemptLifeMs).ok());
  EXPECT_FALSE(OpenAttempt(vault, "", 1000).ok());
  EXPECT_FALSE(OpenAttempt(vault, sealed.substr(0, sealed.size() - 4), 1000).ok());
  EXPECT_FALSE(OpenAttempt(vault, SealPending(vault, 7, 1000), 1000).ok()) << "of another use";
  EXPECT_FALSE(OpenPending(vault, sealed, 1000).ok());
  EXPECT_EQ(*OpenPending(vault, SealPending(vault, 7, 1000), 1000), 7);
  EXPECT_NE(BeginAttempt(1000).state, attempt.state);
}

TEST(LoginAttemptTest, TheChallengeIsThatOfTheSpecification) {
  LoginAttempt attempt;
  attempt.verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";  // RFC 7636, appendix B
  EXPECT_EQ(ChallengeOf(attempt), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST(LoginAttemptTest, APathIsOneOfThisSite) {
  for (const char* good : {"/", "/a/b?c=d#e", "/a//b"}) EXPECT_TRUE(IsOwnPath(good)) << good;
  for (const char* bad : {"", "a", "//evil", "/\\evil", "\\/evil", "https://evil", "/a\tb",
                          "/\n/evil", "/a b", "/\xc3\xa4", "javascript:x"}) {
    EXPECT_FALSE(IsOwnPath(bad)) << bad;
  }
  EXPECT_FALSE(IsOwnPath("/" + std::string(512, 'a')));
}

constexpr char kDocument[] =
    R"({"issuer":"https://login.example.com","authorization_endpoint":"https://login.example.com/a?b=c",)"
    R"("token_endpoint":"https://login.example.com/t","jwks_uri":"https://login.example.com/k"})";

std::string Changed(const std::string& name, const json::value& value) {
  json::object object = Object(kDocument);
  object[name] = value;
  return json::serialize(object);
}

TEST(DiscoveryTest, ItIsOfThatIssuerAndLeadsSomewhereGood) {
  auto endpoints = ReadDiscovery(kIssuer, kDocument);
  ASSERT_TRUE(endpoints.ok()) << endpoints.status();
  EXPECT_TRUE(endpoints->takes_basic);
  EXPECT_FALSE(endpoints->names_itself);
  EXPECT_EQ(endpoints->end_session_url, "");
  for (const std::string& wrong :
       {Changed("issuer", "https://login.example.com/"), Changed("issuer", nullptr),
        Changed("token_endpoint", "http://login.example.com/t"),
        Changed("token_endpoint", "https://169.254.169.254/t"),
        Changed("jwks_uri", "file:///etc/passwd"),
        Changed("authorization_endpoint", "javascript:x"),
        Changed("authorization_endpoint", nullptr), Changed("end_session_endpoint", "//evil"),
        std::string("[]"), std::string()}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ReadDiscovery(kIssuer, wrong).status())) << wrong;
  }
  EXPECT_FALSE(ReadDiscovery(kIssuer, Changed("token_endpoint_auth_methods_supported",
                                              json::array{"client_secret_post"}))
                   ->takes_basic);
}

TEST(OidcClientTest, TheBrowserIsSentWithAllThatComesBack) {
  const OidcEndpoints endpoints = *ReadDiscovery(kIssuer, kDocument);
  OidcRegistration registration;
  registration.client_id = "weir &";
  registration.scopes = {"openid", "profile"};
  registration.redirect_url = "https://weir.example.com/api/v1/auth/oidc/callback";
  LoginAttempt attempt;
  attempt.state = "s";
  attempt.nonce = "n";
  attempt.verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  EXPECT_EQ(
      AuthorizationUrl(endpoints, registration, attempt),
      "https://login.example.com/a?b=c&response_type=code&client_id=weir%20%26&redirect_uri="
      "https%3A%2F%2Fweir.example.com%2Fapi%2Fv1%2Fauth%2Foidc%2Fcallback&scope=openid%20profile"
      "&state=s&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
      "&code_challenge_method=S256");
  const WebCall open = CodeCall(endpoints, registration, "c", "v");
  EXPECT_TRUE(open.authorization.empty());
  EXPECT_NE(open.body.Reveal().find("client_id=weir"), std::string::npos);
  registration.client_secret = Secret("s3cret");
  const WebCall basic = CodeCall(endpoints, registration, "c", "v");
  EXPECT_TRUE(basic.authorization.Reveal().starts_with("Basic "));
  EXPECT_EQ(basic.body.Reveal().find("s3cret"), std::string::npos);
}

// Answers what a provider publishes, and counts.
class Provider {
 public:
  SendWebCall AsFunction() {
    return [this](const WebCall& call) -> absl::StatusOr<WebAnswer> {
      const bool keys = call.url.ends_with("/k");
      (keys ? key_calls : document_calls) += 1;
      if (is_away) return absl::UnavailableError("away");
      return WebAnswer{
          .status = 200,
          .content_type = "application/json",
          .body = Secret(keys ? StrCat(R"({"keys":[)", key_list, "]}") : std::string(kDocument))};
    };
  }
  int key_calls = 0;
  int document_calls = 0;
  bool is_away = false;
  std::string key_list = kRsaKey;
};

TEST(OidcDirectoryTest, WhatIsPublishedIsKeptForAWhile) {
  FakeClock clock;
  Provider provider;
  OidcDirectory directory(provider.AsFunction(), clock);
  EXPECT_TRUE(directory.KeyFor(kIssuer, "RS256", "rsa").ok());
  EXPECT_TRUE(directory.KeyFor(kIssuer, "RS256", "rsa").ok());
  EXPECT_EQ(provider.document_calls, 1);
  EXPECT_EQ(provider.key_calls, 1);
  clock.AdvanceMs(OidcDirectory::kFreshMs);
  provider.key_list = kEcKey;
  EXPECT_FALSE(directory.KeyFor(kIssuer, "RS256", "rsa").ok()) << "a key that is gone is gone";
  EXPECT_EQ(provider.document_calls, 2);
}

TEST(OidcDirectoryTest, AnUnknownKeyIsLookedForButNotAtAnybodysPace) {
  FakeClock clock;
  Provider provider;
  OidcDirectory directory(provider.AsFunction(), clock);
  EXPECT_TRUE(directory.KeyFor(kIssuer, "RS256", "rsa").ok());
  provider.key_list = StrCat(kRsaKey, ",", kEcKey);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(directory.KeyFor(kIssuer, "ES256", "ec").ok());
  EXPECT_EQ(provider.key_calls, 1);
  clock.AdvanceMs(OidcDirectory::kAgainMs);
  EXPECT_TRUE(directory.KeyFor(kIssuer, "ES256", "ec").ok());
  EXPECT_EQ(provider.key_calls, 2);
}

TEST(OidcDirectoryTest, AProviderThatIsAwayIsAskedNowAndThen) {
  FakeClock clock;
  Provider provider;
  provider.is_away = true;
  OidcDirectory directory(provider.AsFunction(), clock);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(absl::IsUnavailable(directory.Endpoints(kIssuer).status()));
  }
  EXPECT_EQ(provider.document_calls, 1);
  clock.AdvanceMs(OidcDirectory::kFailedMs);
  provider.is_away = false;
  EXPECT_TRUE(directory.Endpoints(kIssuer).ok());
  provider.is_away = true;
  clock.AdvanceMs(OidcDirectory::kFreshMs);
  EXPECT_TRUE(directory.Endpoints(kIssuer).ok()) << "what it said before will do";
  EXPECT_FALSE(directory.Endpoints("https://other.example.com").ok()) << "but for nobody else";
}

TEST(OidcDirectoryTest, OfManyAtOnceOneAsksAndAFewWait) {
  FakeClock clock;
  std::mutex mutex;
  std::condition_variable changed;
  bool may_answer = false;
  int calls = 0;
  OidcDirectory directory(
      [&](const WebCall&) -> absl::StatusOr<WebAnswer> {
        std::unique_lock lock(mutex);
        ++calls;
        changed.notify_all();
        changed.wait(lock, [&] { return may_answer; });
        return WebAnswer{.status = 200, .content_type = "", .body = Secret(kDocument)};
      },
      clock);
  std::atomic<int> good = 0;
  std::atomic<int> away = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] { ++(directory.Endpoints(kIssuer).ok() ? good : away); });
  }
  std::unique_lock lock(mutex);
  // One asks, kWaitingMax wait for it, all others are turned away at once.
  while (away < 12 - 1 - OidcDirectory::kWaitingMax) {
    changed.wait_for(lock, std::chrono::milliseconds(1));
  }
  may_answer = true;
  changed.notify_all();
  lock.unlock();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(good, 1 + OidcDirectory::kWaitingMax);
}

}  // namespace
}  // namespace weir::admin
