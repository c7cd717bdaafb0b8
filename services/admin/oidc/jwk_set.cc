#include "services/admin/oidc/jwk_set.h"

#include <cstddef>
#include <optional>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "services/admin/outbound/form_text.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t kKeysMax = 100;
constexpr std::size_t kKidBytesMax = 256;
constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;
constexpr std::size_t kExponentBytesMax = 8;
constexpr std::size_t kCoordinateBytes = 32;  // of P-256

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

std::string TextOf(const json::object& object, json::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

std::string BytesOf(const json::object& object, json::string_view name) {
  std::string bytes;
  return FromBase64Url(TextOf(object, name), bytes) ? bytes : std::string();
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Number NumberOf(std::string_view bytes) {
  return Number(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

// nullptr when OpenSSL takes the numbers for no key.
std::shared_ptr<EVP_PKEY> MakeKey(const char* kind, OSSL_PARAM_BLD* builder) {
  const Params params(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  std::shared_ptr<EVP_PKEY> made(key, EVP_PKEY_free);
  const KeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return check != nullptr && EVP_PKEY_public_check(check.get()) == 1 ? made : nullptr;
}

std::shared_ptr<EVP_PKEY> RsaKey(const json::object& jwk) {
  const std::string exponent_bytes = BytesOf(jwk, "e");
  const std::string modulus_bytes = BytesOf(jwk, "n");
  if (exponent_bytes.size() > kExponentBytesMax || modulus_bytes.size() > kRsaBitsMax / 8) {
    return nullptr;
  }
  const Number modulus = NumberOf(modulus_bytes);
  const Number exponent = NumberOf(exponent_bytes);
  const Builder builder(OSSL_PARAM_BLD_new());
  if (modulus == nullptr || exponent == nullptr || builder == nullptr ||
      BN_num_bits(modulus.get()) < kRsaBitsMin ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1) {
    return nullptr;
  }
  return MakeKey("RSA", builder.get());
}

std::shared_ptr<EVP_PKEY> EcKey(const json::object& jwk) {
  const std::string x = BytesOf(jwk, "x");
  const std::string y = BytesOf(jwk, "y");
  if (TextOf(jwk, "crv") != "P-256" || x.size() != kCoordinateBytes ||
      y.size() != kCoordinateBytes) {
    return nullptr;
  }
  const std::string point = "\x04" + x + y;
  const Builder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return nullptr;
  }
  return MakeKey("EC", builder.get());
}

struct Kind {
  std::string_view key_type;
  std::string_view algorithm;
  std::shared_ptr<EVP_PKEY> (*read)(const json::object&);
};
constexpr Kind kKinds[] = {{"RSA", "RS256", RsaKey}, {"EC", "ES256", EcKey}};

std::optional<Jwk> ReadJwk(const json::object& object) {
  const std::string use = TextOf(object, "use");
  const std::string algorithm = TextOf(object, "alg");
  if (!use.empty() && use != "sig") return std::nullopt;
  for (const Kind& kind : kKinds) {
    if (TextOf(object, "kty") != kind.key_type) continue;
    if (!algorithm.empty() && algorithm != kind.algorithm) return std::nullopt;
    Jwk jwk{.kid = TextOf(object, "kid"),
            .algorithm = std::string(kind.algorithm),
            .key = kind.read(object)};
    if (jwk.key == nullptr || jwk.kid.size() > kKidBytesMax) return std::nullopt;
    return jwk;
  }
  return std::nullopt;
}

// JOSE joins the two numbers of an ECDSA signature, OpenSSL wants them as DER.
std::string DerOf(std::string_view joined) {
  if (joined.size() != 2 * kCoordinateBytes) return {};
  const EcSignature signature(ECDSA_SIG_new());
  Number r = NumberOf(joined.substr(0, kCoordinateBytes));
  Number s = NumberOf(joined.substr(kCoordinateBytes));
  if (signature == nullptr || r == nullptr || s == nullptr ||
      ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) {
    return {};
  }
  (void)r.release();  // the signature's now
  (void)s.release();
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

}  // namespace

absl::StatusOr<std::vector<Jwk>> ParseJwkSet(std::string_view text) {
  json::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  const json::value* list =
      !error && value.is_object() ? value.get_object().if_contains("keys") : nullptr;
  if (list == nullptr || !list->is_array() || list->get_array().size() > kKeysMax) {
    return absl::InvalidArgumentError("it is no set of keys");
  }
  std::vector<Jwk> keys;
  for (const json::value& one : list->get_array()) {
    if (!one.is_object()) continue;
    if (auto jwk = ReadJwk(one.get_object())) keys.push_back(*std::move(jwk));
  }
  return keys;
}

const Jwk* FindJwk(const std::vector<Jwk>& keys, std::string_view algorithm, std::string_view kid) {
  const Jwk* found = nullptr;
  for (const Jwk& key : keys) {
    if (key.algorithm != algorithm) continue;
    if (!kid.empty() && key.kid == kid) return &key;
    if (kid.empty() && found != nullptr) return nullptr;  // one of several: nobody knows which
    if (kid.empty()) found = &key;
  }
  return found;
}

absl::Status CheckSignature(const Jwk& key, std::string_view text, std::string_view signature) {
  const std::string der = key.algorithm == "ES256" ? DerOf(signature) : std::string(signature);
  const DigestContext context(EVP_MD_CTX_new());
  if (context == nullptr ||
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.key.get()) != 1 ||
      EVP_DigestVerify(context.get(), Bytes(der), der.size(), Bytes(text), text.size()) != 1) {
    return absl::UnauthenticatedError("its signature is not the provider's");
  }
  return absl::OkStatus();
}

}  // namespace weir::admin
