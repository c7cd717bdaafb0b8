#include "services/admin/model/password_rules.h"

#include <string>

#include <gtest/gtest.h>

namespace weir::admin {
namespace {

// What is wrong with it; empty = nothing.
std::string Wrong(const std::string& password, const Settings& settings = {}) {
  User user;
  user.username = "ann.lee@example.com";
  user.email = "annalee99@example.com";
  user.name = "Ann Lee The First";
  FieldErrors errors;
  ValidatePassword(password, user, settings, "password", errors);
  return errors.empty() ? "" : errors.all().at("password");
}

TEST(PasswordRulesTest, LengthIsBounded) {
  EXPECT_NE(Wrong(""), "");
  EXPECT_NE(Wrong("7x!kQz2"), "");
  EXPECT_EQ(Wrong("7x!kQz2m"), "");
  EXPECT_EQ(Wrong(std::string(250, 'x') + "abcdef"), "");
  EXPECT_NE(Wrong(std::string(251, 'x') + "abcdef"), "");
}

TEST(PasswordRulesTest, TheSettingsMayAskForMore) {
  Settings settings;
  settings.password_bytes_min = 12;
  EXPECT_NE(Wrong("7x!kQz2mabc", settings), "");
  EXPECT_EQ(Wrong("7x!kQz2mabcd", settings), "");
}

TEST(PasswordRulesTest, WhatEverybodyTriesFirstIsRefused) {
  for (const char* password : {"password", "Password123", "CHANGEME", "admin123", "12345678",
                               "aaaaaaaaaaaa", "abababababab", "weir1234"}) {
    EXPECT_NE(Wrong(password), "") << password;
  }
  EXPECT_EQ(Wrong("correct horse"), "");
  EXPECT_EQ(Wrong("пароль"), "") << "letters of any alphabet count by their bytes";
}

TEST(PasswordRulesTest, OnesOwnNameIsNoSecret) {
  EXPECT_NE(Wrong("Ann.Lee@example.com"), "");
  EXPECT_NE(Wrong("annalee99@example.com"), "");
  EXPECT_NE(Wrong("annalee99"), "");
  EXPECT_NE(Wrong("ann lee the first"), "");
  EXPECT_EQ(Wrong("annalee99 and more"), "");
}

}  // namespace
}  // namespace weir::admin
