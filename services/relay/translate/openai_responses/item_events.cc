#include "services/relay/translate/openai_responses/item_events.h"

#include <array>
#include <cstddef>

namespace weir::relay::openai_responses {
namespace {

constexpr std::array kEvents = {
    ItemEvents{"response.content_part.added", "response.output_text.delta",
               "response.output_text.done", "text", "response.content_part.done"},
    ItemEvents{"response.content_part.added", "response.refusal.delta", "response.refusal.done",
               "refusal", "response.content_part.done"},
    ItemEvents{"response.reasoning_summary_part.added", "response.reasoning_summary_text.delta",
               "response.reasoning_summary_text.done", "text",
               "response.reasoning_summary_part.done"},
    ItemEvents{"", "response.function_call_arguments.delta",
               "response.function_call_arguments.done", "arguments", ""},
    ItemEvents{"", "response.custom_tool_call_input.delta", "response.custom_tool_call_input.done",
               "input", ""},
    ItemEvents{"", "", "", "", ""},
};

}  // namespace

const ItemEvents& EventsOf(const OutputItem& item) {
  return kEvents[static_cast<std::size_t>(item.kind)];
}

}  // namespace weir::relay::openai_responses
