// How the upstream of a session account is spoken to, as REST and weir.yaml have it.
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "libs/common/text.h"
#include "services/admin/json/record_json.h"
#include "services/admin/json/value_json.h"

namespace weir::admin {

namespace json = boost::json;

json::value SessionJson(const Account& account) {
  return Where(account.platform == Platform::kSession, [&account] {
    return json::object{{"protocol", WordJson(account.session.protocol)},
                        {"credential_name", account.session.credential_name}};
  });
}

void ReadSession(BodyReader& reader, Account& account) {
  if (reader.IsNull("session")) account.session = {};
  const auto inner = reader.Object("session");
  if (inner == nullptr) return;
  inner->Word("protocol", account.session.protocol);
  inner->Text("credential_name", account.session.credential_name);
  account.session.credential_name = std::string(StripSpace(account.session.credential_name));
  inner->Finish();
}

}  // namespace weir::admin
