#include "services/relay/translate/gemini/stream_writer.h"

#include "services/relay/translate/gemini/answer_words.h"
#include "services/relay/translate/gemini/error_writer.h"

namespace weir::relay::gemini {

void StreamWriter::Say(bool thought, std::string_view text) {
  Open();
  StrAppend(out_, R"({"text":")", text, thought ? R"(","thought":true})" : "\"}");
  Close({});
  CloseAnswer();
}

void StreamWriter::AddPart(std::string_view part) {
  Open();
  out_ += part;
  Close({});
  CloseAnswer();
}

// Chats of Google's SDK forget an answer that ends without any part.
void StreamWriter::End(std::string_view finish) {
  if (finish.empty()) {
    BeginItem();
    out_ += '{';
  } else {
    Open();
    out_ += R"({"text":""})";
    Close(StrCat(R"(,"finishReason":)", finish));
  }
  JsonOut json(out_);
  WriteRest(json);
  out_ += '}';
  EndItem();
  EndStream();
}

void StreamWriter::Fail(const AnswerEvent& event) {
  BeginItem();
  WriteError({0, TopicOf(event.code), std::string(event.text), {}}, context_.id, out_);
  EndItem();
  EndStream();
}

void StreamWriter::BeginItem() {
  if (context_.as_array) {
    out_ += begun_ ? ",\r\n" : "[";
    begun_ = true;
  } else {
    out_ += "data: ";
  }
}

void StreamWriter::EndItem() {
  if (!context_.as_array) out_ += "\r\n\r\n";
}

void StreamWriter::EndStream() {
  if (context_.as_array) out_ += ']';
}

void StreamWriter::Open() {
  BeginItem();
  out_ += R"({"candidates":[{"content":{"parts":[)";
}

void StreamWriter::Close(std::string_view rest) {
  StrAppend(out_, R"(],"role":"model"})", rest, R"(,"index":0}])");
}

void StreamWriter::CloseAnswer() {
  JsonOut json(out_);
  WriteIdentity(context_, model_, json);
  out_ += '}';
  EndItem();
}

}  // namespace weir::relay::gemini
