#include "services/relay/snapshot/watch_messages.h"

#include "libs/common/utf8.h"
#include "weir/v1/snapshot.pb.h"

namespace weir::relay {
namespace {

constexpr std::size_t kReasonBytesMax = 512;

v1::AccountObservation::Signal SignalOf(AccountSignal signal) {
  switch (signal) {
    case AccountSignal::kRateLimited:
      return v1::AccountObservation::SIGNAL_RATE_LIMITED;
    case AccountSignal::kOverloaded:
      return v1::AccountObservation::SIGNAL_OVERLOADED;
    case AccountSignal::kCredentialRejected:
      return v1::AccountObservation::SIGNAL_CREDENTIAL_REJECTED;
    case AccountSignal::kRecovered:
      return v1::AccountObservation::SIGNAL_RECOVERED;
    case AccountSignal::kQuotaExhausted:
      return v1::AccountObservation::SIGNAL_QUOTA_EXHAUSTED;
    case AccountSignal::kModelRefused:
      return v1::AccountObservation::SIGNAL_MODEL_REFUSED;
  }
  return v1::AccountObservation::SIGNAL_UNSPECIFIED;
}

}  // namespace

std::string ObservationMessage(const AccountObservation& in) {
  v1::WatchRequest request;
  v1::AccountObservation& out = *request.mutable_observation();
  out.set_account_id(in.account_id);
  out.set_signal(SignalOf(in.signal));
  out.set_observed_at_unix_ms(in.observed_at_unix_ms);
  out.set_cooldown_until_unix_ms(in.cooldown_until_unix_ms);
  out.set_http_status(in.http_status);
  out.set_reason(ValidUtf8(std::string_view(in.reason).substr(0, kReasonBytesMax)));
  out.set_request_id(ValidUtf8(in.request_id));
  out.set_model(ValidUtf8(in.model));
  return request.SerializeAsString();
}

std::string AckMessage(std::uint64_t revision) {
  v1::WatchRequest request;
  request.mutable_ack()->set_revision(revision);
  return request.SerializeAsString();
}

std::string NackMessage(std::uint64_t revision, std::string_view reason) {
  v1::WatchRequest request;
  request.mutable_nack()->set_revision(revision);
  request.mutable_nack()->set_reason(std::string(reason));
  return request.SerializeAsString();
}

}  // namespace weir::relay
