// JSON read where it stands, with simdjson: what the scans of this folder share. For .cc files. No
// I/O.
//
// `body` is always the whole request body, readable for kBodyPaddingBytes behind its end.
#pragma once

#include <simdjson.h>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "absl/status/status.h"

#include "libs/common/text.h"
#include "services/relay/dialects/request_scan.h"

namespace weir::relay {

// DataLoss: the body is no JSON.
absl::Status NotJson(simdjson::error_code error);

// Where `token`, a part of `body`, stands without the white space behind it.
Span PlaceOf(std::string_view body, std::string_view token);

// The value's text, whatever its type. Nothing else can be read of it afterwards.
simdjson::error_code TextOf(simdjson::ondemand::value value, std::string_view& text);

// The thread's parser for a text of that size, or `own`: a parser keeps its index memory, so a
// large body gets one of its own that goes with it.
simdjson::ondemand::parser& ParserFor(std::size_t bytes, simdjson::ondemand::parser& thread_parser,
                                      std::optional<simdjson::ondemand::parser>& own);

// A name as decoders see it that match names in any capitals, as Go's encoding/json does: ASCII's,
// and the two letters of Unicode that fold to ASCII's (U+017F to s, U+212A to k).
class FoldedName {
 public:
  explicit FoldedName(std::string_view name);
  // Empty when nothing was there to fold, or too much to be one of ours.
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, 32> bytes_;
  std::size_t size_ = 0;
};

// `name` stands for a field of ours that is written `written`: whoever reads it so would see what
// we have not.
absl::Status WrittenOtherwise(std::string_view name, std::string_view written);

// The members of the object at `place` of the body, each to `visit(name, value)`; one that has the
// name of `ours` in other capitals is refused. Read by a parser of its own: going back in the
// document itself (object.reset) would write names to its buffer once more than there is room for.
template <typename Visit>
absl::Status ForEachMember(std::string_view body, Span place,
                           std::initializer_list<std::string_view> ours, Visit visit) {
  namespace ondemand = simdjson::ondemand;
  thread_local ondemand::parser thread_parser;
  std::optional<ondemand::parser> own_parser;
  ondemand::parser& parser = ParserFor(place.size, thread_parser, own_parser);
  ondemand::document document;
  ondemand::object object;
  // What follows in the body, and its padding, is padding enough.
  if (parser.iterate(body.data() + place.begin, place.size, place.size + kBodyPaddingBytes)
              .get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return NotJson(simdjson::TAPE_ERROR);
  }
  for (auto field : object) {
    std::string_view name;
    ondemand::value value;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS ||
        field.value().get(value) != simdjson::SUCCESS) {
      return NotJson(simdjson::TAPE_ERROR);
    }
    const FoldedName folded(name);
    for (const std::string_view written : ours) {
      if (name != written && EqualsIgnoreCase(folded.view(), written))
        return WrittenOtherwise(name, written);
    }
    if (absl::Status status = visit(name, value); !status.ok()) return status;
  }
  const char* behind = nullptr;
  const bool whole = document.current_location().get(behind) != simdjson::SUCCESS;
  return whole ? absl::OkStatus() : NotJson(simdjson::TAPE_ERROR);
}

}  // namespace weir::relay
