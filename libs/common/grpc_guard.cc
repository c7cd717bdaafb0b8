#include "libs/common/grpc_guard.h"

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <grpcpp/security/auth_metadata_processor.h>

#include "libs/common/clock.h"
#include "libs/common/grpc_roles.h"
#include "libs/common/log.h"
#include "libs/common/metrics.h"
#include "libs/common/text.h"

namespace weir {
namespace {

constexpr std::int64_t kLogEveryNs = 10'000'000'000;  // who is refused usually tries again at once

std::vector<std::string> DnsNames(const grpc::AuthContext& context) {
  std::vector<std::string> names;
  for (const grpc::string_ref& name : context.FindPropertyValues(GRPC_PEER_DNS_PROPERTY_NAME)) {
    names.emplace_back(name.data(), name.size());
  }
  return names;
}

class Guard final : public grpc::AuthMetadataProcessor {
 public:
  explicit Guard(Metrics& metrics)
      : refused_(metrics.AddCounter("weir_grpc_calls_refused_total",
                                    "Calls of services whose certificate has not the role that "
                                    "the method is for.")) {}

  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* context,
                       OutputMetadata* /*consumed*/, OutputMetadata* /*answer*/) override {
    const auto found = metadata.find(":path");
    const std::string_view path =
        found == metadata.end() ? std::string_view()
                                : std::string_view(found->second.data(), found->second.size());
    const absl::Status status = CheckCaller(path, DnsNames(*context));
    if (status.ok()) return grpc::Status::OK;
    Refused(status);
    return {static_cast<grpc::StatusCode>(status.code()), std::string(status.message())};
  }

 private:
  void Refused(const absl::Status& status) {
    Metrics::Increment(refused_);
    const std::int64_t now_ns = SteadyNs();
    std::int64_t next_ns = next_log_ns_.load();
    if (now_ns < next_ns || !next_log_ns_.compare_exchange_strong(next_ns, now_ns + kLogEveryNs)) {
      return;
    }
    LogWarning("refused a call of another service", {{"error", View(status.message())}});
  }

  prometheus::Counter& refused_;
  std::atomic<std::int64_t> next_log_ns_ = 0;
};

}  // namespace

std::shared_ptr<grpc::AuthMetadataProcessor> MakeGrpcGuard(Metrics& metrics) {
  return std::make_shared<Guard>(metrics);
}

}  // namespace weir
