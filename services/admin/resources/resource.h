// What all resources share: what they work on, and the conventions of the API.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include <boost/json/object.hpp>

#include "libs/common/metrics.h"
#include "services/admin/credentials/vault.h"
#include "services/admin/http/console_session.h"
#include "services/admin/http/message.h"
#include "services/admin/http/router.h"
#include "services/admin/http/setup_token.h"
#include "services/admin/json/body_reader.h"
#include "services/admin/json/describe.h"
#include "services/admin/maintenance_client.h"
#include "services/admin/model/declared_settings.h"
#include "services/admin/publish/explain_broker.h"
#include "services/admin/publish/relay_registry.h"
#include "services/admin/publish/snapshot_publisher.h"
#include "services/admin/store/store.h"
#include "services/admin/store/table.h"
#include "services/admin/usage_client.h"
#include "services/admin/usage_glance.h"

namespace weir::admin {

class AccountBoard;
class AccountChecker;
class AccountTestBroker;
class AlertCourier;
class OidcClient;
class TaskScheduler;
class TokenRefresher;
class WellWatch;

// All outlive the routes.
struct ResourceParts {
  Store& store;
  const Vault& vault;
  ConsoleSessions& sessions;
  UsageClient& usage;
  SnapshotPublisher& publisher;
  RelayRegistry& registry;
  ExplainBroker& explain;
  const Metrics& metrics;
  MaintenanceClient& maintenance;
  TaskScheduler& tasks;
  SetupToken& setup;
  const DeclaredSettings& declared;
  TokenRefresher& refresher;
  AccountTestBroker& account_tests;
  AlertCourier& alerts;
  AccountChecker& checker;
  OidcClient& oidc;
  const AccountBoard& board;
  const WellWatch& well;
};

using Routes = std::vector<Route>;

Response JsonResponse(int status, const boost::json::value& body);
// The answer to a change or a single record: with the record's version as ETag.
Response RecordResponse(int status, const boost::json::object& body, std::int64_t version);
Response NoContent();

// The body as an object; an empty body is an empty object. InvalidArgument (malformed_json).
absl::StatusOr<boost::json::object> ParseBody(const Request& request);

// Conflict when If-Match names another version than the record's.
absl::Status CheckIfMatch(const Request& request, std::int64_t version);

// A parameter of a list that narrows it: `sql` with one `?`, of kContains the column.
struct Filter {
  enum class Kind { kText, kInteger, kContains };
  std::string_view name;
  std::string_view sql;
  Kind kind = Kind::kText;
  std::vector<std::string_view> words = {};  // of kText: what it may be; empty = anything
};
struct Sort {
  std::string_view name;    // as in sort=-name; one that begins with - goes that way alone
  std::string_view column;  // empty: the handler puts it in order (resources/figure_order.h)
};

// What a list can be asked for. `others` are parameters that its handler reads itself.
struct ListRules {
  std::vector<Filter> filters;
  std::vector<Sort> sorts;
  QueryParameters others = {};
};
QueryParameters ParametersOf(const ListRules& rules);

// page, limit, sort and the filters out of a query that the router has checked.
absl::StatusOr<ListQuery> ParseList(const Request& request, const ListRules& rules);

// How parameters take times.
inline constexpr std::string_view kTimeForm = "RFC 3339, or 2025-12-31 23:59:59 in UTC";
inline constexpr std::string_view kDayForm =
    "RFC 3339, 2025-12-31 23:59:59 in UTC, or a day of the time zone `tz`";

// The words of an enumeration, for parameters.
template <class Enum>
std::vector<std::string_view> WordsOf() {
  std::vector<std::string_view> words;
  words.reserve(kWords<Enum>.size());
  for (const auto& entry : kWords<Enum>) words.push_back(entry.second);
  return words;
}

// {"data":[…],"total":N,"total_at_least":false,"page":1,"limit":20}
Response ListResponse(boost::json::array data, const RowTotal& total, const ListQuery& query);

// Answers as the contract has them. A list is ListResponse's, `data` alone a list without pages.
Answer Answers(Shape shape, int status = 200);
Answer AnswersList(Shape item);
Answer AnswersData(Shape item);
Answer AnswersNothing();
// Bytes of a type that is not JSON.
Answer AnswersFile(std::string_view content_type);

// Writes into the audit log what changes no record of ours, such as a deletion in the ledger.
absl::Status NoteDeed(ResourceParts& parts, AuditEntry entry);

// Adds last_used_at to records by their ids; null when never. Leaves it out when usage is away.
void AddLastUsed(boost::json::array& records, const UsageGlance::LastUsedTimes& times);

// Adds `unpriced` to the status: models without a price that the last day saw. Left out while usage
// is away.
void AddUnpricedNotice(ResourceParts& parts, boost::json::object& status);
boost::json::object UnpricedNoticeShape();
// Requests of the last day that came again with another content. Unavailable while usage is away.
absl::StatusOr<std::int64_t> ConflictsOfADay(Store& store, UsageClient& usage);
// Adds `conflicts` to the status: how many requests came again with another content in the last
// day. Left out while usage is away.
void AddConflictsNotice(ResourceParts& parts, boost::json::object& status);

// There is no administrator yet, and this process has printed a token for /setup.
bool IsSetupNeeded(ResourceParts& parts);

Routes AuthRoutes(ResourceParts& parts);
Routes SessionRoutes(ResourceParts& parts);
Routes SecondFactorRoutes(ResourceParts& parts);
Routes RegistrationRoutes(ResourceParts& parts);
Routes SetupRoutes(ResourceParts& parts);
Routes OidcRoutes(ResourceParts& parts);
Routes IdentityRoutes(ResourceParts& parts);
Routes InviteRoutes(ResourceParts& parts);
Routes UserRoutes(ResourceParts& parts);
Routes ApiKeyRoutes(ResourceParts& parts);
Routes KeyRotationRoutes(ResourceParts& parts);
Routes PlaygroundTokenRoutes(ResourceParts& parts);
Routes KeyWindowRoutes(ResourceParts& parts);
Routes GroupRoutes(ResourceParts& parts);
Routes AccountRoutes(ResourceParts& parts);
Routes AccountHistoryRoutes(ResourceParts& parts);
Routes AccountTestRoutes(ResourceParts& parts);
Routes AccountCheckRoutes(ResourceParts& parts);
Routes AccountExportRoutes(ResourceParts& parts);
Routes AccountImportRoutes(ResourceParts& parts);
Routes ExplainRoutes(ResourceParts& parts);
Routes PriceRoutes(ResourceParts& parts);
Routes UnpricedRoutes(ResourceParts& parts);
Routes RerateRoutes(ResourceParts& parts);
Routes SettingsRoutes(ResourceParts& parts);
Routes ModelRoutes(ResourceParts& parts);
Routes ModelRouteRoutes(ResourceParts& parts);
Routes LogRoutes(ResourceParts& parts);
Routes ConflictRoutes(ResourceParts& parts);
Routes BodyRoutes(ResourceParts& parts);
Routes UsageRoutes(ResourceParts& parts);
Routes AuditRoutes(ResourceParts& parts);
Routes TaskRoutes(ResourceParts& parts);
Routes AlertRoutes(ResourceParts& parts);
Routes UsageErrorRoutes(ResourceParts& parts);
Routes UsageLatencyRoutes(ResourceParts& parts);
Routes UsageSeriesRoutes(ResourceParts& parts);
Routes UsageExportRoutes(ResourceParts& parts);
Routes KeyUsageRoutes(ResourceParts& parts);
Routes ReconcileRoutes(ResourceParts& parts);
Routes StatusRoutes(ResourceParts& parts);

// Adds those that show the contract made of `routes` and of themselves.
void AddContractRoutes(Routes& routes);

// All of them.
Routes AllRoutes(ResourceParts& parts);

}  // namespace weir::admin
