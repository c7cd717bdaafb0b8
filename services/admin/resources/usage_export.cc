// /api/v1/usage/export: all rows that match, as they are read; none of the services holds more than
// a piece of them.
#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include <boost/json/serialize.hpp>

#include "libs/common/reason.h"
#include "libs/common/text.h"
#include "services/admin/json/event_csv.h"
#include "services/admin/json/usage_json.h"
#include "services/admin/model/problem.h"
#include "services/admin/resources/report_parts.h"
#include "services/admin/resources/resource.h"
#include "services/admin/resources/usage_filter.h"
#include "weir/v1/report.pb.h"

namespace weir::admin {
namespace {

namespace v1 = weir::v1;

// Each takes one of the server's threads for as long as its client reads.
constexpr int kExportsMax = 8;

enum class Format { kCsv, kJsonLines };
constexpr std::string_view kCsvType = "text/csv; charset=utf-8";
constexpr std::string_view kJsonLinesType = "application/x-ndjson";

// One export under way; gives its place back when the client has all, or has left.
class Export {
 public:
  Export(ResourceParts& parts, std::shared_ptr<std::atomic<int>> places,
         std::unique_ptr<EventStream> stream, Format format, AccountColumns accounts)
      : parts_(parts),
        places_(std::move(places)),
        stream_(std::move(stream)),
        format_(format),
        accounts_(accounts) {}
  ~Export() { places_->fetch_add(1); }
  Export(const Export&) = delete;
  Export& operator=(const Export&) = delete;

  // Asks for the first rows already, so that an error still has a status of its own.
  absl::Status Begin() {
    absl::StatusOr<bool> read = stream_->Next(chunk_);
    if (!read.ok()) return read.status();
    has_chunk_ = *read;
    if (format_ == Format::kCsv) AppendCsvHeader(accounts_, head_);
    return absl::OkStatus();
  }

  // The next piece of the body; empty at the end.
  absl::StatusOr<std::string> Next() {
    std::string piece = std::exchange(head_, {});
    if (has_chunk_) {
      if (absl::Status appended = AppendChunk(piece); !appended.ok()) return appended;
      absl::StatusOr<bool> read = stream_->Next(chunk_);
      if (!read.ok()) return read.status();
      has_chunk_ = *read;
    }
    return piece;
  }

 private:
  absl::Status AppendChunk(std::string& piece) const {
    const absl::StatusOr<ReportNames> names = ReadNames();
    if (!names.ok()) return names.status();
    for (int i = 0; i < chunk_.events_size(); ++i) {
      const v1::UsageEvent& event = chunk_.events(i);
      // An older usage service tells no counts.
      const EventExtras extras = {
          .attempts = i < chunk_.attempt_counts_size() ? chunk_.attempt_counts(i) : 0,
          .username = NameIn(*names, v1::DIMENSION_USER, event.user_id()),
          .group_name = NameIn(*names, v1::DIMENSION_GROUP, event.group_id())};
      if (format_ == Format::kCsv) {
        AppendCsvEvent(event, extras, accounts_, piece);
      } else {
        AppendJson(event, extras, piece);
      }
    }
    return absl::OkStatus();
  }

  void AppendJson(const v1::UsageEvent& event, const EventExtras& extras,
                  std::string& piece) const {
    boost::json::object row = LogJson(event, LogView::kRow);
    if (accounts_ == AccountColumns::kLeftOut) HideAccounts(row);
    row["attempts"] = extras.attempts;
    row["username"] = TextOrNull(extras.username);
    row["group_name"] = TextOrNull(extras.group_name);
    StrAppend(piece, boost::json::serialize(row), "\n");
  }

  // Of those whose requests the chunk has.
  absl::StatusOr<ReportNames> ReadNames() const {
    ReportRows rows;
    for (const v1::UsageEvent& event : chunk_.events()) {
      v1::SummaryRow& row = *rows.Add();
      row.set_user_id(event.user_id());
      row.set_group_id(event.group_id());
    }
    return NamesOf(parts_, {v1::DIMENSION_USER, v1::DIMENSION_GROUP}, rows);
  }

  static std::string_view NameIn(const ReportNames& names, v1::Dimension dimension,
                                 std::int64_t id) {
    const auto of_kind = names.find(dimension);
    if (of_kind == names.end()) return {};
    const auto name = of_kind->second.find(id);
    return name == of_kind->second.end() ? std::string_view() : name->second;
  }

  ResourceParts& parts_;
  const std::shared_ptr<std::atomic<int>> places_;
  const std::unique_ptr<EventStream> stream_;
  const Format format_;
  const AccountColumns accounts_;
  v1::ExportChunk chunk_;
  bool has_chunk_ = false;
  std::string head_;
};

bool TakePlace(std::atomic<int>& places) {
  if (places.fetch_sub(1) > 0) return true;
  places.fetch_add(1);
  return false;
}

Response ExportResponse(Format format, std::shared_ptr<Export> rows) {
  const bool csv = format == Format::kCsv;
  Response response;
  response.content_type = csv ? kCsvType : kJsonLinesType;
  response.headers.emplace_back("Content-Disposition", StrCat("attachment; filename=\"weir-usage.",
                                                              csv ? "csv" : "jsonl", "\""));
  response.source = [rows = std::move(rows)] { return rows->Next(); };
  return response;
}

absl::StatusOr<Response> Start(ResourceParts& parts, const Request& request, const Caller& caller,
                               const std::shared_ptr<std::atomic<int>>& places) {
  v1::ExportRequest question;
  const Format format = request.Query("format") == "jsonl" ? Format::kJsonLines : Format::kCsv;
  absl::Status read = ReadUsageFilter(request, caller, *question.mutable_filter());
  if (!read.ok()) return read;
  if (!TakePlace(*places)) {
    return Problem(absl::StatusCode::kResourceExhausted, reason::kTooManyRequests,
                   StrCat(kExportsMax, " exports run already; try again later"));
  }
  const auto accounts = caller.is_admin() ? AccountColumns::kShown : AccountColumns::kLeftOut;
  auto rows =
      std::make_shared<Export>(parts, places, parts.usage.Export(question), format, accounts);
  absl::Status begun = rows->Begin();
  if (!begun.ok()) return begun;
  return ExportResponse(format, std::move(rows));
}

}  // namespace

Routes UsageExportRoutes(ResourceParts& parts) {
  auto places = std::make_shared<std::atomic<int>>(kExportsMax);
  return {{"GET",
           "/api/v1/usage/export",
           Access::kUser,
           [&parts, places](const Request& request, const Caller& caller) {
             return Start(parts, request, caller, places);
           },
           {.summary = "Export rows of the log",
            .query = LogParameters({WordParameter("format", {"csv", "jsonl"})}),
            .answers = {AnswersFile(kCsvType), AnswersFile(kJsonLinesType)}}}};
}

}  // namespace weir::admin
