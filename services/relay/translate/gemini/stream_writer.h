// Neutral events as Gemini's stream: each item is a whole answer with what is new, and goes out at
// once; as an event, or as the next item of one JSON array where no events were asked for. No I/O.
#pragma once

#include <string_view>

#include "services/relay/translate/gemini/parts_writer.h"

namespace weir::relay::gemini {

class StreamWriter : public PartsWriter {
 public:
  using PartsWriter::PartsWriter;

 protected:
  void Say(bool thought, std::string_view text) override;
  void AddPart(std::string_view part) override;
  void End(std::string_view finish) override;
  void Fail(const AnswerEvent& event) override;

 private:
  void BeginItem();
  void EndItem();
  // Nothing comes behind it.
  void EndStream();
  void Open();
  // `rest` is behind the content, as members of the candidate.
  void Close(std::string_view rest);
  void CloseAnswer();

  bool begun_ = false;  // the array
};

}  // namespace weir::relay::gemini
