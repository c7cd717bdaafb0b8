#include "libs/common/text.h"
#include "services/admin/json/describe.h"
#include "services/admin/json/record_json.h"

namespace weir::admin {

namespace json = boost::json;

json::object InviteJson(const Invite& invite, std::int64_t now_ms) {
  const bool used = invite.used_at_ms != 0;
  const bool expired = invite.expires_at_ms <= now_ms;
  json::object object = {{"id", invite.id},
                         {"name", invite.name},
                         {"email", invite.email},
                         {"group_id", invite.group_id},
                         {"status", OneWord({"open", "used", "expired"},
                                            used ? "used" : (expired ? "expired" : "open"))},
                         {"expires_at", TimeJson(invite.expires_at_ms)},
                         {"created_by", invite.created_by},
                         {"used_by", IntegerOrNull(invite.used_by)},
                         {"used_at", TimeJson(invite.used_at_ms)}};
  object["created_at"] = TimeJson(invite.created_at_ms);
  object["updated_at"] = TimeJson(invite.updated_at_ms);
  object["version"] = invite.version;
  return object;
}

void ReadInvite(BodyReader& reader, Invite& invite) {
  reader.Text("name", invite.name);
  reader.Text("email", invite.email);
  invite.email = ToLower(StripSpace(invite.email));
  reader.Integer("group_id", invite.group_id);
  reader.Time("expires_at", invite.expires_at_ms);
}

}  // namespace weir::admin
