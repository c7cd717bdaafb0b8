// What a thread is for: told to `top -H` and perf, and to the scheduler.
#pragma once

#include <string_view>

namespace weir {

// The calling thread's name; at most 15 characters of it are kept.
void NameThread(std::string_view name);

// The same for work that nobody waits for (sending usage on, writing it down): where it shares
// cores with traffic, traffic goes first. It still gets a quarter of a full core, so it does not
// fall behind for good. Threads that it starts inherit that.
void NameBackgroundThread(std::string_view name);

}  // namespace weir
