#include "services/relay/metering/usage_form.h"

#include <cstddef>

namespace weir::relay {
namespace {

constexpr std::array kRows = {
    UsageFormRow{UsageForm::kText, OutputEstimate::kTextBytes, false, false, {}},
    UsageFormRow{UsageForm::kEmbeddings, OutputEstimate::kNothing, true, false, {}},
    UsageFormRow{UsageForm::kImages,
                 OutputEstimate::kPictures,
                 false,
                 false,
                 {R"("image_generation.completed")", R"("image_edit.completed")"}},
    UsageFormRow{UsageForm::kTranscript,
                 OutputEstimate::kNothing,
                 false,
                 true,
                 {R"("transcript.text.done")", {}}},
    UsageFormRow{
        UsageForm::kSpeech, OutputEstimate::kSpoken, false, true, {R"("speech.audio.done")", {}}},
};

constexpr bool InOrder() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].form) != i) return false;
  }
  return true;
}
static_assert(InOrder(), "a row's place is its form's number");

}  // namespace

const UsageFormRow& RowOf(UsageForm form) { return kRows[static_cast<std::size_t>(form)]; }

}  // namespace weir::relay
