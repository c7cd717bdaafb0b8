// A value that cannot be printed by accident.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace weir {

// Holds a credential, token or key. Every way of printing it gives ***; only Reveal() tells, so
// that a search for "Reveal(" finds each place where a secret leaves its type. Wiped when
// destroyed.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      Wipe();
      value_ = other.value_;
    }
    return *this;
  }
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.Wipe(); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      Wipe();
      value_ = std::move(other.value_);
      other.Wipe();
    }
    return *this;
  }
  ~Secret() { Wipe(); }

  const std::string& Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

  friend std::ostream& operator<<(std::ostream& out, const Secret&) { return out << "***"; }

 private:
  void Wipe();

  std::string value_;
};

// Compares without telling by its time where two values differ.
bool SameSecret(std::string_view a, std::string_view b);

}  // namespace weir
