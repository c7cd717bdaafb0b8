// The calls of a stream: several may be open at once, each until its arguments are whole.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "services/relay/translate/openai_responses/item_events.h"
#include "services/relay/translate/openai_responses/stream_writer.h"

namespace weir::relay::openai_responses {
namespace {

using Kind = OutputItem::Kind;

constexpr std::string_view kSpace = " \t\r\n";

}  // namespace

void StreamWriter::OnCall(const AnswerEvent& event) {
  CloseText(/*cut_off=*/false);
  CloseCalls(/*all=*/false, /*cut_off=*/false);
  AddItem(MakeCall(context_, event));
  OpenCall& call = calls_.emplace_back();
  call.call = event.call;
  call.item = items_.size() - 1;
}

void StreamWriter::OnArguments(const AnswerEvent& event) {
  const auto call = std::find_if(calls_.begin(), calls_.end(), [&event](const OpenCall& open) {
    return open.call == event.call;
  });
  if (call == calls_.end()) {
    // Behind the end of its arguments: there is no place for it any more.
    failed_ = failed_ || event.text.find_first_not_of(kSpace) != std::string_view::npos;
    return;
  }
  call->balance.Feed(event.text);
  if (items_[call->item].kind == Kind::kCall) return WriteArguments(call->item, event.text);
  std::string said;
  const bool known = call->input.found();
  call->input.Feed(event.text, said);
  if (!call->input.found()) {
    Hold(call->whole, event.text);
  } else if (!known) {
    Forget(call->whole);  // it is what it should be
  }
  if (!said.empty()) WriteArguments(call->item, said);
}

void StreamWriter::WriteArguments(std::size_t item, std::string_view piece) {
  OpenFor(EventsOf(items_[item]).delta, item);
  StrAppend(out_, R"(,"delta":")", piece, "\"");
  Close();
  Hold(items_[item].text, piece);
}

void StreamWriter::CloseCall(OpenCall& call, bool cut_off) {
  OutputItem& item = items_[call.item];
  const ItemEvents& events = EventsOf(item);
  const bool no_text = item.kind == Kind::kTextCall && !call.input.found();
  if (no_text && !call.whole.empty()) WriteArguments(call.item, call.whole);
  OpenFor(events.done, call.item);
  if (item.kind == Kind::kCall) StrAppend(out_, R"(,"name":")", item.name, '"');
  StrAppend(out_, ",\"", events.done_text, "\":\"", item.text, '"');
  Close();
  Forget(call.whole);
  FinishItem(call.item, cut_off && !call.balance.closed());
}

void StreamWriter::CloseCalls(bool all, bool cut_off) {
  for (OpenCall& call : calls_) {
    if (all || call.balance.closed()) CloseCall(call, cut_off);
  }
  if (all) {
    calls_.clear();
  } else {
    std::erase_if(calls_, [](const OpenCall& call) { return call.balance.closed(); });
  }
}

}  // namespace weir::relay::openai_responses
