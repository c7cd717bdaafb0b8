// Forms with files in them (RFC 7578) as a gateway reads them: which model, and where its name
// stands. Strict, since a provider reads the form again: what two readers could read in two ways is
// refused. The files are never copied or looked into. No I/O.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "services/relay/dialects/body_edits.h"
#include "services/relay/dialects/request_scan.h"

namespace weir::relay {

struct FormFacts {
  RequestFacts facts;     // model, model_token (bare, without quotes; empty = by default), stream
  std::size_t files = 0;  // parts with a file name
  std::size_t file_bytes = 0;  // of all of them
  std::size_t text_bytes = 0;  // of all other parts
};

// `content_type` is the request's header. InvalidArgument says what is wrong: no boundary, a broken
// part, `model` twice or as a file, no model unless `default_model` stands for it.
absl::StatusOr<FormFacts> ScanForm(std::string_view content_type, std::string_view body,
                                   std::string_view default_model);

// The edits that make `upstream_model` the model of a form that was scanned; none when it is
// already.
std::vector<BodyEdit> PlanFormEdits(const RequestFacts& facts, std::string_view content_type,
                                    std::string_view upstream_model);

}  // namespace weir::relay
