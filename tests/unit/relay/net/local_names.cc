// Names that end in .test, for the resolver under test: this getaddrinfo stands before the
// system's, which gets everything else.
//   two.test    127.0.0.2, then 127.0.0.1
//   slow.test   127.0.0.1, after 700 ms
//   none.test   does not exist
//   meta.test   169.254.169.254
//   mixed.test  169.254.169.254, then 127.0.0.1
//   *.test      127.0.0.1
#include <dlfcn.h>
#include <netdb.h>

#include <chrono>
#include <string_view>
#include <thread>

namespace {

using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

Function System() {
  static const auto function = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  return function;
}

}  // namespace

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  const std::string_view host = name == nullptr ? std::string_view() : std::string_view(name);
  const bool literal = hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0;
  if (literal || !host.ends_with(".test")) return System()(name, service, hints, found);
  if (host == "none.test") return EAI_NONAME;
  if (host == "slow.test") std::this_thread::sleep_for(std::chrono::milliseconds(700));
  addrinfo plain = *hints;
  plain.ai_flags |= AI_NUMERICHOST;
  if (host == "meta.test") return System()("169.254.169.254", service, &plain, found);
  const bool two = host == "two.test" || host == "mixed.test";
  if (!two) return System()("127.0.0.1", service, &plain, found);
  const char* first = host == "two.test" ? "127.0.0.2" : "169.254.169.254";
  const int result = System()(first, service, &plain, found);
  if (result != 0) return result;
  return System()("127.0.0.1", service, &plain, &(*found)->ai_next);
}
