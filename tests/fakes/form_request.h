// A multipart/form-data request, read as a provider's framework reads it: leniently.
#ifndef WEIR_TESTS_FAKES_FORM_REQUEST_H_
#define WEIR_TESTS_FAKES_FORM_REQUEST_H_

#include <string>
#include <string_view>

#include "tests/fakes/model_request.h"

namespace weir::fakes {

// Reads model, stream, n and response_format out of the form. Returns false with a sentence for the
// client in `problem` when it is no form, lacks a model, or has no file where one is needed.
bool ParseFormRequest(std::string_view content_type, std::string_view body, ModelRequest& request,
                      std::string& problem);

}  // namespace weir::fakes

#endif  // WEIR_TESTS_FAKES_FORM_REQUEST_H_
