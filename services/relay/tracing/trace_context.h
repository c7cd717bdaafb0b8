// The headers traceparent and tracestate as W3C's Trace Context, level 1, has them
// (www.w3.org/TR/trace-context-1): what comes from strangers is read strictly, and what is not
// well formed is as if it were not there. No I/O.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::relay {

using TraceId = std::array<std::uint8_t, 16>;  // never all zero
using SpanId = std::array<std::uint8_t, 8>;    // never all zero

// A place in a trace: the span which what comes next is a child of.
struct TraceParent {
  TraceId trace_id{};
  SpanId span_id{};
  bool sampled = false;  // whoever was before us records its spans

  friend bool operator==(const TraceParent&, const TraceParent&) = default;
};

inline constexpr std::size_t kTraceParentBytes = 55;
// What the recommendation asks everybody to pass on. More of it is dropped as a whole, which it
// allows.
inline constexpr std::size_t kTraceStateBytesMax = 512;
inline constexpr std::size_t kTraceStateMembersMax = 32;

// Nothing for what is malformed. A version above ours is read by the fields of ours that it begins
// with, as the recommendation has it.
std::optional<TraceParent> ParseTraceParent(std::string_view value);

// As version 00, with no flag but `sampled`.
std::string TraceParentText(const TraceParent& parent);

// Lower-case hexadecimal digits.
void AppendHex(const std::uint8_t* bytes, std::size_t size, std::string& out);

// True when it may go on as it is: a list of key=value, each within its bounds, not too much of it.
bool IsTraceState(std::string_view value);

}  // namespace weir::relay
