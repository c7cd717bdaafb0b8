#include "tests/bench/load_program.h"

#include <cstdio>
#include <string>

namespace weir::bench {

int RunProgram(const char* name, Settings settings, absl::Status (*run)(const Settings&), int argc,
               char** argv) {
  absl::Status status = settings.Load(argc, argv);
  if (status.ok() && settings.wants_text()) {
    std::fputs(settings.text().c_str(), stdout);
    return 0;
  }
  if (status.ok()) status = run(settings);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s: %s\n", name, std::string(status.message()).c_str());
  return 2;
}

}  // namespace weir::bench
