// OpenAI Responses over one WebSocket, as text: a client's messages become bodies of
// POST /v1/responses. A client sends only what is new and names the response before; providers that
// are asked over HTTP need everything, so the turns are kept here and put together. No I/O.
//
// Source: the "WebSocket events" reference of OpenAI, and what Codex sends: response.create with
// previous_response_id or generate:false (to warm up), and response.processed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::relay {

struct ResponsesTurn {
  enum class Kind : std::uint8_t {
    kRequest,  // `body` is to be sent
    kWarmUp,   // nothing is to be generated: `response_id` stands for what was said so far
    kNothing,  // a message that needs no answer
  };
  Kind kind = Kind::kNothing;
  std::string body;
  std::string response_id;
};

// The conversation of one connection: what the response last made was made from, and what it said.
class ResponsesTurns {
 public:
  // What is remembered is at most `bytes_max`; a longer conversation is not: its client must send
  // everything again, as after a new connection.
  explicit ResponsesTurns(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // InvalidArgument: what is wrong with the message, for the client. A previous_response_id that is
  // not the last one here passes: a provider that stores responses may know it.
  absl::StatusOr<ResponsesTurn> Next(std::string_view message);

  // The data of each event of the answer.
  void NoteEvent(std::string_view data);

  std::size_t bytes() const { return input_.size() + asked_input_.size(); }

 private:
  const std::size_t bytes_max_;
  // Items as JSON, with commas between them.
  std::string response_id_;  // of the last response; empty = none to go on from
  std::string input_;        // what it was made from, and what it said
  std::string asked_input_;  // of the request under way
  std::int64_t warm_ups_ = 0;
};

}  // namespace weir::relay
