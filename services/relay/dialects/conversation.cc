#include "services/relay/dialects/conversation.h"

#include "services/relay/dialects/json_cursor.h"

namespace weir::relay {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr int kMessagesMax = 8;  // a conversation begins within these
constexpr int kMembersMax = 32;  // of one message or part
constexpr int kPartsMax = 16;
// Claude Code's first system block is another one with each prompt.
constexpr std::string_view kBillingBlock = "x-anthropic-billing-header";

std::string_view Bounded(std::string_view text) { return text.substr(0, kConversationBytesMax); }

// The `text` of a part {"type":"text","text":"…"}, which the cursor stands before.
std::string_view TextOfPart(JsonCursor& cursor) {
  std::string_view text;
  if (!cursor.Skip('{')) {
    cursor.SkipValue();
    return text;
  }
  for (int i = 0; i < kMembersMax && !cursor.Skip('}'); ++i) {
    const std::string_view key = cursor.String();
    cursor.Skip(':');
    if (key == "text" && cursor.Peek() == '"') {
      text = cursor.String();
    } else {
      cursor.SkipValue();
    }
    cursor.Skip(',');
  }
  return text;
}

// A text, or the first text that counts among parts, which may stand in an object of their own.
std::string_view FirstText(std::string_view json) {
  if (json.starts_with('{')) json = MemberValue(json, "parts");
  JsonCursor cursor(json);
  if (cursor.Peek() == '"') return cursor.StringStart(kConversationBytesMax);
  if (!cursor.Skip('[')) return {};
  for (int i = 0; i < kPartsMax && cursor.Peek() == '{'; ++i) {
    const std::string_view text = TextOfPart(cursor);
    if (!text.empty() && !text.starts_with(kBillingBlock)) return Bounded(text);
    cursor.Skip(',');
  }
  return {};
}

struct Message {
  bool of_user = false;
  bool names_role = false;
  bool has_parts = false;
  std::string_view content;  // from its value to the end of all messages
};

// The message that the cursor stands before; a user's content is not walked through.
Message ReadMessage(JsonCursor& cursor) {
  Message message;
  cursor.Skip('{');
  for (int i = 0; i < kMembersMax && !cursor.Skip('}'); ++i) {
    const std::string_view key = cursor.String();
    cursor.Skip(':');
    if (key == "role") {
      message.names_role = true;
      message.of_user = cursor.String() == "user";
    } else {
      cursor.Peek();
      message.has_parts = message.has_parts || key == "parts";
      const bool holds = key == "content" || key == "parts";
      if (holds) message.content = cursor.rest();
      if (!holds || !message.of_user) cursor.SkipValue();
    }
    if (message.of_user && !message.content.empty()) break;
    cursor.Skip(',');
  }
  // Gemini lets a user's single turn go without a role.
  if (!message.names_role && message.has_parts) message.of_user = true;
  return message;
}

std::string_view FirstUserText(std::string_view messages) {
  JsonCursor cursor(messages);
  if (cursor.Peek() == '"') return FirstText(messages);  // Responses: all that was said
  if (!cursor.Skip('[')) return {};
  for (int i = 0; i < kMessagesMax && cursor.Peek() == '{'; ++i) {
    const Message message = ReadMessage(cursor);
    if (message.of_user) return FirstText(message.content);
    cursor.Skip(',');
  }
  return {};
}

}  // namespace

ConversationStart ReadConversationStart(const RequestFacts& facts, std::string_view body) {
  const auto at = [body](const Span& span) { return body.substr(span.begin, span.size); };
  return {FirstText(at(facts.system)), FirstUserText(at(facts.messages))};
}

std::string_view SessionOfUserId(std::string_view user_id) {
  constexpr std::string_view kMember = "\"session_id\"";
  constexpr std::string_view kMark = "_session_";
  if (const std::size_t at = user_id.find(kMember); user_id.starts_with('{') && at != kNone) {
    JsonCursor cursor(user_id.substr(at + kMember.size()));
    cursor.Skip(':');
    if (const std::string_view session = cursor.String(); !session.empty()) return session;
  }
  const std::size_t mark = user_id.rfind(kMark);
  if (mark == kNone || mark + kMark.size() == user_id.size()) return user_id;
  return user_id.substr(mark + kMark.size());
}

}  // namespace weir::relay
