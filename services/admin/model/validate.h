// Rules for what admin stores, whoever asks for it: REST, the YAML file, the seed. What a relay
// would refuse is never stored: the rules it has too come from libs/common/resource_rules.h.
#pragma once

#include <string_view>

#include "services/admin/model/problem.h"
#include "services/admin/model/types.h"

namespace weir::admin {

// Each adds what is wrong, by the names that REST uses.
void Validate(const User& user, FieldErrors& errors);
void Validate(const Group& group, FieldErrors& errors);
void Validate(const ApiKey& key, FieldErrors& errors);
void Validate(const Invite& invite, FieldErrors& errors);
void Validate(const Account& account, FieldErrors& errors);
void Validate(const Price& price, FieldErrors& errors);
void Validate(const Settings& settings, FieldErrors& errors);
// The part of the settings that is for admin alone.
void ValidateOwnSettings(const Settings& settings, FieldErrors& errors);
void Validate(const ModelRoute& route, FieldErrors& errors);

// What people call a record: not empty, at most 128 bytes, no control characters.
void ValidateName(std::string_view name, std::string_view field, FieldErrors& errors);

// Where an account's requests may go: what libs/common/upstream_url.h can parse. Hosts that only
// ever name this machine's cloud metadata are refused.
void ValidateUpstreamUrl(std::string_view url, std::string_view field, FieldErrors& errors);

// The same for a webhook, whose URL may have a query.
void ValidateWebhookUrl(std::string_view url, std::string_view field, FieldErrors& errors);

// How an account's credential is renewed.
void ValidateOauth(const Account& account, FieldErrors& errors);

// A name or address that is link-local, or a cloud's metadata service.
bool IsMetadataHost(std::string_view host);

// What libs/common/proxy_url.h can parse, of the same hosts; empty is direct.
void ValidateProxyUrl(std::string_view url, std::string_view field, FieldErrors& errors);

// An account's secret: nothing that cannot stand in a header.
void ValidateCredential(std::string_view text, std::string_view field, FieldErrors& errors);

}  // namespace weir::admin
