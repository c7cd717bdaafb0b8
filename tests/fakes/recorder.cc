#include "tests/fakes/recorder.h"

#include <chrono>
#include <stdexcept>
#include <utility>

#include <boost/json.hpp>

namespace weir::fakes {
namespace {

namespace json = boost::json;

constexpr std::size_t kRecentMax = 1000;
constexpr std::size_t kPathsMax = 1000;  // a fuzzer must not fill the memory with its paths

const char* NameOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kComplete:
      return "complete";
    case Outcome::kCut:
      return "cut";
    case Outcome::kClientGone:
      return "client_gone";
    case Outcome::kOpen:
      break;
  }
  return "open";
}

// JSON text must be UTF-8; bytes of a request that are not ASCII or UTF-8 are shown as '?'.
std::string Printable(std::string_view text) {
  std::string clean(text);
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return clean;
}

bool IsUtf8(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const bool plain = static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\';
    quoted += plain ? c : ' ';
  }
  quoted += '"';
  json::error_code error;
  json::parse(quoted, error);
  return !error;
}

json::string Text(std::string_view text) {
  const std::string shown = IsUtf8(text) ? std::string(text) : Printable(text);
  return json::string(shown.data(), shown.size());
}

json::object ToJson(const Exchange& exchange) {
  json::array headers;
  for (const auto& [name, value] : exchange.request.headers) {
    headers.push_back(json::array{Text(name), Text(value)});
  }
  return {{"seq", exchange.seq},
          {"at", exchange.at_seconds},
          {"method", Text(exchange.request.method)},
          {"path", Text(exchange.request.target)},
          {"headers", headers},
          {"body", Text(exchange.request.body)},
          {"scenario", Text(exchange.scenario)},
          {"status", exchange.status},
          {"bytes", exchange.bytes_sent},
          {"outcome", NameOf(exchange.outcome)}};
}

}  // namespace

Recorder::Recorder(const std::string& path, bool keep_requests) : keep_requests_(keep_requests) {
  if (path.empty()) return;
  file_ = std::fopen(path.c_str(), "w");
  if (file_ == nullptr) throw std::runtime_error("cannot write the record file " + path);
}

Recorder::~Recorder() {
  if (file_ != nullptr) std::fclose(file_);
}

std::shared_ptr<Exchange> Recorder::Begin(std::uint64_t seq, HttpRequest&& request,
                                          std::string scenario) {
  const std::lock_guard lock(mutex_);
  const std::string path(request.Path());
  if (by_path_.size() < kPathsMax || by_path_.contains(path)) ++by_path_[path];
  if (!keep_requests_) return nullptr;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  auto exchange = std::make_shared<Exchange>();
  exchange->seq = seq;
  exchange->at_seconds = std::chrono::duration<double>(now).count();
  exchange->request = std::move(request);
  exchange->scenario = std::move(scenario);
  recent_.push_back(exchange);
  if (recent_.size() > kRecentMax) recent_.pop_front();
  return exchange;
}

void Recorder::Finish(const std::shared_ptr<Exchange>& exchange, int status,
                      std::uint64_t bytes_sent, Outcome outcome) {
  const std::lock_guard lock(mutex_);
  ++by_status_[status];
  ++by_outcome_[outcome];
  if (exchange == nullptr) return;
  exchange->status = status;
  exchange->bytes_sent = bytes_sent;
  exchange->outcome = outcome;
  if (file_ == nullptr) return;
  const std::string line = json::serialize(ToJson(*exchange)) + "\n";
  std::fwrite(line.data(), 1, line.size(), file_);
  std::fflush(file_);
}

std::string Recorder::RequestsJson() const {
  const std::lock_guard lock(mutex_);
  json::array requests;
  for (const auto& exchange : recent_) requests.push_back(ToJson(*exchange));
  return json::serialize(requests);
}

std::string Recorder::StatsJson() const {
  const std::lock_guard lock(mutex_);
  json::object paths;
  std::int64_t requests = 0;
  for (const auto& [path, count] : by_path_) {
    paths[json::string(Text(path))] = count;
    requests += count;
  }
  json::object statuses;
  for (const auto& [status, count] : by_status_) statuses[std::to_string(status)] = count;
  json::object stats = {{"requests", requests},
                        {"connections_open", connections_open_.load()},
                        {"connections_total", connections_total_.load()},
                        {"by_path", paths},
                        {"by_status", statuses}};
  std::int64_t finished = 0;
  for (const Outcome outcome : {Outcome::kComplete, Outcome::kCut, Outcome::kClientGone}) {
    const auto found = by_outcome_.find(outcome);
    const std::int64_t count = found == by_outcome_.end() ? 0 : found->second;
    stats[NameOf(outcome)] = count;
    finished += count;
  }
  stats["open"] = requests - finished;
  return json::serialize(stats);
}

void Recorder::Reset() {
  const std::lock_guard lock(mutex_);
  recent_.clear();
  by_path_.clear();
  by_status_.clear();
  by_outcome_.clear();
}

}  // namespace weir::fakes
