// Admin's records as relays get them.
#pragma once

#include "absl/status/statusor.h"

#include "services/admin/credentials/vault.h"
#include "services/admin/model/types.h"

namespace weir::v1 {
class Resource;
}

namespace weir::admin {

void ToProto(const ApiKey& key, weir::v1::Resource& resource);
void ToProto(const User& user, weir::v1::Resource& resource);
void ToProto(const Group& group, weir::v1::Resource& resource);
void ToProto(const Price& price, weir::v1::Resource& resource);
void ToProto(const ModelRoute& route, weir::v1::Resource& resource);

// Without the secret of the playground when it does not open: no token is good then.
void ToProto(const Settings& settings, const Vault& vault, weir::v1::Resource& resource);

// Opens the account's secrets. When they do not open, the account travels as one that an
// administrator must look at, without secrets, and the error is logged: one bad row must not keep
// relays from everything else.
void ToProto(const Account& account, const Vault& vault, weir::v1::Resource& resource);

}  // namespace weir::admin
