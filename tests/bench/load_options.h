// The load generator's flags.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::bench {

struct LoadOptions {
  std::string host = "127.0.0.1";  // an address, only of this machine
  std::uint16_t port = 0;
  std::string path = "/";
  std::string request;  // head and body, ready to send
  bool stream = false;  // answers are event streams and must end with a terminal event
  int connections = 1;
  double pause_ms = 0;         // between an answer and the connection's next request
  double seconds = 0;          // stop asking after that long; 0: no limit
  std::int64_t requests = 0;   // stop after that many; 0: no limit
  int hold = 0;                // open that many connections, one request each, all held at once
  double ramp_seconds = 1;     // over which the held ones are opened
  double limit_seconds = 120;  // what has not ended by then is given up
  bool help = false;
};

extern const char* const kLoadHelp;

// Throws std::invalid_argument with a line for the user.
LoadOptions ReadLoadOptions(const std::vector<std::string>& arguments);

}  // namespace weir::bench
