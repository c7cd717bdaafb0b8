// Decides the answer to a request: routes, checks, scenario, script. No I/O.
#ifndef WEIR_TESTS_FAKES_PROVIDER_H_
#define WEIR_TESTS_FAKES_PROVIDER_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/fakes/http_request.h"
#include "tests/fakes/model_request.h"
#include "tests/fakes/recorder.h"
#include "tests/fakes/replies.h"
#include "tests/fakes/script.h"

namespace weir::fakes {

struct Decision {
  std::shared_ptr<const Script> script;
  std::string scenario;  // the tokens that led to it, for the record
  bool recorded = true;  // false for the fake's own pages below /__fake/ and /health
};

// Thread-safe. `recorder` must remain live while the Provider is in use.
class Provider {
 public:
  // With `required_keys` any other credential is answered 401; empty: every credential is good.
  Provider(std::vector<std::string> required_keys, Recorder& recorder);

  Decision Decide(const HttpRequest& request);

 private:
  struct Cached {
    std::string key;
    std::string body;
    Decision decision;
    std::chrono::steady_clock::time_point made_at;
  };

  Decision DecideControl(const HttpRequest& request);
  Decision DecideModels(const HttpRequest& request);
  Decision DecideModelCall(const HttpRequest& request, Endpoint endpoint);
  Decision DecideFresh(const HttpRequest& request, Endpoint endpoint, const std::string& key_tokens,
                       bool& may_cache);
  Decision Refuse(const HttpRequest& request, Protocol protocol, const Scenario& scenario,
                  std::string message, std::string_view code = {});
  bool KeyIsGood(const HttpRequest& request) const;
  // Counts a request against `first=N`; true when it is one of the N.
  bool StillFails(const std::string& counter, std::int64_t first);

  const std::vector<std::string> required_keys_;
  Recorder& recorder_;
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Cached> cache_;
  std::map<std::string, std::int64_t> failures_;
};

}  // namespace weir::fakes

#endif  // WEIR_TESTS_FAKES_PROVIDER_H_
