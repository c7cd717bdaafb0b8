// Answers through a translation in the other form than they came in, and streams to try it with.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "libs/common/text.h"
#include "tests/unit/relay/translate/translated.h"

namespace weir::relay::testing {

// What the client gets of an answer that comes in the other form than it wants.
struct Told {
  std::string out;
  bool failed = false;
};
inline Told Tell(Dialect client, Dialect upstream, std::string_view answer, bool wants_stream) {
  const auto translation = MakeTranslation(client, upstream);
  translation->BeginAnswer(
      wants_stream ? Translation::AnswerForm::kWhole : Translation::AnswerForm::kStream,
      wants_stream, 200);
  EXPECT_TRUE(translation->holds_until_end());
  AnswerMeter meter(upstream, /*hide_usage=*/false);
  AnswerFilter filter(!wants_stream, &meter);
  Told told;
  const auto feed = [&](std::string_view part, bool last) {
    const std::string_view passed = filter.Feed(part);
    if (last && wants_stream) meter.OnBodyEnd();
    translation->context().tokens = meter.Tokens(/*estimated_input=*/100);
    told.out += translation->Feed(passed, last);
  };
  for (std::size_t at = 0; at < answer.size(); at += 7) {
    feed(answer.substr(at, 7), false);
    EXPECT_EQ(told.out, "") << "all of it comes with its end";
  }
  feed({}, true);
  told.failed = translation->failed();
  return told;
}

inline std::string Streamed(Dialect client, Dialect upstream, std::string_view whole) {
  const Told told = Tell(client, upstream, whole, /*wants_stream=*/true);
  EXPECT_FALSE(told.failed);
  return told.out;
}

inline boost::json::value Collected(Dialect client, Dialect upstream, std::string_view stream) {
  const Told told = Tell(client, upstream, stream, /*wants_stream=*/false);
  EXPECT_FALSE(told.failed);
  return Parsed(told.out);
}

inline std::string Event(std::string_view data) { return StrCat("data: ", data, "\n\n"); }
inline std::string Named(std::string_view name, std::string_view data) {
  return StrCat("event: ", name, "\n", Event(data));
}

// A message of such blocks, each as it begins with its deltas behind it.
struct PiecedBlock {
  std::string_view begins;
  std::vector<std::string_view> deltas;
};
inline std::string MessageOf(const std::vector<PiecedBlock>& blocks) {
  std::string stream =
      Named("message_start", R"({"type":"message_start","message":{"model":"m"}})");
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    stream += Named("content_block_start", StrCat(R"({"type":"content_block_start","index":)", i,
                                                  R"(,"content_block":)", blocks[i].begins, "}"));
    for (const std::string_view delta : blocks[i].deltas) {
      stream += Named("content_block_delta", StrCat(R"({"type":"content_block_delta","index":)", i,
                                                    R"(,"delta":)", delta, "}"));
    }
    stream +=
        Named("content_block_stop", StrCat(R"({"type":"content_block_stop","index":)", i, "}"));
  }
  return StrCat(
      stream,
      Named("message_delta", R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})"),
      Named("message_stop", R"({"type":"message_stop"})"));
}

}  // namespace weir::relay::testing
