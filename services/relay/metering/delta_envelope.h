// Recognizes stream events that differ from the one before in their text alone. Nearly all events
// of a stream do, and such an event has nothing more to tell: it needs no parsing. No I/O, one per
// answer; not thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace weir::relay {

// What the model wrote in this event, as it stands between its quotes: the longest string under one
// of the keys that carry text in either dialect. Null data when there is none.
std::string_view DeltaText(std::string_view data);

class DeltaEnvelope {
 public:
  // The size of the text when all around it is as in the event that was learned last.
  std::optional<std::size_t> TextBytes(std::string_view data) const;

  // Keeps what stands around `text`, a view into `data`. An unusually large surrounding is not
  // worth its memory and not kept.
  void Learn(std::string_view data, std::string_view text);

 private:
  std::string before_;   // up to the quote that opens the text; empty: nothing learned
  std::string behind_;   // from the quote that closes it
  bool padded_ = false;  // `behind_` opens a string of random letters, with which the event ends
};

}  // namespace weir::relay
