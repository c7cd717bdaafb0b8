// What a body may look like, as the code that reads bodies says it: a BodyReader that is given one
// of these reads nothing and notes down what it would have read.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace weir::admin {

class BodySchema {
 public:
  // A field and what its value may be, as a JSON schema. Said twice, the last one counts.
  void Add(std::string_view name, boost::json::object schema);
  void Require(std::string_view name) { required_.emplace(name); }
  // Objects inside: one, or a list of them; both may be null. Live as long as this.
  BodySchema& Object(std::string_view name);
  BodySchema& Objects(std::string_view name);

  // The whole as a JSON schema: fields that are not in it are errors.
  boost::json::object ToJson() const;

 private:
  struct Field {
    boost::json::object schema;
    std::unique_ptr<BodySchema> inner;
    bool is_list = false;
  };
  BodySchema& Inner(std::string_view name, bool is_list);

  std::map<std::string, Field, std::less<>> fields_;
  std::set<std::string, std::less<>> required_;
};

}  // namespace weir::admin
