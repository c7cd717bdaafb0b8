#include "services/relay/tracing/trace_exporter.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>

#include <google/protobuf/arena.h>
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include "libs/common/backoff.h"
#include "libs/common/clock.h"
#include "libs/common/log.h"
#include "libs/common/metrics.h"
#include "libs/common/text.h"
#include "libs/common/thread.h"
#include "libs/common/version.h"
#include "opentelemetry/trace_service.grpc.pb.h"
#include "services/relay/tracing/span_message.h"
#include "services/relay/tracing/trace_queue.h"

namespace weir::relay {
namespace {

namespace otlp = opentelemetry::proto::collector::trace::v1;

constexpr std::int64_t kNeverNs = std::numeric_limits<std::int64_t>::max();

std::shared_ptr<grpc::Channel> MakeCollectorChannel(const TraceCollector& collector) {
  constexpr int kReconnectMaxMs = 5'000;
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kReconnectMaxMs);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 250);
  // A proxy from the environment is for upstreams.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetUserAgentPrefix(StrCat("weir-relay/", kVersion));
  if (!collector.tls) {
    return grpc::CreateCustomChannel(collector.target, grpc::InsecureChannelCredentials(),
                                     arguments);
  }
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = collector.ca_pem;
  return grpc::CreateCustomChannel(collector.target, grpc::SslCredentials(options), arguments);
}

// What OTLP says may be tried again; ResourceExhausted only where a collector says when, which the
// pause below stands for.
bool IsWorthRetrying(grpc::StatusCode code) {
  switch (code) {
    case grpc::CANCELLED:
    case grpc::DEADLINE_EXCEEDED:
    case grpc::RESOURCE_EXHAUSTED:
    case grpc::ABORTED:
    case grpc::OUT_OF_RANGE:
    case grpc::UNAVAILABLE:
    case grpc::DATA_LOSS:
      return true;
    default:
      return false;
  }
}

std::size_t SpansOf(const TraceQueue::Batch& batch) {
  std::size_t spans = 0;
  for (const auto& trace : batch) spans += trace->spans();
  return spans;
}

prometheus::Counter& AddDropped(Metrics& metrics, std::string_view reason) {
  return metrics.AddCounter("weir_relay_trace_spans_dropped_total",
                            "Spans that the collector did not get.",
                            {{"reason", std::string(reason)}});
}

}  // namespace

class TraceExporter::Impl {
 public:
  Impl(TraceExporterOptions options, Metrics& metrics)
      : options_(std::move(options)),
        queue_(options_.collector.queue_requests, options_.batch_requests, options_.batch_spans),
        sent_(metrics.AddCounter("weir_relay_trace_spans_sent_total",
                                 "Spans that the collector has taken.")),
        no_room_(AddDropped(metrics, "queue_full")),
        unavailable_(AddDropped(metrics, "unavailable")),
        rejected_(AddDropped(metrics, "rejected")),
        backoff_(options_.pause_initial_ms, options_.pause_max_ms) {
    metrics.AddSampled(Metrics::SampledKind::kGauge, "weir_relay_trace_requests_waiting",
                       "Requests whose spans wait to be sent.", {},
                       [this] { return static_cast<double>(queue_.waiting()); });
  }

  void Start() {
    thread_ = std::thread([this] {
      NameBackgroundThread("traces");
      Run();
      over_.set_value();
    });
  }

  void Stop(std::int64_t timeout_ms) {
    if (!thread_.joinable()) return;
    stop_at_ns_.store(SteadyNs() + timeout_ms * kNsPerMs);
    queue_.Close();
    // A call that is under way has a longer deadline.
    if (over_.get_future().wait_for(std::chrono::milliseconds(timeout_ms)) !=
        std::future_status::ready) {
      const std::lock_guard<std::mutex> lock(call_mutex_);
      if (call_ != nullptr) call_->TryCancel();
    }
    thread_.join();
  }

  void Submit(std::unique_ptr<const FinishedTrace> trace) {
    const std::size_t spans = trace->spans();
    if (!queue_.Add(std::move(trace))) {
      Metrics::Increment(no_room_, static_cast<double>(spans));
    }
  }

 private:
  bool stopping() const { return stop_at_ns_.load() != kNeverNs; }

  void Run() {
    stub_ = otlp::TraceService::NewStub(MakeCollectorChannel(options_.collector));
    while (!stopping() || queue_.waiting() > 0) {
      const TraceQueue::Batch batch = queue_.Take(options_.batch_age_ms);
      if (!batch.empty()) SendBatch(batch);
    }
  }

