// A request's head, kept as it came.
#ifndef WEIR_TESTS_FAKES_HTTP_REQUEST_H_
#define WEIR_TESTS_FAKES_HTTP_REQUEST_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::fakes {

struct HttpRequest {
  std::string method;
  std::string target;  // as sent, with its query
  bool http11 = true;
  std::vector<std::pair<std::string, std::string>> headers;  // in wire order and case
  std::string body;
  // Framing, read from the headers.
  std::size_t content_length = 0;
  bool chunked = false;
  bool keep_alive = true;
  bool expects_continue = false;

  // The value of the first header of that name (any case); empty when there is none.
  std::string_view Header(std::string_view name) const;
  std::string_view Path() const;  // without the query
};

// Reads a head that ends with its blank line. Returns false when it is not an HTTP/1.x head.
bool ParseHead(std::string_view head, HttpRequest& request);

// Takes whole chunks off the front of `input` and appends their payload to `body`.
enum class ChunkResult { kMore, kDone, kBad };
ChunkResult TakeChunks(std::string& input, std::string& body);

bool EqualsIgnoringCase(std::string_view left, std::string_view right);

}  // namespace weir::fakes

#endif  // WEIR_TESTS_FAKES_HTTP_REQUEST_H_
