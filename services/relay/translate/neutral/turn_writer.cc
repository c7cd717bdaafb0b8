#include "services/relay/translate/neutral/turn_writer.h"

#include <span>
#include <string>

#include "services/relay/translate/neutral/inserted_words.h"

namespace weir::relay {
namespace {

constexpr std::string_view kTurnEnd = "]}";

}  // namespace

absl::Status TurnWriter::Write() {
  const std::span<const Turn> turns(request_.turns);
  for (const Turn& turn : turns.subspan(LeadingSystemTurns(request_))) WriteTurn(turn);
  if (!reminders_.empty()) Open(Role::kUser);
  WriteReminders();
  Close();
  return json_.out().back() == '[' ? NothingToSay(request_) : absl::OkStatus();
}

void TurnWriter::WriteTurn(const Turn& turn) {
  const Parts parts = Parts(request_.parts).subspan(turn.first, turn.count);
  switch (turn.role) {
    case Role::kSystem:
      reminders_.push_back(parts);
      return;
    case Role::kUser:
      return WriteUserTurn(parts);
    case Role::kAssistant:
      return WriteModelTurn(turn, parts);
  }
}

void TurnWriter::WriteUserTurn(Parts parts) {
  Open(Role::kUser);
  std::vector<const Part*> said;
  VisitUserParts(
      parts, [&](const Part& result, Parts inside) { WriteResult(result, inside, said); },
      [&said](const Part& part) { said.push_back(&part); });
  WriteReminders();
  for (const Part* part : said) WriteSaid(*part);
}

void TurnWriter::WriteModelTurn(const Turn& turn, Parts parts) {
  if (!reminders_.empty()) {
    Open(Role::kUser);
    WriteReminders();
  }
  Open(Role::kAssistant);
  WriteAnswer(parts);
  if (turn.unanswered.empty()) return;
  Open(Role::kUser);
  for (const std::string_view id : turn.unanswered) WriteNoResult(id);
}

// They may not stand between calls and their results.
void TurnWriter::WriteReminders() {
  for (const Parts& parts : reminders_) {
    for (const Part& part : parts) {
      if (!part.text.empty()) WriteText(kReminder, part.text, kReminderEnd);
    }
  }
  reminders_.clear();
}

void TurnWriter::Open(Role role) {
  if (is_open_ && role == role_) return;
  Close();
  std::string& out = json_.out();
  is_open_ = true;
  role_ = role;
  turn_begins_ = out.size();
  if (closed_role_ == role) {  // what stood between was empty
    out.resize(out.size() - kTurnEnd.size());
    return;
  }
  if (out.back() == '[' && role == Role::kAssistant) {
    StrAppend(out, words_.first_head, kFirstWord, words_.first_end);
  }
  json_.Begin('{');
  json_.Text("role", role == Role::kUser ? "user" : words_.model);
  json_.Begin(words_.content, '[');
}

// A turn without parts is refused, so it was never there.
void TurnWriter::Close() {
  if (!is_open_) return;
  is_open_ = false;
  std::string& out = json_.out();
  if (out.back() == '[') return out.resize(turn_begins_);
  out += kTurnEnd;
  closed_role_ = role_;
}

}  // namespace weir::relay