  void SendBatch(const TraceQueue::Batch& batch) {
    google::protobuf::Arena arena;
    auto& request =
        *google::protobuf::Arena::CreateMessage<otlp::ExportTraceServiceRequest>(&arena);
    otlp::ResourceSpans& group = *request.add_resource_spans();
    WriteResource(options_.relay_id, group);
    otlp::ScopeSpans& scope = *group.add_scope_spans();
    scope.mutable_scope()->set_name("weir");
    scope.mutable_scope()->set_version(std::string(kVersion));
    for (const auto& trace : batch) WriteSpans(*trace, scope);
    HandOver(request, static_cast<double>(SpansOf(batch)));
  }

  // Until the collector has taken it, or will not, or the time for it is over.
  void HandOver(const otlp::ExportTraceServiceRequest& request, double spans) {
    const std::int64_t give_up_ns = SteadyNs() + options_.retry_ms * kNsPerMs;
    for (;;) {
      const std::int64_t end_ns = std::min(give_up_ns, stop_at_ns_.load());
      const std::int64_t left_ms = (end_ns - SteadyNs()) / kNsPerMs;
      if (left_ms <= 0) return Metrics::Increment(unavailable_, spans);
      otlp::ExportTraceServiceResponse response;
      const grpc::Status status = Call(request, std::min(left_ms, options_.call_ms), response);
      if (status.ok()) return NoteTaken(spans, response.partial_success());
      NoteFailure(status);
      if (!IsWorthRetrying(status.error_code())) return Metrics::Increment(rejected_, spans);
      const std::int64_t pause_ms = backoff_.NextDelayMs();
      if (stopping()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(std::min(pause_ms, left_ms)));
      } else {
        queue_.Pause(pause_ms);
      }
    }
  }

  grpc::Status Call(const otlp::ExportTraceServiceRequest& request, std::int64_t timeout_ms,
                    otlp::ExportTraceServiceResponse& response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(timeout_ms));
    for (const auto& [name, value] : options_.collector.headers) {
      context.AddMetadata(name, value.Reveal());
    }
    SetCall(&context);
    grpc::Status status = stub_->Export(&context, request, &response);
    SetCall(nullptr);
    return status;
  }

  void SetCall(grpc::ClientContext* call) {
    const std::lock_guard<std::mutex> lock(call_mutex_);
    call_ = call;
  }

  void NoteTaken(double spans, const otlp::ExportTracePartialSuccess& partial) {
    backoff_.Reset();
    const auto refused = std::clamp(static_cast<double>(partial.rejected_spans()), 0.0, spans);
    Metrics::Increment(sent_, spans - refused);
    if (refused > 0) {
      Metrics::Increment(rejected_, refused);
      LogWarning("the collector refused spans",
                 {{"spans", partial.rejected_spans()}, {"error", partial.error_message()}});
    }
    if (!std::exchange(away_, false)) return;
    LogInfo("the collector takes spans again", {{"target", options_.collector.target}});
  }

  // Once, until one is taken again.
  void NoteFailure(const grpc::Status& status) {
    if (std::exchange(away_, true)) return;
    LogWarning("the collector does not take spans; requests are served all the same",
               {{"target", options_.collector.target},
                {"code", static_cast<int>(status.error_code())},
                {"error", status.error_message()}});
  }

  const TraceExporterOptions options_;
  TraceQueue queue_;
  prometheus::Counter& sent_;
  prometheus::Counter& no_room_;
  prometheus::Counter& unavailable_;
  prometheus::Counter& rejected_;
  std::atomic<std::int64_t> stop_at_ns_{kNeverNs};
  std::promise<void> over_;  // of the thread
  std::mutex call_mutex_;
  grpc::ClientContext* call_ = nullptr;  // by call_mutex_; null: none is under way

  // The thread's own.
  Backoff backoff_;
  bool away_ = false;
  std::unique_ptr<otlp::TraceService::Stub> stub_;
  std::thread thread_;
};

TraceExporter::TraceExporter(TraceExporterOptions options, Metrics& metrics)
    : impl_(std::make_unique<Impl>(std::move(options), metrics)) {}

TraceExporter::~TraceExporter() { Stop(0); }

void TraceExporter::Start() { impl_->Start(); }
void TraceExporter::Stop(std::int64_t timeout_ms) { impl_->Stop(timeout_ms); }
void TraceExporter::Submit(std::unique_ptr<const FinishedTrace> trace) {
  impl_->Submit(std::move(trace));
}

}  // namespace weir::relay
