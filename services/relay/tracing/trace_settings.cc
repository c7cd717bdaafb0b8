#include "services/relay/tracing/trace_settings.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>

#include "libs/common/cost.h"
#include "libs/common/text.h"
#include "libs/common/upstream_url.h"

namespace weir::relay {
namespace {

using Kind = SettingKind;
using Headers = std::vector<std::pair<std::string, Secret>>;

// As gRPC has them; its own begin with "grpc-", and "-bin" at the end means bytes.
bool IsHeaderName(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), fits) &&
         !name.starts_with("grpc-") && !name.ends_with("-bin");
}

bool IsHeaderValue(std::string_view value) {
  return !value.empty() &&
         std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

absl::StatusOr<std::string> ReadAuthorities(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  if (!file) return absl::NotFoundError(StrCat("trace_ca_file: cannot read '", path, "'"));
  return content.str();
}

}  // namespace

std::vector<Setting> TraceSettings() {
  return {
      {"trace_endpoint", Kind::kText, "",
       "OpenTelemetry collector that each request's spans are sent to by OTLP/gRPC, as in "
       "http://collector:4317 or https://…; empty = none are made."},
      {"trace_ca_file", Kind::kText, "",
       "Authorities that its certificate is checked against, PEM; empty = the system's."},
      {"trace_headers_file", Kind::kText, "",
       "File with a header name=value a line for each call, such as a vendor's key (mode 0600)."},
      {"trace_sample_ppm", Kind::kInteger, "1000000",
       "Of a million requests whose client sends no traceparent, so many are traced; for the "
       "others "
       "their client decides.",
       0, kPpmOne},
      {"trace_queue_requests", Kind::kInteger, "8192",
       "Requests whose spans wait to be sent; beyond them spans are dropped and counted "
       "(weir_relay_trace_spans_dropped_total).",
       1, 1 << 20},
      {"trace_propagate_to", Kind::kText, "",
       "Hosts of upstreams that get traceparent and tracestate, separated by commas: gpu.internal, "
       "*.internal (those below it), * (all); empty = none."},
  };
}

absl::StatusOr<TracePolicy> LoadTracePolicy(const Settings& settings) {
  auto hosts = HostList::Parse(settings.Text("trace_propagate_to"));
  if (!hosts.ok()) {
    return absl::InvalidArgumentError(
        StrCat("trace_propagate_to: ", View(hosts.status().message())));
  }
  TracePolicy policy;
  policy.exported = !settings.Text("trace_endpoint").empty();
  policy.sample_ppm = settings.Integer("trace_sample_ppm");
  policy.propagate_to = *std::move(hosts);
  return policy;
}

absl::StatusOr<std::optional<TraceCollector>> LoadTraceCollector(const Settings& settings) {
  const std::string& endpoint = settings.Text("trace_endpoint");
  if (endpoint.empty()) return std::optional<TraceCollector>();
  const absl::StatusOr<UpstreamUrl> url = ParseUpstreamUrl(endpoint);
  if (!url.ok()) {
    return absl::InvalidArgumentError(StrCat("trace_endpoint: ", View(url.status().message())));
  }
  if (!url->base_path.empty()) {
    return absl::InvalidArgumentError(
        "trace_endpoint has a path, which OTLP over gRPC does not know; leave it out (the port is "
        "usually 4317)");
  }
  TraceCollector collector;
  const bool is_address = url->host.find(':') != std::string::npos;
  collector.target =
      is_address ? StrCat("[", url->host, "]:", url->port) : StrCat(url->host, ":", url->port);
  collector.tls = url->tls;
  collector.queue_requests = static_cast<std::size_t>(settings.Integer("trace_queue_requests"));
  if (const std::string& path = settings.Text("trace_ca_file"); !path.empty()) {
    absl::StatusOr<std::string> pem = ReadAuthorities(path);
    if (!pem.ok()) return pem.status();
    collector.ca_pem = *std::move(pem);
  }
  if (const std::string& path = settings.Text("trace_headers_file"); !path.empty()) {
    const absl::StatusOr<Secret> text = ReadSecretFile(path);
    if (!text.ok()) return text.status();
    absl::StatusOr<Headers> headers = ParseTraceHeaders(*text);
    if (!headers.ok()) return headers.status();
    collector.headers = *std::move(headers);
  }
  return std::optional<TraceCollector>(std::move(collector));
}

absl::StatusOr<Headers> ParseTraceHeaders(const Secret& text) {
  Headers headers;
  std::size_t number = 0;
  for (const std::string_view piece : Split(text.Reveal(), '\n')) {
    ++number;
    const std::string_view line = StripSpace(piece);
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t equals = std::min(line.find('='), line.size());
    const std::string_view name = StripSpace(line.substr(0, equals));
    const std::string_view value =
        equals == line.size() ? std::string_view() : StripSpace(line.substr(equals + 1));
    if (!IsHeaderName(name) || !IsHeaderValue(value)) {
      return absl::InvalidArgumentError(
          StrCat("trace_headers_file, line ", number,
                 ": a header is name=value, its name of lower-case letters, digits, - _ ., its "
                 "value of printable ASCII"));
    }
    headers.emplace_back(std::string(name), Secret(std::string(value)));
  }
  return headers;
}

}  // namespace weir::relay
