#include "services/relay/translate/gemini/whole_writer.h"

#include "services/relay/translate/gemini/answer_words.h"
#include "services/relay/translate/gemini/error_writer.h"

namespace weir::relay::gemini {

void WholeWriter::Say(bool thought, std::string_view text) {
  if (!text_open_ || open_is_thought_ != thought) {
    CloseText();
    StrAppend(parts_, parts_.empty() ? "" : ",", R"({"text":")");
    text_open_ = true;
    open_is_thought_ = thought;
  }
  parts_ += text;
}

void WholeWriter::CloseText() {
  if (text_open_) parts_ += open_is_thought_ ? R"(","thought":true})" : "\"}";
  text_open_ = false;
}

void WholeWriter::AddPart(std::string_view part) {
  CloseText();
  StrAppend(parts_, parts_.empty() ? "" : ",", part);
}

// Of a provider that does not stream: an array has all of it in one item.
void WholeWriter::End(std::string_view finish) {
  CloseText();
  StrAppend(out_, context_.as_array ? "[" : "", "{");
  if (!finish.empty()) {
    StrAppend(out_, R"("candidates":[{"content":{"parts":[)",
              parts_.empty() ? R"({"text":""})" : parts_, R"(],"role":"model"},"finishReason":)",
              finish, R"(,"index":0}])");
  }
  JsonOut json(out_);
  WriteRest(json);
  out_ += context_.as_array ? "}]" : "}";
}

void WholeWriter::Fail(const AnswerEvent& event) {
  out_ += context_.as_array ? "[" : "";
  WriteError({0, TopicOf(event.code), std::string(event.text), {}}, context_.id, out_);
  out_ += context_.as_array ? "]" : "";
}

}  // namespace weir::relay::gemini
