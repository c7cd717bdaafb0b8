// A reply as bytes and times: what the connection writes, when, and how it ends.
#ifndef WEIR_TESTS_FAKES_SCRIPT_H_
#define WEIR_TESTS_FAKES_SCRIPT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/fakes/reply.h"
#include "tests/fakes/scenario.h"

namespace weir::fakes {

enum class Ending {
  kKeepAlive,
  kClose,
  kReset,  // a TCP reset instead of an orderly end
  kSilent  // nothing is written; the connection stays until the peer closes it
};

struct Step {
  std::string bytes;         // one write
  std::int64_t wait_ms = 0;  // before it
};

// Immutable once built; one script may be played on many connections at once.
struct Script {
  std::string head;               // without its last line end, so that a request id can follow
  std::string request_id_header;  // empty: none is added
  std::int64_t head_wait_ms = 0;
  std::vector<Step> steps;
  Ending ending = Ending::kKeepAlive;
  bool truncated = false;     // the answer ends before it is whole
  bool byte_by_byte = false;  // every byte is a write of its own
  int status = 200;
};

struct ConnectionTraits {
  bool keep_alive = true;
  bool http11 = true;  // HTTP/1.0 knows no chunks
};

// Frames `reply` as `scenario` asks. Pure.
Script BuildScript(const Reply& reply, const Scenario& scenario, ConnectionTraits connection);

// The script that writes bytes which are not HTTP and closes, and the one that never answers.
Script GarbageScript();
Script SilentScript();

}  // namespace weir::fakes

#endif  // WEIR_TESTS_FAKES_SCRIPT_H_
