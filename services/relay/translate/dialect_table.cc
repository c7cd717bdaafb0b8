#include "services/relay/translate/dialect_table.h"

#include <array>
#include <type_traits>

#include "services/relay/translate/anthropic/answer_reader.h"
#include "services/relay/translate/anthropic/error_writer.h"
#include "services/relay/translate/anthropic/request_reader.h"
#include "services/relay/translate/anthropic/request_writer.h"
#include "services/relay/translate/anthropic/stream_writer.h"
#include "services/relay/translate/anthropic/whole_writer.h"
#include "services/relay/translate/gemini/answer_reader.h"
#include "services/relay/translate/gemini/error_writer.h"
#include "services/relay/translate/gemini/request_reader.h"
#include "services/relay/translate/gemini/request_writer.h"
#include "services/relay/translate/gemini/stream_writer.h"
#include "services/relay/translate/gemini/whole_writer.h"
#include "services/relay/translate/openai_chat/answer_reader.h"
#include "services/relay/translate/openai_chat/error_writer.h"
#include "services/relay/translate/openai_chat/request_reader.h"
#include "services/relay/translate/openai_chat/request_writer.h"
#include "services/relay/translate/openai_chat/stream_writer.h"
#include "services/relay/translate/openai_chat/whole_writer.h"
#include "services/relay/translate/openai_responses/answer_reader.h"
#include "services/relay/translate/openai_responses/request_reader.h"
#include "services/relay/translate/openai_responses/request_writer.h"
#include "services/relay/translate/openai_responses/stream_writer.h"
#include "services/relay/translate/openai_responses/whole_writer.h"

namespace weir::relay {
namespace {

template <typename Writer>
std::unique_ptr<AnswerWriter> MakeWriter(const AnswerContext& context) {
  return std::make_unique<Writer>(context);
}

template <typename Reader>
std::unique_ptr<AnswerReader> MakeReader([[maybe_unused]] const AnswerContext& context) {
  if constexpr (std::is_default_constructible_v<Reader>) {
    return std::make_unique<Reader>();
  } else {
    return std::make_unique<Reader>(context);
  }
}

constexpr std::array kRows = {
    DialectRow{Dialect::kAnthropicMessages, "/v1/messages", anthropic::ReadRequest,
               MakeWriter<anthropic::StreamWriter>, MakeWriter<anthropic::WholeWriter>,
               anthropic::WriteError, anthropic::ErrorStatus, nullptr, anthropic::WriteRequest,
               MakeReader<anthropic::MessageReader>},
    DialectRow{Dialect::kOpenAiChat, "/v1/chat/completions", openai_chat::ReadRequest,
               MakeWriter<openai_chat::StreamWriter>, MakeWriter<openai_chat::WholeWriter>,
               openai_chat::WriteError, openai_chat::ErrorStatus, nullptr,
               openai_chat::WriteRequest, MakeReader<openai_chat::ChatAnswerReader>},
    // A refusal looks as in Chat.
    DialectRow{Dialect::kOpenAiResponses, "/v1/responses", openai_responses::ReadRequest,
               MakeWriter<openai_responses::StreamWriter>,
               MakeWriter<openai_responses::WholeWriter>, openai_chat::WriteError,
               openai_chat::ErrorStatus, nullptr, openai_responses::WriteRequest,
               MakeReader<openai_responses::ResponseReader>},
    DialectRow{Dialect::kGemini, "", gemini::ReadRequest, MakeWriter<gemini::StreamWriter>,
               MakeWriter<gemini::WholeWriter>, gemini::WriteError, gemini::ErrorStatus,
               gemini::RequestPath, gemini::WriteRequest, MakeReader<gemini::GeminiAnswerReader>},
};

constexpr bool InOrder() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].dialect) != i) return false;
  }
  return true;
}
static_assert(InOrder(), "a row stands at the place of its dialect");

}  // namespace

const DialectRow& RowOf(Dialect dialect) { return kRows[static_cast<std::size_t>(dialect)]; }

bool ReadsRequests(Dialect dialect) {
  const auto place = static_cast<std::size_t>(dialect);
  return place < kRows.size() && kRows[place].read_request != nullptr;
}

bool CanTranslate(Dialect from, Dialect to) {
  // One without a row is served natively alone.
  const auto has_row = [](Dialect dialect) {
    return static_cast<std::size_t>(dialect) < kRows.size();
  };
  if (!has_row(from) || !has_row(to)) return false;
  return from != to && RowOf(from).read_request != nullptr && RowOf(to).write_request != nullptr;
}

}  // namespace weir::relay
