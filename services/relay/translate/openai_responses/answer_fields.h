// What stands in the events of an OpenAI Responses stream and in whole responses, as far as it is
// told on. For .cc files of readers alone.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "services/relay/translate/neutral/error_reader.h"
#include "services/relay/translate/neutral/json_read.h"

namespace weir::relay::openai_responses {

// Texts are escaped, words (types, codes, reasons) decoded.
struct ItemFields {
  std::string_view type;
  std::string_view id;
  std::string_view call_id;
  std::string_view name;
  std::string_view arguments;       // as inside a JSON string,
  std::string_view arguments_json;  // or JSON, which some servers send for it
  std::string_view encrypted;
  std::string_view json;  // the item as it stands there, where that is asked for
  struct Piece {
    std::string_view type;
    std::string_view text;  // or what is refused
  };
  std::vector<Piece> content;
  std::vector<Piece> summary;
};

struct ResponseFields {
  std::string_view id;
  std::string_view model;
  std::string_view status;
  std::string_view incomplete_reason;
  bool has_error = false;
  ErrorFields error;
  bool has_output = false;
  std::vector<ItemFields> output;  // where it is asked for
};

struct EventFields {
  std::string_view type;
  std::int64_t output_index = -1;
  std::int64_t summary_index = 0;
  std::int64_t content_index = 0;
  std::string_view delta;
  std::string_view arguments;
  std::string_view text;  // or what is refused
  ItemFields item;
  ResponseFields response;  // of an `error` event: its error
};

struct FieldsAsked {
  bool output = false;  // the items of a response
  bool json = false;    // of each item
};

void ReadEventFields(ondemand::value root, JsonReader& in, FieldsAsked asked, EventFields& fields);
void ReadResponseFields(ondemand::value root, JsonReader& in, FieldsAsked asked,
                        ResponseFields& fields);

}  // namespace weir::relay::openai_responses
