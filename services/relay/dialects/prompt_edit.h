// A system prompt of the gateway's put before the request's own. The same prompt and the same
// request give the same bytes, so that providers' prompt caches stay warm. No I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/relay/dialects/body_edits.h"
#include "services/relay/dialects/request_scan.h"

namespace weir::relay {

// Adds what is needed to `edits`, and to `new_fields` (`"name":value,` …) when the request has no
// place for it yet.
//
// Anthropic: a text block before the blocks of `system`, or text before its text; only behind what
// Claude Code begins with, its billing header and the line that says who it is, which Anthropic
// looks for there. Marks for the cache stay on the blocks they are on. OpenAI: a system message
// before all messages; Responses: text before the text of `instructions`; Gemini: a part before
// those of `systemInstruction`. A field of a shape that has no place for it (see NoRoomForPrompt)
// stays as it is.
void AddPrompt(Dialect dialect, const RequestFacts& facts, std::string_view body,
               std::string_view prompt, std::string& new_fields, std::vector<BodyEdit>& edits);

// The field that a prompt would go into, and what it must be, when it is none of that: "'system'
// must be …". Empty = there is room.
std::string_view NoRoomForPrompt(Dialect dialect, const RequestFacts& facts, std::string_view body);

}  // namespace weir::relay
