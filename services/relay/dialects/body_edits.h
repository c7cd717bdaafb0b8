// The few changes of a request body on its way upstream; all other bytes stay as they came. No I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/common/token_bounds.h"
#include "services/relay/dialects/request_scan.h"

namespace weir::relay {

// A change of the body on its way: `erased` is replaced by `text`.
struct BodyEdit {
  Span erased;
  std::string text;
};

// Into the order of their places: what is put in before what is taken out there, and either as it
// was told.
void SortEdits(std::vector<BodyEdit>& edits);

// What the body should say upstream. As it is made, nothing is asked for but the model.
struct BodyChanges {
  std::string_view upstream_model;
  // OpenAI streams: have the usage told, since the request is metered by it.
  bool ask_for_usage = false;
  TokenBounds max_tokens = {};  // of the answer
  // What an OpenAI request that names no tokens gets them as: max_completion_tokens, or the older
  // max_tokens.
  bool names_completion_tokens = false;
  // Thousandths; for requests that name none and do not think.
  std::optional<std::int32_t> temperature_milli = std::nullopt;
  std::optional<bool> stream = std::nullopt;
  std::string_view system_prompt = {};  // before the request's own; empty = none
  bool disable_thinking = false;        // Anthropic
  // The client named the model elsewhere: it is added where the body does not name it.
  bool adds_model = false;
};

// The edits that make it so, in the order of their places, none overlapping. Empty when nothing
// changes, so that the body stays as it was. Fields other than the model are added to
// conversations only (a body with `messages`).
std::vector<BodyEdit> PlanBodyEdits(Dialect dialect, const RequestFacts& facts,
                                    std::string_view body, const BodyChanges& changes);

}  // namespace weir::relay
