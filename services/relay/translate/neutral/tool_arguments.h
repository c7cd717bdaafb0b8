// The arguments of tool calls between their two forms: a JSON value, and the same as text in a JSON
// string. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "services/relay/translate/neutral/chat_request.h"

namespace weir::relay {

// `escaped` JSON text without its quotes, decoded. What is no proper escape stays as it is.
void AppendUnescaped(std::string_view escaped, std::string& out);

// A JSON value as the text that says it, as inside a JSON string.
std::string EscapedText(std::string_view json);

// As a JSON string, with its quotes.
void AppendAsText(const ToolArguments& arguments, std::string& out);

// As a JSON object: nothing becomes {}, what is no object {"_raw":"…"}, so that a model's slip does
// not cost the whole conversation.
void AppendAsObject(const ToolArguments& arguments, std::string& out);

// Tells when a JSON object that comes in pieces has ended.
class JsonBalance {
 public:
  // The next piece, as inside a JSON string.
  void Feed(std::string_view escaped);
  bool closed() const { return begun_ && depth_ == 0; }

 private:
  int depth_ = 0;
  bool begun_ = false;
  bool in_string_ = false;
  bool after_slash_ = false;
  std::string plain_;
};

}  // namespace weir::relay
