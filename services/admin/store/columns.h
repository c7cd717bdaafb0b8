// Values of several parts that live in one text column, as JSON. Reading accepts what an older
// version wrote: a missing part has its default.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "services/admin/model/types.h"

namespace weir::admin {

std::string EncodeLimits(const Limits& limits);
Limits DecodeLimits(const std::string& text);

std::string EncodeTimeouts(const Timeouts& timeouts);
Timeouts DecodeTimeouts(const std::string& text);

std::string EncodeList(const std::vector<std::string>& list);
std::vector<std::string> DecodeList(const std::string& text);

std::string EncodeMap(const std::map<std::string, std::string>& map);
std::map<std::string, std::string> DecodeMap(const std::string& text);

std::string EncodeSession(const SessionUpstream& session);
SessionUpstream DecodeSession(const std::string& text);
std::string EncodeOauth(const OauthClient& client);
OauthClient DecodeOauth(const std::string& text);

std::string EncodeCooldowns(const std::vector<ModelCooldown>& cooldowns);
std::vector<ModelCooldown> DecodeCooldowns(const std::string& text);
std::string EncodeSettings(const Settings& settings);
// Without version and time, which are columns of their own.
Settings DecodeSettings(const std::string& text);

// Bytes as lower-case hex and back; what is not hex reads as empty.
std::string HexOf(std::string_view bytes);
std::string BytesOfHex(std::string_view hex);

}  // namespace weir::admin
