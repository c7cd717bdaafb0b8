// Answers that describe themselves: the code that writes an answer is run once more, on nothing in
// particular, and says what it would have written. So what the contract says of an answer and the
// answer cannot drift.
//
// While a DescribeScope lives, the helpers that write values (TimeJson, CapJson, ListJson, …) give
// marked values, which hold a schema in place of what they stand for. Plain values stand for their
// type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace weir::admin {

// Whether this thread describes.
bool Describing();

class DescribeScope {
 public:
  DescribeScope();
  ~DescribeScope();
  DescribeScope(const DescribeScope&) = delete;
  DescribeScope& operator=(const DescribeScope&) = delete;

 private:
  const bool before_;
};

// A value that stands for whatever the JSON schema allows.
boost::json::value MarkedValue(boost::json::object schema);
// The schema of a value that was written while describing. An empty list or a null says nothing of
// what may be there: both come out as what they are, which the tests of the contract refuse.
boost::json::object SchemaOf(const boost::json::value& described);

// Each of these is `value` unless this thread describes.
//
// A part that has a name of its own in the contract.
boost::json::value Named(std::string_view name, boost::json::value value);
// A member that is not always there.
boost::json::value MaybeAbsent(boost::json::value value);
// A value that may be null. Give one that is not, when describing.
boost::json::value MaybeNull(boost::json::value value);
// One of the words.
boost::json::value OneWord(std::initializer_list<std::string_view> words, std::string_view word);
// Any JSON.
boost::json::value Anything(boost::json::value value);
// An object by names that nobody knows beforehand, each with a value like `example`.
boost::json::value ByName(boost::json::object object,
                          const std::function<boost::json::value()>& example);

// Empty text is null.
boost::json::value TextOrNull(std::string_view text);
// 0 is null.
boost::json::value IntegerOrNull(std::int64_t number);
// Null unless `present`.
template <class Make>
boost::json::value Where(bool present, Make make) {
  if (!present && !Describing()) return nullptr;
  return MaybeNull(make());
}

// The list of what `write` makes of each item.
template <class Items, class Write>
boost::json::array ListJson(const Items& items, Write write) {
  using Item = std::remove_cvref_t<decltype(*std::begin(items))>;
  boost::json::array array;
  if (Describing()) {
    array.push_back(write(Item()));
    return array;
  }
  array.reserve(static_cast<std::size_t>(std::distance(std::begin(items), std::end(items))));
  for (const auto& item : items) array.push_back(write(item));
  return array;
}

}  // namespace weir::admin
