// Requests and answers through a translation, as the relay would send them through.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "services/relay/metering/answer_filter.h"
#include "services/relay/metering/answer_meter.h"
#include "services/relay/translate/translation.h"

namespace weir::relay::testing {

inline constexpr Dialect kAnthropic = Dialect::kAnthropicMessages;
inline constexpr Dialect kChat = Dialect::kOpenAiChat;
inline constexpr Dialect kResponses = Dialect::kOpenAiResponses;
inline constexpr Dialect kGemini = Dialect::kGemini;

inline boost::json::value Parsed(std::string_view json) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse({json.data(), json.size()}, error);
  EXPECT_FALSE(error) << json;
  return value;
}

inline BodyChanges ChangesTo(std::string_view model) {
  BodyChanges changes;
  changes.upstream_model = model;
  return changes;
}

inline std::unique_ptr<Translation> MakeTranslation(Dialect client, Dialect upstream) {
  auto translation = std::make_unique<Translation>(client, upstream);
  AnswerContext& context = translation->context();
  context.id = "0190";
  context.model = "asked-for";
  context.include_usage = true;
  context.created_unix_s = 1'767'225'600;
  return translation;
}

// Translates `body`, held as the relay holds it: readable for just 64 bytes behind its end.
inline absl::Status TranslateRequest(Translation& translation, std::string_view body,
                                     const BodyChanges& changes, bool stream = false,
                                     const Target& target = {}) {
  const std::unique_ptr<char[]> padded(new char[body.size() + 64]);
  std::copy(body.begin(), body.end(), padded.get());
  std::fill_n(padded.get() + body.size(), 64, '}');
  return translation.TranslateRequest({padded.get(), body.size()}, changes, stream, target);
}

// What the client gets of `stream` when it arrives in two parts, cut at `cut`.
inline std::string TranslatedStream(Translation& translation, std::string_view stream,
                                    std::size_t cut) {
  translation.BeginAnswer(Translation::AnswerForm::kStream, /*wants_stream=*/true, 200);
  AnswerMeter meter(translation.upstream(), /*hide_usage=*/false);
  AnswerFilter filter(/*event_stream=*/true, &meter);
  std::string out;
  const auto feed = [&](std::string_view part, bool last) {
    const std::string held(part);  // of its own size: overruns are seen
    const std::string_view events = filter.Feed(held);
    translation.context().tokens = meter.Tokens(/*estimated_input=*/100);
    out += translation.Feed(events, last);
  };
  feed(stream.substr(0, cut), false);
  feed(stream.substr(cut), true);
  return out;
}

inline std::string TranslatedAnswer(Translation& translation, std::string_view body,
                                    int status = 200) {
  const bool error = status >= 400;
  translation.BeginAnswer(error ? Translation::AnswerForm::kError : Translation::AnswerForm::kWhole,
                          /*wants_stream=*/false, status);
  AnswerMeter meter(translation.upstream(), /*hide_usage=*/false);
  meter.OnBody(body);
  meter.OnBodyEnd();
  translation.context().tokens = meter.Tokens(/*estimated_input=*/100);
  std::string out(translation.Feed(body.substr(0, body.size() / 2), /*last=*/false));
  EXPECT_EQ(out, "");
  out += translation.Feed(body.substr(body.size() / 2), /*last=*/true);
  return out;
}

}  // namespace weir::relay::testing
