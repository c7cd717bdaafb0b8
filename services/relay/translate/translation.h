// One attempt at an upstream of another dialect than the client's: the request in the upstream's
// words, then its answer in the client's. Or, of one dialect on both sides, an answer in another
// form than the client asked for. No I/O; not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "services/relay/dialects/body_edits.h"
#include "services/relay/dialects/dialect.h"
#include "services/relay/translate/dialect_table.h"

namespace weir::relay {

class Translation {
 public:
  // A whole answer larger than this cannot be translated; nor can an error's body be read further.
  static constexpr std::size_t kAnswerBytesMax = 16 * 1024 * 1024;
  static constexpr std::size_t kErrorBytesMax = 64 * 1024;

  // CanTranslate(client, upstream) holds; or they are one, and no request is translated.
  Translation(Dialect client, Dialect upstream)
      : client_(RowOf(client)), upstream_(RowOf(upstream)) {
    context_.upstream = upstream;
    context_.native = client == upstream;
  }

  Dialect upstream() const { return upstream_.dialect; }
  // With its query; valid once the request is translated.
  std::string_view upstream_path() const {
    return upstream_.request_path == nullptr ? upstream_.upstream_path : path_;
  }

  // The client's body with `changes`, for `target`. InvalidArgument: what cannot be said there, by
  // the name of its field. `body` as ScanRequest wants it.
  absl::Status TranslateRequest(std::string_view body, const BodyChanges& changes, bool stream,
                                const Target& target);
  // What goes upstream; to be taken once.
  const std::string& request() const { return request_; }
  void ForgetRequest() { std::string().swap(request_); }
  // Fields that were left out, "top_k, metadata"; empty = none.
  const std::string& dropped() const { return dropped_; }

  AnswerContext& context() { return context_; }

  // An error is told in the plain shape of the REST interface, not in the client's dialect.
  void TellPlainErrors() { plain_errors_ = true; }

  // A stream is told as one JSON array, an item for each event.
  bool tells_array() const { return context_.as_array; }

  // What the answer at hand is, and what the client wants of it. Once, before the first Feed.
  enum class AnswerForm : std::uint8_t { kStream, kWhole, kError };
  void BeginAnswer(AnswerForm comes, bool wants_stream, int status);
  // The client gets a stream.
  bool tells_stream() const { return tells_stream_; }
  // The status that the client is told.
  int StatusFor(int upstream_status) const;

  // The next bytes of the answer: whole events of a stream, parts of anything else; `last` ends it.
  // What goes to the client now; valid until the next call. context().tokens says what was used up
  // to here.
  std::string_view Feed(std::string_view input, bool last);
  // What follows an `error` event with which the gateway ends the stream itself; often nothing.
  std::string_view BreakOff(std::string_view message);
  // The answer is not what its dialect says, or too large: it cannot go on.
  bool failed() const { return failed_; }
  // Of a failed one: the type of what nobody knows how to put together, if that is why.
  std::string_view unknown_type() const {
    return writer_ == nullptr ? std::string_view() : writer_->unknown_type();
  }
  // What it holds comes out with its end alone.
  bool holds_until_end() const { return form_ != AnswerForm::kStream || !tells_stream_; }
  std::size_t held_bytes() const;
  // Of the stream, up to here; 0 where the client's dialect does not number them.
  std::int64_t events() const { return writer_ == nullptr ? 0 : writer_->events(); }

 private:
  void FeedEvents(std::string_view events, bool last);
  void FeedWhole(std::string_view part, bool last);

  const DialectRow& client_;
  const DialectRow& upstream_;
  AnswerContext context_;
  std::string request_;
  std::string path_;  // where the request makes it
  std::string dropped_;
  AnswerForm form_ = AnswerForm::kStream;
  bool tells_stream_ = false;
  int status_ = 0;
  std::unique_ptr<AnswerReader> reader_;
  std::unique_ptr<AnswerWriter> writer_;
  std::string whole_;                // until its end
  std::size_t collected_bytes_ = 0;  // of a stream that is told whole, about
  std::string error_;
  bool failed_ = false;
  bool plain_errors_ = false;
};

}  // namespace weir::relay
