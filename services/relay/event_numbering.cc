#include "services/relay/event_numbering.h"

#include "services/relay/dialects/sse.h"
#include "services/relay/streams/event_number.h"

namespace weir::relay {

std::string_view EventNumbering::Number(ResumableStream& stream, std::string_view& output,
                                        std::size_t bytes_max) {
  text_.clear();
  SseEvent event;
  std::string joined;
  while (text_.size() < bytes_max && NextSseEvent(output, event, joined)) {
    const std::size_t begin = text_.size();
    AppendNumbered(event.raw, ++events_, text_);
    stream.Append(std::string_view(text_).substr(begin));
  }
  if (output.empty() || text_.size() >= bytes_max) return text_;
  ++events_;
  stream.Append(output);
  text_ += output;
  output = {};
  return text_;
}

}  // namespace weir::relay
