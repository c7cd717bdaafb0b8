// Request bodies as the relay holds them, scanned and edited.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "services/relay/dialects/body_edits.h"
#include "services/relay/dialects/request_scan.h"

namespace weir::relay::testing {

inline constexpr Dialect kAnthropic = Dialect::kAnthropicMessages;
inline constexpr Dialect kOpenAi = Dialect::kOpenAiChat;

// Scans `body` in memory that is readable for just the 64 bytes behind it that are promised, filled
// with what would continue the body.
inline absl::StatusOr<RequestFacts> Scan(Dialect dialect, std::string_view body,
                                         char padding = '}') {
  const std::unique_ptr<char[]> padded(new char[body.size() + 64]);
  std::memcpy(padded.get(), body.data(), body.size());
  std::memset(padded.get() + body.size(), padding, 64);
  return ScanRequest(dialect, {padded.get(), body.size()});
}

inline std::string Applied(std::string_view body, const std::vector<BodyEdit>& edits) {
  std::string out;
  std::size_t at = 0;
  for (const BodyEdit& edit : edits) {
    EXPECT_GE(edit.erased.begin, at) << "edits overlap or are out of order";
    out += body.substr(at, edit.erased.begin - at);
    out += edit.text;
    at = edit.erased.begin + edit.erased.size;
  }
  return out + std::string(body.substr(at));
}

// What goes upstream for `body`.
inline std::string Edited(Dialect dialect, std::string_view body, std::string_view upstream_model) {
  const absl::StatusOr<RequestFacts> facts = Scan(dialect, body);
  EXPECT_TRUE(facts.ok()) << facts.status() << " " << body;
  if (!facts.ok()) return "";
  return Applied(body, PlanBodyEdits(dialect, *facts, body, {upstream_model, true}));
}

// The same with all that may be asked for; the model stays when none is named. The body is held as
// the relay holds it, since some edits look into it again.
inline std::string Changed(Dialect dialect, std::string_view body, BodyChanges changes) {
  const std::unique_ptr<char[]> padded(new char[body.size() + 64]);
  std::memcpy(padded.get(), body.data(), body.size());
  std::memset(padded.get() + body.size(), '}', 64);
  const std::string_view held(padded.get(), body.size());
  const absl::StatusOr<RequestFacts> facts = ScanRequest(dialect, held);
  EXPECT_TRUE(facts.ok()) << facts.status() << " " << body;
  if (!facts.ok()) return "";
  if (changes.upstream_model.empty()) changes.upstream_model = facts->model;
  return Applied(held, PlanBodyEdits(dialect, *facts, held, changes));
}

inline boost::json::value Parsed(std::string_view json) {
  boost::json::error_code error;
  boost::json::parse_options options;
  options.max_depth = 1'000;
  boost::json::value value = boost::json::parse({json.data(), json.size()}, error, {}, options);
  EXPECT_FALSE(error) << json;
  return value;
}

}  // namespace weir::relay::testing
