// weir-load: see kLoadHelp in load_options.cc.
#include <sys/resource.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "tests/bench/load_options.h"
#include "tests/bench/load_run.h"

int main(int argc, char** argv) {
  try {
    const auto options =
        weir::bench::ReadLoadOptions(std::vector<std::string>(argv + 1, argv + argc));
    if (options.help) {
      std::fputs(weir::bench::kLoadHelp, stdout);
      return 0;
    }
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
      limit.rlim_cur = limit.rlim_max;
      setrlimit(RLIMIT_NOFILE, &limit);
    }
    weir::bench::LoadResult result = weir::bench::RunLoad(options);
    std::puts(weir::bench::ToJson(result).c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "weir-load: %s\n", error.what());
    return 2;
  }
}
