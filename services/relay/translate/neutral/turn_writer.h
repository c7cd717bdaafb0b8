// Conversations for providers that know two sides, who take turns (Anthropic, Gemini). What these
// insist on stands here: the user speaks first, no turn is empty, the results of calls follow them
// at once, and what the system says later is the user's. A dialect writes the parts. No I/O.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "services/relay/translate/neutral/chat_request.h"
#include "services/relay/translate/neutral/json_out.h"

namespace weir::relay {

// What a turn looks like: {"role":"user","content":[…]}.
struct TurnWords {
  std::string_view model;    // the role of answers
  std::string_view content;  // the member that holds the parts
  // Around the first word, as a turn of the user's, where another's would come first.
  std::string_view first_head;
  std::string_view first_end;
};

class TurnWriter {
 public:
  virtual ~TurnWriter() = default;
  TurnWriter(const TurnWriter&) = delete;
  TurnWriter& operator=(const TurnWriter&) = delete;

  // All turns but the system's first ones, as the items of an array that has just begun.
  // InvalidArgument: nothing is left of them.
  absl::Status Write();

 protected:
  // All must outlive it.
  TurnWriter(const ChatRequest& request, const TurnWords& words, JsonOut& json)
      : request_(request), json_(json), words_(words) {}

  // Text that is not empty, between two pieces of our own.
  virtual void WriteText(std::string_view head, std::string_view text, std::string_view end) = 0;
  // What a tool said. What of it cannot stand there goes to `said`, behind all results.
  virtual void WriteResult(const Part& result, Parts inside, std::vector<const Part*>& said) = 0;
  virtual void WriteNoResult(std::string_view id) = 0;
  // Of the user: text or media.
  virtual void WriteSaid(const Part& part) = 0;
  // Of the model: all of one answer.
  virtual void WriteAnswer(Parts parts) = 0;

  void WriteText(std::string_view text) {
    if (!text.empty()) WriteText({}, text, {});
  }

  const ChatRequest& request_;
  JsonOut& json_;

 private:
  void WriteTurn(const Turn& turn);
  void WriteUserTurn(Parts parts);
  void WriteModelTurn(const Turn& turn, Parts parts);
  void WriteReminders();
  void Open(Role role);
  void Close();

  const TurnWords& words_;
  bool is_open_ = false;
  Role role_ = Role::kUser;
  std::optional<Role> closed_role_;  // of the last one that is written
  std::size_t turn_begins_ = 0;      // of the one that is open, in what is written
  std::vector<Parts> reminders_;     // what the system said since
};

}  // namespace weir::relay
