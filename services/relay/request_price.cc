#include "services/relay/request_price.h"

#include <string_view>

namespace weir::relay {
namespace {

const Price* Find(const RequestContext& context, const Account& account, std::string_view model) {
  return context.snapshot->FindPrice(account.provider, model, context.record.started_at_unix_ms);
}

bool Holds(const PriceMemo& memo, std::int64_t account_id, std::string_view model) {
  return memo.account_id == account_id && memo.model == model;
}

}  // namespace

const Price* PriceAt(const RequestContext& context, const Account& account) {
  const std::string_view model = account.model_mapping.Map(context.step().model);
  PriceMemo& memo = context.price_memo;
  if (!Holds(memo, account.id, model)) memo = {account.id, model, Find(context, account, model)};
  return memo.price;
}

const Price* PriceOf(const RequestContext& context) {
  const UsageRecord& record = context.record;
  if (Holds(context.price_memo, record.account_id, record.served_model)) {
    return context.price_memo.price;
  }
  const Account* account = context.snapshot->FindAccount(record.account_id);
  return account == nullptr ? nullptr : Find(context, *account, record.served_model);
}

}  // namespace weir::relay
