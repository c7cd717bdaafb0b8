// What the upstream at hand takes of its dialect: data, so that a new one is a row, not a branch.
// Rows: providers/data/quirks.txt. What each means: docs/quirks.md.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::relay {

struct Target {
  bool completion_tokens = false;  // Chat: max_completion_tokens, else max_tokens
  bool takes_sampling = true;      // temperature, top_p, top_k
  bool takes_top_p_beside_temperature = true;
  bool takes_effort = true;               // OpenAI, Gemini: how hard to think
  bool takes_summary = true;              // Responses: of its thinking
  bool takes_thinking = true;             // Anthropic: thinking and effort
  bool adaptive_thinking = false;         // Anthropic: thinks as much as it sees fit
  bool thinking_as_type = false;          // Chat: thinking {"type": …}
  bool thinking_as_flag = false;          // Chat: enable_thinking, in streams
  bool takes_reasoning_text = true;       // OpenAI: of earlier answers
  bool wants_reasoning_text = false;      // Chat: on every earlier answer, be it empty
  bool takes_parallel_tool_calls = true;  // whether several at once are wanted
  bool takes_strict_tools = true;
  bool takes_json_schema = true;  // else: an object, and the schema among the instructions
  bool takes_json_object = true;
  bool developer_role = false;        // Chat: what the system's messages are called
  bool takes_system = true;           // else: the system's words are the user's
  bool takes_later_system = true;     // the same, of those that do not come first
  bool assistant_after_tool = false;  // Chat: the user does not speak right behind a tool
  bool short_tool_ids = false;        // of 9 letters and digits
  bool takes_images = true;
  bool takes_image_urls = true;
  bool takes_gif = true;
  bool takes_webp = true;
  bool takes_heic = true;          // and HEIF
  bool takes_other_images = true;  // than all of these, JPEG and PNG
  bool takes_documents = true;
  bool takes_user = true;            // who asks
  bool takes_stream_options = true;  // Chat
  bool thinks_by_level = false;      // Gemini: thinkingLevel, else thinkingBudget
  bool thinks_medium = true;         // Gemini: has a level between low and high
  bool wants_signed_calls = false;   // Gemini: refuses those of earlier answers without signature
  bool caches_prompts = false;       // Anthropic: keeps what it read for the next request
  std::size_t stops_max = 4;         // Chat, Gemini
  std::int64_t thinking_tokens_min = 0;  // Gemini: where it cannot be told not to think
  std::int64_t output_tokens_max = 0;    // of one answer; 0 = not known
  std::size_t tool_name_bytes_max = 64;
  std::uint64_t family = 0;  // of the account: the signatures that it can read
};

}  // namespace weir::relay
