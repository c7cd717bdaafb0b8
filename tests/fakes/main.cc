// weir-fake-provider: an LLM provider that answers at once, costs nothing and misbehaves on demand.
#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fakes/server.h"

namespace {

constexpr const char* kHelp =
    R"(weir-fake-provider: Anthropic Messages and OpenAI Chat Completions, made up and made to fail.

  --listen ADDRESS:PORT the next two in one, as Weir's services have it
  --host ADDRESS        address to listen on (127.0.0.1)
  --port N              port to listen on, 0 for any free one (9090)
  --port-file FILE      write the port there once it is open
  --threads N           worker threads (1)
  --require-key KEY     answer 401 to any other credential; may be given more than once
  --record FILE         write each finished request as a line of JSON
  --no-record           keep no requests in memory either (for benchmarks)
  --tls-cert FILE       PEM chain; with --tls-key the fake speaks HTTPS only
  --tls-key FILE        PEM private key
  --help                this text

The model's name chooses the answer: "any-name@thinking+tool+pace=20". The README beside the source
has the table of tokens. GET /__fake/requests, GET /__fake/stats, POST /__fake/reset.
)";

struct Settings {
  weir::fakes::ServerOptions server;
  std::vector<std::string> required_keys;
  std::string record_file;
  bool keep_requests = true;
  bool help = false;
};

int ToNumber(std::string_view flag, const std::string& value, int low, int high) {
  char* end = nullptr;
  const long number = std::strtol(value.c_str(), &end, 10);
  if (value.empty() || *end != '\0' || number < low || number > high) {
    throw std::invalid_argument(std::string(flag) + " takes a number from " + std::to_string(low) +
                                " to " + std::to_string(high) + ", not '" + value + "'");
  }
  return static_cast<int>(number);
}

void ApplyListen(const std::string& value, weir::fakes::ServerOptions& server) {
  const std::size_t colon = value.rfind(':');
  if (colon == std::string::npos) {
    throw std::invalid_argument("--listen takes ADDRESS:PORT, not '" + value + "'");
  }
  server.host = value.substr(0, colon);
  server.port =
      static_cast<std::uint16_t>(ToNumber("--listen's port", value.substr(colon + 1), 0, 65535));
}

void Apply(std::string_view flag, const std::string& value, Settings& settings) {
  if (flag == "--listen") {
    ApplyListen(value, settings.server);
  } else if (flag == "--host") {
    settings.server.host = value;
  } else if (flag == "--port") {
    settings.server.port = static_cast<std::uint16_t>(ToNumber(flag, value, 0, 65535));
  } else if (flag == "--port-file") {
    settings.server.port_file = value;
  } else if (flag == "--threads") {
    settings.server.threads = ToNumber(flag, value, 1, 64);
  } else if (flag == "--require-key") {
    settings.required_keys.push_back(value);
  } else if (flag == "--record") {
    settings.record_file = value;
  } else if (flag == "--tls-cert") {
    settings.server.tls_cert_file = value;
  } else if (flag == "--tls-key") {
    settings.server.tls_key_file = value;
  } else {
    throw std::invalid_argument("unknown flag " + std::string(flag) + "; see --help");
  }
}

// Takes "--name value" and "--name=value".
Settings ReadFlags(const std::vector<std::string>& arguments) {
  Settings settings;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      settings.help = true;
    } else if (argument == "--no-record") {
      settings.keep_requests = false;
    } else if (const std::size_t equals = argument.find('='); equals != std::string::npos) {
      Apply(argument.substr(0, equals), argument.substr(equals + 1), settings);
    } else if (i + 1 < arguments.size()) {
      Apply(argument, arguments[i + 1], settings);
      ++i;
    } else {
      throw std::invalid_argument(argument + " needs a value; see --help");
    }
  }
  if (settings.server.tls_cert_file.empty() != settings.server.tls_key_file.empty()) {
    throw std::invalid_argument("--tls-cert and --tls-key belong together");
  }
  return settings;
}

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Settings settings = ReadFlags(std::vector<std::string>(argv + 1, argv + argc));
    if (settings.help) {
      std::fputs(kHelp, stdout);
      return 0;
    }
    std::signal(SIGPIPE, SIG_IGN);
    RaiseDescriptorLimit();
    weir::fakes::Recorder recorder(settings.record_file, settings.keep_requests);
    weir::fakes::Provider provider(settings.required_keys, recorder);
    weir::fakes::RunServer(settings.server, provider, recorder);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "weir-fake-provider: %s\n", error.what());
    return 1;
  }
}
