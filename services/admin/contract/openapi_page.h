// The contract for people: one page of plain HTML, without scripts.
#pragma once

#include <string>

#include <boost/json/object.hpp>

namespace weir::admin {

// Of a document as OpenApiDocument makes it.
std::string OpenApiPage(const boost::json::object& document);

}  // namespace weir::admin
