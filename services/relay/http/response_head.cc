#include "services/relay/http/response_head.h"

#include <algorithm>
#include <array>

#include "libs/common/text.h"

namespace weir::relay {
namespace {

// Everything else stays: hop-by-hop fields, cookies, the provider's account names and rate limits,
// which are not the caller's.
constexpr std::array<std::string_view, 9> kForwarded = {
    "content-type",         "request-id",     "x-request-id",
    "retry-after",          "retry-after-ms", "x-should-retry",
    "openai-processing-ms", "openai-version", "anthropic-version",
};

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 529:
      return "Overloaded";
    default:
      return "Status";
  }
}

// What a page may read of an answer's head, beside what every page may.
void AppendOrigin(std::string_view origin, std::string& out) {
  StrAppend(out, "access-control-allow-origin: ", origin,
            "\r\nvary: origin\r\n"
            "access-control-expose-headers: x-weir-request-id, x-weir-overhead-us, x-weir-cache, "
            "x-weir-stream, x-weir-translated, x-weir-dropped, x-weir-token-count, server-timing, "
            "retry-after, request-id, x-request-id\r\n");
}

// "0.042": milliseconds as Server-Timing wants them.
void AppendMilliseconds(std::string& out, std::int64_t us) {
  const std::int64_t fraction = us % 1000;
  StrAppend(out, us / 1000, fraction < 100 ? (fraction < 10 ? ".00" : ".0") : ".", fraction);
}

}  // namespace

void WriteAnswerHead(const AnswerHead& head, std::string& out) {
  constexpr std::size_t kUsualHeadBytes = 512;
  out.clear();
  out.reserve(kUsualHeadBytes);
  StrAppend(out, "HTTP/1.1 ", head.status, " ", ReasonPhrase(head.status), "\r\n");
  switch (head.framing) {
    case AnswerFraming::kLength:
      StrAppend(out, "content-length: ", head.content_length, "\r\n");
      break;
    case AnswerFraming::kChunked:
      out += "transfer-encoding: chunked\r\n";
      break;
    case AnswerFraming::kUntilClose:
      break;
  }
  if (head.close) out += "connection: close\r\n";
  if (head.retry_after_s > 0) StrAppend(out, "retry-after: ", head.retry_after_s, "\r\n");
  StrAppend(out, "x-weir-request-id: ", head.request_id,
            "\r\nx-weir-overhead-us: ", head.overhead_us, "\r\nserver-timing: weir;dur=");
  AppendMilliseconds(out, head.overhead_us);
  if (head.upstream_us > 0) {
    out += ", upstream;dur=";
    AppendMilliseconds(out, head.upstream_us);
  }
  out += "\r\n";
  if (!head.console_origin.empty()) AppendOrigin(head.console_origin, out);
}

// No cookies and no wildcard: what lets a request in is the token that the page itself sends.
void AppendPreflightFields(std::string& out) {
  out +=
      "access-control-allow-methods: GET, POST\r\n"
      "access-control-allow-headers: authorization, content-type, x-api-key, api-key, "
      "x-goog-api-key, anthropic-version, anthropic-beta, openai-beta, last-event-id, "
      "x-weir-resumable\r\n"
      "access-control-max-age: 600\r\n";
}

void AppendUpstreamFields(const ResponseHead& upstream, std::string& out) {
  for (const HeaderField& field : upstream.all()) {
    const bool pass = std::any_of(
        kForwarded.begin(), kForwarded.end(),
        [&field](std::string_view allowed) { return EqualsIgnoreCase(field.name, allowed); });
    if (pass) StrAppend(out, field.name, ": ", field.value, "\r\n");
  }
}

void AppendTranslatedFields(const ResponseHead& upstream, const TranslatedAnswer& answer,
                            std::string& out) {
  StrAppend(out, "content-type: ", answer.events ? kEventStreamType : kJsonType, "\r\n",
            answer.client == Dialect::kAnthropicMessages ? "request-id: " : "x-request-id: ",
            answer.request_id, "\r\n");
  if (answer.upstream != answer.client) {
    StrAppend(out, "x-weir-translated: ", DialectName(answer.upstream), "\r\n");
  }
  if (!answer.dropped.empty()) StrAppend(out, "x-weir-dropped: ", answer.dropped, "\r\n");
  for (const std::string_view name : {"retry-after", "retry-after-ms", "x-should-retry"}) {
    const std::string_view value = upstream.Find(name);
    if (!value.empty()) StrAppend(out, name, ": ", value, "\r\n");
  }
}

void AppendStreamFields(std::string& out) {
  out += "cache-control: no-cache\r\nx-accel-buffering: no\r\n";
}

}  // namespace weir::relay
