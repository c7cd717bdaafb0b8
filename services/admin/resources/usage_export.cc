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
  Export(std::shared_ptr<std::atomic<int>> places, std::unique_ptr<EventStream> stream,
         Format format, AccountColumns accounts)
      : places_(std::move(places)),
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
      AppendChunk(piece);
      absl::StatusOr<bool> read = stream_->Next(chunk_);
      if (!read.ok()) return read.status();
      has_chunk_ = *read;
    }
    return piece;
  }

 private:
  void AppendChunk(std::string& piece) const {
    for (const v1::UsageEvent& event : chunk_.events()) {
      if (format_ == Format::kCsv) {
        AppendCsvEvent(event, accounts_, piece);
        continue;
      }
      boost::json::object row = LogJson(event, LogView::kRow);
      if (accounts_ == AccountColumns::kLeftOut) HideAccounts(row);
      StrAppend(piece, boost::json::serialize(row), "\n");
    }
  }

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
  auto rows = std::make_shared<Export>(places, parts.usage.Export(question), format, accounts);
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
