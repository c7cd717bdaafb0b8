// Neutral events as one whole answer of Gemini's. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "services/relay/translate/gemini/parts_writer.h"

namespace weir::relay::gemini {

class WholeWriter : public PartsWriter {
 public:
  using PartsWriter::PartsWriter;

 protected:
  void Say(bool thought, std::string_view text) override;
  void AddPart(std::string_view part) override;
  void End(std::string_view finish) override;
  void Fail(const AnswerEvent& event) override;

 private:
  void CloseText();

  std::string parts_;  // the last text may be open
  bool text_open_ = false;
  bool open_is_thought_ = false;
};

}  // namespace weir::relay::gemini
