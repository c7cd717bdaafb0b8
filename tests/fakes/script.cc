#include "tests/fakes/script.h"

#include <cstdio>
#include <string_view>
#include <utility>

#include "tests/fakes/gzip.h"

namespace weir::fakes {
namespace {

constexpr std::size_t kLieBytes = 1000;        // how much cl_lie promises too much
constexpr std::size_t kHugeHeaderLines = 120;  // times 1 KiB
constexpr std::size_t kHugeHeaderValueBytes = 1024;

const char* ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Overloaded";
  }
}

std::string WithCrlf(std::string_view event) {
  std::string out;
  for (const char c : event) {
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c;
  }
  return out;
}

// Each piece ends inside a multi-byte character where there is one.
std::vector<std::string> SplitInsideCharacters(const std::vector<std::string>& pieces) {
  std::vector<std::string> out;
  for (const std::string& piece : pieces) {
    std::string part;
    for (const char c : piece) {
      part += c;
      if (static_cast<unsigned char>(c) >= 0xC0) out.push_back(std::exchange(part, {}));
    }
    if (!part.empty()) out.push_back(part);
  }
  return out;
}

std::vector<std::string> SplitBytes(const std::vector<std::string>& pieces) {
  std::vector<std::string> out;
  for (const std::string& piece : pieces) {
    for (const char c : piece) out.emplace_back(1, c);
  }
  return out;
}

bool EndsHalfWay(const Scenario& scenario) { return scenario.cut || scenario.rst; }

// The payload in the pieces that are written one by one.
std::vector<std::string> PiecesOf(const Reply& reply, const Scenario& scenario) {
  std::vector<std::string> pieces;
  if (reply.is_stream) {
    for (const std::string& event : reply.events) {
      std::string piece = (scenario.comments ? ": keep-alive\n\n" : "") + event;
      pieces.push_back(scenario.crlf ? WithCrlf(piece) : std::move(piece));
    }
  } else if (!reply.body.empty()) {
    const bool halves = EndsHalfWay(scenario) || scenario.stall_ms >= 0;
    const std::size_t first = halves ? reply.body.size() / 2 : reply.body.size();
    pieces.push_back(reply.body.substr(0, first));
    if (first < reply.body.size()) pieces.push_back(reply.body.substr(first));
  }
  if (scenario.one_chunk && !EndsHalfWay(scenario)) {
    std::string all;
    for (const std::string& piece : pieces) all += piece;
    pieces.assign(1, all);
  }
  if (scenario.split_utf8) pieces = SplitInsideCharacters(pieces);
  if (scenario.gzip && !pieces.empty()) pieces = GzipPieces(pieces);
  if (scenario.tiny) pieces = SplitBytes(pieces);
  return pieces;
}

enum class Framing { kLength, kChunked, kClose };

Framing FramingOf(const Reply& reply, const Scenario& scenario, bool http11) {
  if (scenario.cl_lie) return Framing::kLength;
  if (scenario.close_delimited) return Framing::kClose;
  if (!reply.is_stream) return Framing::kLength;
  return http11 ? Framing::kChunked : Framing::kClose;
}

std::string HeadOf(const Reply& reply, const Scenario& scenario, Framing framing, bool close,
                   std::size_t payload_bytes) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " " + ReasonPhrase(reply.status) +
                     "\r\ncontent-type: " + reply.content_type + "\r\n";
  for (const auto& [name, value] : reply.headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  if (scenario.huge_headers) {
    const std::string value(kHugeHeaderValueBytes, 'h');
    for (std::size_t i = 0; i < kHugeHeaderLines; ++i) {
      head += "x-huge-" + std::to_string(i) + ": " + value + "\r\n";
    }
  }
  if (scenario.gzip) head += "content-encoding: gzip\r\n";
  if (framing == Framing::kChunked) head += "transfer-encoding: chunked\r\n";
  if (framing == Framing::kLength) {
    const std::size_t promised = payload_bytes + (scenario.cl_lie ? kLieBytes : 0);
    head += "content-length: " + std::to_string(promised) + "\r\n";
  }
  if (close) head += "connection: close\r\n";
  return head;
}

std::string AsChunk(std::string_view piece) {
  char size[24];
  std::snprintf(size, sizeof(size), "%zx\r\n", piece.size());
  std::string chunk = size;
  chunk.append(piece);
  chunk += "\r\n";
  return chunk;
}

// Puts the times on the steps: pace between them, slow before the first, stall half way.
void Pace(const Scenario& scenario, std::vector<Step>& steps) {
  if (steps.empty()) return;
  for (std::size_t i = 1; i < steps.size(); ++i) steps[i].wait_ms = scenario.pace_ms;
  if (scenario.slow_ms > 0) steps.front().wait_ms = scenario.slow_ms;
  if (scenario.stall_ms >= 0) steps[steps.size() / 2].wait_ms = scenario.stall_ms;
}

}  // namespace

Script BuildScript(const Reply& reply, const Scenario& scenario, ConnectionTraits connection) {
  const std::vector<std::string> pieces = PiecesOf(reply, scenario);
  std::size_t payload_bytes = 0;
  for (const std::string& piece : pieces) payload_bytes += piece.size();

  const Framing framing = FramingOf(reply, scenario, connection.http11);
  const bool close = !connection.keep_alive || framing == Framing::kClose;
  Script script;
  script.status = reply.status;
  script.head = HeadOf(reply, scenario, framing, close, payload_bytes);
  script.head_wait_ms = scenario.slow_headers_ms > 0 ? scenario.slow_headers_ms : 0;
  script.byte_by_byte = scenario.tiny;
  script.truncated = EndsHalfWay(scenario) || scenario.cl_lie;
  const std::size_t kept = EndsHalfWay(scenario) ? pieces.size() / 2 : pieces.size();
  for (std::size_t i = 0; i < kept; ++i) {
    script.steps.push_back({framing == Framing::kChunked ? AsChunk(pieces[i]) : pieces[i], 0});
  }
  Pace(scenario, script.steps);
  if (framing == Framing::kChunked && !script.truncated) {
    // The end goes out with the last event, as it does where a server closes its writer at once.
    if (script.steps.empty()) script.steps.emplace_back();
    script.steps.back().bytes += "0\r\n\r\n";
  }
  script.ending = close || script.truncated ? Ending::kClose : Ending::kKeepAlive;
  if (scenario.rst) script.ending = Ending::kReset;
  return script;
}

Script GarbageScript() {
  Script script;
  script.steps.push_back({std::string("\x16\x03\x01 this is not HTTP \xff\xfe\r\n\r\n"), 0});
  script.ending = Ending::kClose;
  script.truncated = true;
  script.status = 0;
  return script;
}

Script SilentScript() {
  Script script;
  script.ending = Ending::kSilent;
  script.truncated = true;
  script.status = 0;
  return script;
}

}  // namespace weir::fakes
