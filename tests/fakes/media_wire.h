// The wire forms of OpenAI's endpoints beside chat: text completions, pictures, sound, moderation,
// reranking.
#ifndef WEIR_TESTS_FAKES_MEDIA_WIRE_H_
#define WEIR_TESTS_FAKES_MEDIA_WIRE_H_

#include <string>
#include <vector>

#include "tests/fakes/answer.h"
#include "tests/fakes/model_request.h"

namespace weir::fakes::media {

std::string CompletionBody(const Answer& answer);
std::vector<std::string> CompletionEvents(const Answer& answer, bool include_usage);

std::string ModerationBody(const Answer& answer);
std::string RerankBody(const Answer& answer, bool tells_usage);

// `request.pictures` of them.
std::string ImageBody(const ModelRequest& request, const Answer& answer, bool tells_usage);
// Two partial pictures and the whole one; `kind` is image_generation or image_edit.
std::vector<std::string> ImageEvents(const Answer& answer, const std::string& kind);

// response_format text, srt and vtt are no JSON.
bool IsPlainText(const ModelRequest& request);
// Whisper tells seconds, other models tokens.
std::string TranscriptBody(const ModelRequest& request, const Answer& answer, bool tells_usage);
std::vector<std::string> TranscriptEvents(const Answer& answer);

// Bytes that are no text.
std::string SpeechBody(const Answer& answer);

}  // namespace weir::fakes::media

#endif  // WEIR_TESTS_FAKES_MEDIA_WIRE_H_
