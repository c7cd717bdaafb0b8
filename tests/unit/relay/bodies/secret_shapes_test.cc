#include "services/relay/bodies/secret_shapes.h"

#include <ctime>
#include <string>

#include <gtest/gtest.h>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

std::string Masked(std::string_view text) {
  std::vector<TextSpan> spans;
  FindKnownSecrets(text, spans);
  std::string out(text);
  for (const TextSpan& span : spans) {
    for (std::size_t i = span.begin; i < span.end; ++i) out[i] = '*';
  }
  return out;
}

std::string Stars(std::size_t count) { return std::string(count, '*'); }

TEST(SecretShapes, EachKnownKind) {
  const std::string tail = "abcdefghij0123456789ABCDEFGHIJKLMNOPQ";
  for (const std::string& secret : {"sk-" + tail,
                                    "sk-ant-api03-" + tail + "_-x",
                                    "sk-proj-" + tail,
                                    "ck_" + tail,
                                    "xai-" + tail,
                                    "gsk_" + tail,
                                    "hf_" + tail,
                                    std::string("AKIAIOSFODNN7EXAMPLE"),
                                    std::string("ASIAIOSFODNN7EXAMPLE"),
                                    "AIza" + tail,
                                    "ya29." + tail,
                                    "GOCSPX-" + tail,
                                    "ghp_" + tail,
                                    "ghs_" + tail,
                                    "github_pat_" + tail,
                                    "glpat-" + tail,
                                    "xoxb-1234567890-" + tail,
                                    "sk_live_" + tail,
                                    "rk_test_" + tail,
                                    "npm_" + tail,
                                    "eyJhbGciOiJIUzI1NiJ9." + tail + "." + tail,
                                    "eyJhbGciOiJIUzI1NiJ9." + tail}) {
    const std::string text = StrCat("it is \"", secret, "\", keep it");
    EXPECT_EQ(Masked(text), StrCat("it is \"", Stars(secret.size()), "\", keep it")) << secret;
  }
}

TEST(SecretShapes, WhatOnlyLooksLikeOneStays) {
  for (const std::string_view text :
       {"a task-force-reinforcement-in-the-desk-drawer of risk-averse-people-everywhere today",
        "sk-short is none", "the AKIA prefix", "eyJ is base64 of {\"", "bearer of bad news",
        "http://localhost:8080/path", "see https://example.com:443/a@b", "check_ck_nothing here"}) {
    EXPECT_EQ(Masked(text), text);
  }
}

TEST(SecretShapes, TheLabelStaysTheValueGoes) {
  EXPECT_EQ(Masked("Authorization: Bearer abcdefghijklmnop, next"),
            StrCat("Authorization: Bearer ", Stars(16), ", next"));
  const std::string key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  EXPECT_EQ(Masked(StrCat("aws_secret_access_key = ", key, "\n")),
            StrCat("aws_secret_access_key = ", Stars(key.size()), "\n"));
  EXPECT_EQ(Masked(StrCat("{\"SecretAccessKey\": \"", key, "\"}")),
            StrCat("{\"SecretAccessKey\": \"", Stars(key.size()), "\"}"));
  EXPECT_EQ(Masked("postgresql://weir:hunter2@db/weir"), "postgresql://weir:*******@db/weir");
}

TEST(SecretShapes, PrivateKeysGoWholeAlsoWithoutAnEnd) {
  const std::string key =
      "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----";
  EXPECT_EQ(Masked(StrCat("a ", key, " b")), StrCat("a ", Stars(key.size()), " b"));
  const std::string open = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1";
  EXPECT_EQ(Masked(StrCat("a ", open)), StrCat("a ", Stars(open.size())));
  EXPECT_EQ(Masked("-----BEGIN PUBLIC KEY-----\nMIIB"), "-----BEGIN PUBLIC KEY-----\nMIIB");
}

TEST(SecretShapes, ABeginningAtTheEndGoesToo) {
  EXPECT_EQ(Masked("my key is sk-ant"), StrCat("my key is ", Stars(6)));
  EXPECT_EQ(Masked("my key is AKIAIO"), StrCat("my key is ", Stars(6)));
  EXPECT_EQ(Masked("token: eyJhbGci"), StrCat("token: ", Stars(8)));
  EXPECT_EQ(Masked("mysql://root:hun"), StrCat("mysql://root:", Stars(3)));
  EXPECT_EQ(Masked("http://localhost:80"), "http://localhost:80");
}

TEST(SecretShapes, Emails) {
  std::vector<TextSpan> spans;
  const std::string_view text = "write to ann.b+c@mail.example.org, not to @ann or a@b";
  FindEmails(text, spans);
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(text.substr(spans[0].begin, spans[0].end - spans[0].begin), "ann.b+c@mail.example.org");
}

TEST(SecretShapes, SecretsOfTheRequestItself) {
  std::vector<TextSpan> spans;
  FindLiteral("x my-own-key y my-own-key z my-ow", "my-own-key", spans);
  ASSERT_EQ(spans.size(), 3U);
  EXPECT_EQ(spans[2].begin, 28U);
  EXPECT_EQ(spans[2].end, 33U);
  spans.clear();
  FindLiteral("short short", "short", spans);
  EXPECT_TRUE(spans.empty());
}

TEST(SecretShapes, AWorkOfManyMatchesIsBounded) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "aaaa ";
  std::vector<TextSpan> spans;
  FindPattern(*MaskPattern::Compile("a[^b]*b|a"), text, spans);
  ASSERT_EQ(spans.size(), 2'001U);
  EXPECT_EQ(spans.back().end, text.size());
}

TEST(SecretShapes, TimeGrowsWithTheTextAlone) {
  std::string text;
  while (text.size() < 1 << 20) text += "xsk-eyJ-----BEGIN bearer a://b:ck_";
  const std::clock_t began = std::clock();  // of this process: others may be busy
  std::vector<TextSpan> spans;
  FindKnownSecrets(text, spans);
  EXPECT_LT(std::clock() - began, 10 * CLOCKS_PER_SEC);
}

}  // namespace
}  // namespace weir::relay
