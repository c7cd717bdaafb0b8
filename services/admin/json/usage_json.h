// What usage answers, as JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace weir::v1 {
class SummaryRow;
class UsageEvent;
enum Dialect : int;
enum UsageSource : int;
}  // namespace weir::v1

namespace weir::admin {

// "anthropic_messages" and so on; unspecified for an unknown word, and "" for an unknown dialect.
weir::v1::Dialect DialectOfWord(std::string_view word);
std::string_view DialectWord(weir::v1::Dialect dialect);
std::vector<std::string_view> DialectWords();
// Who asked: request, or test.
std::string_view EventSourceWord(const weir::v1::UsageEvent& event);
// Of one side of the counts alone.
std::string_view InputSourceWord(weir::v1::UsageSource source);
std::string_view OutputSourceWord(weir::v1::UsageSource source);
// "reported", or "estimated" where any count is; "" when no tokens were used.
std::string_view SourceWord(weir::v1::UsageSource source);

// A row of the log; a detail has the price that its cost came from too, and its attempts: all of
// them, or for who only used it their number.
enum class LogView { kRow, kDetail, kOwnDetail };
boost::json::object LogJson(const weir::v1::UsageEvent& event, LogView view);

// A conversation as rows show it, 16 hexadecimal digits; "" for 0, and nothing for other texts.
std::string SessionText(std::uint64_t session);
std::optional<std::uint64_t> SessionOfText(std::string_view text);

// What the request costs, with what rating it again has added.
std::int64_t CorrectedCost(const weir::v1::UsageEvent& event);

// The list's price that its cost comes from, after re-rating; 0 = none.
std::int64_t PriceIdNow(const weir::v1::UsageEvent& event);

// Takes out what is for administrators alone: which account served it.
void HideAccounts(boost::json::object& log);

// The counts of a summary, without what they are counted by.
boost::json::object TotalsJson(const weir::v1::SummaryRow& row);

}  // namespace weir::admin
