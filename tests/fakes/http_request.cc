#include "tests/fakes/http_request.h"

#include <algorithm>
#include <charconv>

namespace weir::fakes {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool ContainsIgnoringCase(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return Lower(a) == Lower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view TakeLine(std::string_view& head) {
  const std::size_t end = head.find("\r\n");
  const std::string_view line = head.substr(0, end);
  head.remove_prefix(end == std::string_view::npos ? head.size() : end + 2);
  return line;
}

bool ParseRequestLine(std::string_view line, HttpRequest& request) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return false;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  request.http11 = version == "HTTP/1.1";
  return request.http11 || version == "HTTP/1.0";
}

bool ReadFraming(HttpRequest& request) {
  const std::string_view connection = request.Header("connection");
  request.keep_alive = request.http11 ? !ContainsIgnoringCase(connection, "close")
                                      : ContainsIgnoringCase(connection, "keep-alive");
  request.chunked = EqualsIgnoringCase(request.Header("transfer-encoding"), "chunked");
  request.expects_continue = EqualsIgnoringCase(request.Header("expect"), "100-continue");
  const std::string_view length = request.Header("content-length");
  if (length.empty()) return true;
  const auto [end, error] =
      std::from_chars(length.data(), length.data() + length.size(), request.content_length);
  return error == std::errc() && end == length.data() + length.size();
}

}  // namespace

bool EqualsIgnoringCase(std::string_view left, std::string_view right) {
  return left.size() == right.size() && ContainsIgnoringCase(left, right);
}

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const auto& [known, value] : headers) {
    if (EqualsIgnoringCase(known, name)) return value;
  }
  return {};
}

std::string_view HttpRequest::Path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

bool ParseHead(std::string_view head, HttpRequest& request) {
  if (!ParseRequestLine(TakeLine(head), request)) return false;
  while (!head.empty()) {
    const std::string_view line = TakeLine(head);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return false;
    request.headers.emplace_back(line.substr(0, colon), Trim(line.substr(colon + 1)));
  }
  return ReadFraming(request);
}

ChunkResult TakeChunks(std::string& input, std::string& body) {
  std::size_t position = 0;
  ChunkResult result = ChunkResult::kMore;
  while (true) {
    const std::size_t line_end = input.find("\r\n", position);
    if (line_end == std::string::npos) break;
    std::size_t size = 0;
    const auto [end, error] =
        std::from_chars(input.data() + position, input.data() + line_end, size, 16);
    if (error != std::errc()) {
      result = ChunkResult::kBad;
      break;
    }
    if (size == 0) {
      // Trailers are skipped: the end is the first blank line after the last chunk's size.
      const std::size_t blank = input.find("\r\n\r\n", line_end);
      if (blank == std::string::npos) break;
      position = blank + 4;
      result = ChunkResult::kDone;
      break;
    }
    if (input.size() < line_end + 2 + size + 2) break;
    body.append(input, line_end + 2, size);
    position = line_end + 2 + size + 2;
  }
  input.erase(0, position);
  return result;
}

}  // namespace weir::fakes
