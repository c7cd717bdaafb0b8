// /api/v1/admin/accounts/{id}/check: a test of an account whose outcome counts.
#include "services/admin/publish/account_check.h"

#include <string>

#include "libs/common/resource_rules.h"
#include "services/admin/resources/account_answer.h"
#include "services/admin/resources/resource.h"
#include "services/admin/store/account_store.h"

namespace weir::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t kRelayIdBytesMax = 512;

struct Wanted {
  std::string model;
  std::string relay_id;
};

void ReadFields(BodyReader& reader, Wanted& wanted) {
  reader.Text("model", wanted.model);
  reader.Text("relay_id", wanted.relay_id);
}

void DescribeBody(BodyReader& reader) {
  Wanted wanted;
  ReadFields(reader, wanted);
}

absl::StatusOr<Wanted> ReadWanted(const Request& request) {
  const auto body = ParseBody(request);
  if (!body.ok()) return body.status();
  Wanted wanted;
  FieldErrors errors;
  BodyReader reader(*body, errors);
  ReadFields(reader, wanted);
  reader.Finish();
  if (!wanted.model.empty() && !CheckModelName(wanted.model).ok()) {
    errors.Add("model", "is no name of a model");
  }
  if (wanted.relay_id.size() > kRelayIdBytesMax) errors.Add("relay_id", "is too long");
  if (!errors.empty()) return errors.ToStatus();
  return wanted;
}

absl::StatusOr<Account> Read(ResourceParts& parts, std::int64_t id) {
  return ReadValue(parts.store, [id](sql::Transaction& transaction) {
    return account_store::Get(transaction, id);
  });
}

absl::StatusOr<Response> CheckAccount(ResourceParts& parts, const Request& request) {
  const auto id = request.Id();
  if (!id.ok()) return id.status();
  const auto wanted = ReadWanted(request);
  if (!wanted.ok()) return wanted.status();
  const auto before = Read(parts, *id);
  if (!before.ok()) return before.status();
  // Written down before it is sent: it costs money.
  absl::Status done = NoteDeed(parts, {"account", before->id, before->name, "check", {}});
  if (done.ok()) done = parts.checker.Check(*id, wanted->model, wanted->relay_id);
  if (!done.ok()) return done;
  const auto account = Read(parts, *id);
  if (!account.ok()) return account.status();
  return RecordResponse(200, AccountAnswer(parts, *account), account->version);
}

}  // namespace

Routes AccountCheckRoutes(ResourceParts& parts) {
  return {
      {"POST",
       "/api/v1/admin/accounts/{id}/check",
       Access::kAdmin,
       [&parts](const Request& request, const Caller&) { return CheckAccount(parts, request); },
       {.summary = "Test an account, and go by the outcome",
        .body = DescribeBody,
        .answers = {Answers(AccountShape(parts))},
        .about = "A good answer puts the account back in service, a refused credential takes it "
                 "out. last_check tells what was found. The provider bills the request."}},
  };
}

}  // namespace weir::admin
