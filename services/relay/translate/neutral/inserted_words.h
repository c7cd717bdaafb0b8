// What a conversation gets put in where a target insists on it; escaped. No I/O.
#pragma once

#include <string_view>

namespace weir::relay {

// The user's, before a conversation that begins with an answer.
inline constexpr std::string_view kFirstWord = "Go on.";
// Around what the system says in between, where no place but the user's is left for it.
inline constexpr std::string_view kReminder = R"(<system-reminder>\n)";
inline constexpr std::string_view kReminderEnd = R"(\n</system-reminder>)";
// Where a picture or a document was that cannot stand there.
inline constexpr std::string_view kImageMark = "[image]";
inline constexpr std::string_view kDocumentMark = "[document]";
// Of a call that nobody answered.
inline constexpr std::string_view kNoResult = "[no result]";

}  // namespace weir::relay
