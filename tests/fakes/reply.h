// An HTTP answer before it is framed (and before it is damaged on purpose).
#ifndef WEIR_TESTS_FAKES_REPLY_H_
#define WEIR_TESTS_FAKES_REPLY_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace weir::fakes {

using Headers = std::vector<std::pair<std::string, std::string>>;

// What the rate-limit headers say; -1 = as usual.
struct RateFigures {
  bool exhausted = false;  // nothing is left
  bool unified = false;    // a subscription's
  std::int64_t requests_left = -1;
  std::int64_t tokens_left = -1;
  std::int64_t reset_in_seconds = 60;

  std::string Left(std::int64_t asked, const char* usual) const {
    if (exhausted) return "0";
    return asked >= 0 ? std::to_string(asked) : usual;
  }
};

struct Reply {
  int status = 200;
  std::string content_type = "application/json";
  Headers headers;  // besides content-type and the framing ones
  bool is_stream = false;
  std::string body;                 // when it is no stream
  std::vector<std::string> events;  // when it is: whole SSE events, each with its blank line
};

}  // namespace weir::fakes

#endif  // WEIR_TESTS_FAKES_REPLY_H_
