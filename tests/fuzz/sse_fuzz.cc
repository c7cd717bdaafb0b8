// Event streams: the same events whichever way the bytes come, none lost, none made up.
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/dialects/sse.h"
#include "tests/fuzz/fuzz.h"

namespace weir::relay {
namespace {

constexpr std::size_t kBytesMax = 320;  // some of the blocks that are searched at once
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Event {
  std::string raw;
  std::string name;
  std::string data;

  bool operator==(const Event&) const = default;
};

struct Scanned {
  std::vector<Event> events;
  std::string rest;

  bool operator==(const Scanned&) const = default;
};

Scanned Scan(const std::vector<std::string_view>& parts) {
  Scanned out;
  for (const std::string_view part : parts) {
    out.rest.append(part);
    const std::string held = out.rest;  // of its own size: overruns are seen
    std::string_view bytes(held);
    SseEvent event;
    std::string joined;
    while (NextSseEvent(bytes, event, joined)) {
      FUZZ_CHECK(!event.raw.empty());
      out.events.push_back(
          {std::string(event.raw), std::string(event.name), std::string(event.data)});
    }
    out.rest.assign(bytes);
  }
  return out;
}

// By the letter of the standard, without a thought for speed: lines first, then fields.
std::vector<Event> ScanPlainly(std::string_view text) {
  std::vector<Event> events;
  Event event;
  bool has_data = false;
  std::size_t at = 0;
  while (at < text.size()) {
    if (event.raw.empty() && text.substr(at).starts_with(kByteOrderMark)) {
      event.raw = kByteOrderMark;
      at += kByteOrderMark.size();
    }
    const std::size_t end = text.find_first_of("\r\n", at);
    if (end == std::string_view::npos) break;
    if (text[end] == '\r' && end + 1 == text.size()) break;  // half of \r\n, perhaps
    const std::size_t next = end + (text[end] == '\r' && text[end + 1] == '\n' ? 2 : 1);
    const std::string_view line = text.substr(at, end - at);
    event.raw.append(text.substr(at, next - at));
    at = next;
    if (line.empty()) {
      events.push_back(event);
      event = {};
      has_data = false;
      continue;
    }
    const std::size_t colon = line.find(':');
    std::string_view value = colon == std::string_view::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (line.substr(0, colon) == "data") {
      if (has_data) event.data += '\n';
      event.data += value;
      has_data = true;
    }
    if (colon != std::string_view::npos && line.substr(0, colon) == "event") event.name = value;
  }
  return events;
}

}  // namespace
}  // namespace weir::relay

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::relay;  // NOLINT(google-build-using-namespace)
  if (size > kBytesMax) return weir::fuzz::kRefused;
  const std::string_view data = weir::fuzz::Text(bytes, size);
  const Scanned whole = Scan({data});
  FUZZ_CHECK(whole.events == ScanPlainly(data));
  std::string all;
  for (const Event& event : whole.events) all += event.raw;
  FUZZ_CHECK(all + whole.rest == data);
  for (const auto& parts : weir::fuzz::EveryCut(data)) FUZZ_CHECK(Scan(parts) == whole);
  return weir::fuzz::kTaken;
}
