#include "tests/bench/load_options.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace weir::bench {

const char* const kLoadHelp =
    R"(weir-load: asks an HTTP server on this machine as often as it can, or holds many streams open.

  --url URL             http://127.0.0.1:PORT/path
  --header 'Name: v'    may be given more than once
  --model NAME          model in a generated body
  --body-bytes N        size of the generated body (2048)
  --body-file FILE      send this body instead
  --stream              ask for a stream; an answer without its terminal event counts as lost
  --connections N       keep-alive connections, each with one request at a time (1)
  --pause-ms N          rest of a connection between an answer and its next request (0)
  --seconds S           ask for that long
  --requests N          or that often
  --hold N              instead: N connections with one stream each, all open at once
  --ramp-seconds S      time over which they are opened (1)
  --limit-seconds S     give up what has not ended by then (seconds + 60)
  --help                this text

One line of JSON on stdout: requests, errors, lost, events, bytes, seconds, and latencies in
microseconds. With --hold, "held N" goes to stderr once every stream has had its first event.
)";

namespace {

constexpr std::size_t kDefaultBodyBytes = 2048;

struct RawFlags {
  std::string url;
  std::string headers;
  std::string model = "claude-bench@huge=2";
  std::string body_file;
  std::size_t body_bytes = kDefaultBodyBytes;
  bool limit_given = false;
};

double ToNumber(std::string_view flag, const std::string& value) {
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != '\0' || !(number >= 0) || number > 1e9) {
    throw std::invalid_argument(std::string(flag) + " takes a number, not '" + value + "'");
  }
  return number;
}

constexpr std::string_view kGeminiWhole = ":generateContent";
constexpr std::string_view kGeminiStream = ":streamGenerateContent?alt=sse";

// What stands before and behind the user's words: of a request that Anthropic's Messages and
// OpenAI's Chat take, one of OpenAI's Responses, or one of Gemini's.
std::pair<std::string, std::string> Frame(const RawFlags& raw, std::string_view path, bool stream) {
  if (path.ends_with(kGeminiWhole) || path.ends_with(kGeminiStream)) {
    return {R"({"generationConfig":{"maxOutputTokens":1024},"contents":[{"role":"user","parts":)"
            R"([{"text":")",
            R"("}]}]})"};
  }
  const bool responses = path.ends_with("/responses");
  return {"{\"model\":\"" + raw.model + "\",\"" + (responses ? "max_output_tokens" : "max_tokens") +
              "\":1024,\"stream\":" + (stream ? "true" : "false") + ",\"" +
              (responses ? "input" : "messages") + "\":[{\"role\":\"user\",\"content\":\"",
          "\"}]}"};
}

// Filled up to the wanted size with the user's words.
std::string MakeBody(const RawFlags& raw, std::string_view path, bool stream) {
  if (!raw.body_file.empty()) {
    std::ifstream file(raw.body_file, std::ios::binary);
    if (!file) throw std::invalid_argument("cannot read " + raw.body_file);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  const auto [before, after] = Frame(raw, path, stream);
  const std::size_t frame = before.size() + after.size();
  std::string words;
  while (words.size() + frame < raw.body_bytes) words += "How does the river run? ";
  words.resize(raw.body_bytes > frame ? raw.body_bytes - frame : 0);
  return before + words + after;
}

void ReadUrl(const std::string& url, LoadOptions& options) {
  constexpr std::string_view kScheme = "http://";
  const std::size_t colon = url.find(':', kScheme.size());
  if (!url.starts_with(kScheme) || colon == std::string::npos) {
    throw std::invalid_argument("--url takes http://127.0.0.1:PORT/path");
  }
  options.host = url.substr(kScheme.size(), colon - kScheme.size());
  // A load generator that can be pointed at a stranger by a typing error is a weapon.
  if (!options.host.starts_with("127.")) {
    throw std::invalid_argument("--url must be an address of this machine (127.x.y.z)");
  }
  const std::size_t slash = url.find('/', colon);
  options.port = static_cast<std::uint16_t>(
      ToNumber("--url's port", url.substr(colon + 1, slash - colon - 1)));
  if (slash != std::string::npos) options.path = url.substr(slash);
}

void Apply(std::string_view flag, const std::string& value, RawFlags& raw, LoadOptions& options) {
  if (flag == "--url") {
    raw.url = value;
  } else if (flag == "--header") {
    raw.headers += value + "\r\n";
  } else if (flag == "--model") {
    raw.model = value;
  } else if (flag == "--body-file") {
    raw.body_file = value;
  } else if (flag == "--body-bytes") {
    raw.body_bytes = static_cast<std::size_t>(ToNumber(flag, value));
  } else if (flag == "--connections") {
    options.connections = static_cast<int>(ToNumber(flag, value));
  } else if (flag == "--pause-ms") {
    options.pause_ms = ToNumber(flag, value);
  } else if (flag == "--seconds") {
    options.seconds = ToNumber(flag, value);
  } else if (flag == "--requests") {
    options.requests = static_cast<std::int64_t>(ToNumber(flag, value));
  } else if (flag == "--hold") {
    options.hold = static_cast<int>(ToNumber(flag, value));
  } else if (flag == "--ramp-seconds") {
    options.ramp_seconds = ToNumber(flag, value);
  } else if (flag == "--limit-seconds") {
    options.limit_seconds = ToNumber(flag, value);
    raw.limit_given = true;
  } else {
    throw std::invalid_argument("unknown flag " + std::string(flag) + "; see --help");
  }
}

void Complete(const RawFlags& raw, LoadOptions& options) {
  ReadUrl(raw.url, options);
  if (options.hold == 0 && options.seconds <= 0 && options.requests == 0) {
    throw std::invalid_argument("give --seconds, --requests or --hold: a load needs an end");
  }
  if (options.connections < 1) throw std::invalid_argument("--connections must be 1 or more");
  if (options.hold > 0) options.stream = true;
  if (!raw.limit_given) options.limit_seconds = options.seconds + options.ramp_seconds + 60;
  // Gemini says in the path whether it is a stream.
  if (options.stream && options.path.ends_with(kGeminiWhole)) {
    options.path.replace(options.path.size() - kGeminiWhole.size(), kGeminiWhole.size(),
                         kGeminiStream);
  }
  const std::string body = MakeBody(raw, options.path, options.stream);
  options.request = "POST " + options.path + " HTTP/1.1\r\nHost: " + options.host + ":" +
                    std::to_string(options.port) +
                    "\r\nUser-Agent: weir-load\r\nContent-Type: application/json\r\n" +
                    raw.headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                    body;
}

}  // namespace

LoadOptions ReadLoadOptions(const std::vector<std::string>& arguments) {
  LoadOptions options;
  RawFlags raw;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      options.help = true;
      return options;
    }
    if (argument == "--stream") {
      options.stream = true;
    } else if (i + 1 < arguments.size()) {
      Apply(argument, arguments[++i], raw, options);
    } else {
      throw std::invalid_argument(argument + " needs a value; see --help");
    }
  }
  Complete(raw, options);
  return options;
}

}  // namespace weir::bench
