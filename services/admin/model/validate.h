// Rules for what admin stores, whoever asks for it: REST, the YAML file, the seed.
#pragma once

#include <string_view>

#include "services/admin/model/problem.h"
#include "services/admin/model/types.h"

namespace weir::admin {

// Each adds what is wrong, by the names that REST uses.
void Validate(const User& user, FieldErrors& errors);
void Validate(const Group& group, FieldErrors& errors);
void Validate(const ApiKey& key, FieldErrors& errors);
void Validate(const Account& account, FieldErrors& errors);
void Validate(const Price& price, FieldErrors& errors);
void Validate(const Settings& settings, FieldErrors& errors);

// 8 to 256 bytes; the upper end bounds the work of hashing.
void ValidatePassword(std::string_view password, std::string_view field, FieldErrors& errors);

// Where an account's requests may go: http or https, a host, no user information, no query. Hosts
// that only ever name this machine's cloud metadata are refused.
void ValidateUpstreamUrl(std::string_view url, std::string_view field, FieldErrors& errors);

// http, https, socks5 or socks5h with host and port; empty is direct.
void ValidateProxyUrl(std::string_view url, std::string_view field, FieldErrors& errors);

}  // namespace weir::admin
