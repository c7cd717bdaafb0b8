// What the main() of a load program does.
#pragma once

#include "absl/status/status.h"

#include "libs/common/settings.h"

namespace weir::bench {

// Reads the flags into `settings`, prints the help when it is asked for, else calls `run`. The exit
// code: 0, or 2 with a line on stderr that begins with the program's name.
int RunProgram(const char* name, Settings settings, absl::Status (*run)(const Settings&), int argc,
               char** argv);

}  // namespace weir::bench
