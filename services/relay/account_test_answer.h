// The answer to a test of one account, as it comes: what the model says, what was used, how it
// ended. No I/O.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "services/relay/account_test_plan.h"
#include "services/relay/metering/answer_meter.h"

namespace weir::v1 {
class AccountTestResult;
}

namespace weir::relay {

class AccountTestAnswer final : public AnswerSink {
 public:
  // More of a model's words than this is not waited for; nor is more of an answer or event held.
  static constexpr std::size_t kTextBytesMax = std::size_t{64} * 1024;
  static constexpr std::size_t kHeldBytesMax = std::size_t{1024} * 1024;

  // `plan` must outlive it. `on_text` gets each piece, decoded.
  AccountTestAnswer(const AccountTestPlan& plan, bool is_stream,
                    std::function<void(std::string_view)> on_text);

  // The next bytes; false: nothing more is needed, or it is not what the dialect says.
  bool Feed(std::string_view bytes);
  // The upstream has finished; or it broke off.
  void End(bool whole);

  // Into the result: model, stop, usage; and a reason, when it is no whole and good answer. The
  // reason: a word of libs/common/reason.h, empty = good.
  std::string_view Report(v1::AccountTestResult& result) const;

  // What was used up to here.
  TokenCounts tokens() const { return meter_.Tokens(plan_.estimated_input_tokens); }
  UsageSource source() const { return meter_.source(); }

  void On(const AnswerEvent& event) override;

 private:
  bool FeedEvents();

  const AccountTestPlan& plan_;
  const bool is_stream_;
  const std::function<void(std::string_view)> on_text_;
  AnswerMeter meter_;
  std::unique_ptr<AnswerReader> reader_;
  std::string held_;  // of an event that is not whole, or of the whole answer
  std::size_t text_bytes_ = 0;
  bool readable_ = true;
  bool is_cut_ = false;
  bool is_too_long_ = false;
  std::string served_model_;
  std::string stop_;
  std::string error_;  // as the upstream tells it
};

}  // namespace weir::relay
