// Run by the build: the published ranks (a line each: the token in base64, a space, its rank) as a
// RankTable.
//   make_rank_table IN OUT
#include <sodium.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "libs/common/log.h"
#include "services/relay/tokenizer/rank_table.h"

namespace {

// False = no line of such a file.
bool ReadLine(const std::string& line, std::vector<std::string>& tokens) {
  const std::size_t space = line.find(' ');
  if (space == std::string::npos) return false;
  if (line.substr(space + 1) != std::to_string(tokens.size())) return false;
  std::string token(space, '\0');
  std::size_t bytes = 0;
  const char* end = nullptr;
  const int status =
      sodium_base642bin(reinterpret_cast<unsigned char*>(token.data()), token.size(), line.data(),
                        space, nullptr, &bytes, &end, sodium_base64_VARIANT_ORIGINAL);
  if (status != 0 || end != line.data() + space) return false;
  token.resize(bytes);
  tokens.push_back(std::move(token));
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    weir::LogError("usage: make_rank_table IN OUT");
    return EXIT_FAILURE;
  }
  std::ifstream in(argv[1]);
  std::vector<std::string> tokens;
  std::string line;
  while (std::getline(in, line)) {
    if (ReadLine(line, tokens)) continue;
    weir::LogError("no token and its rank, in order",
                   {{"file", argv[1]}, {"line", static_cast<std::int64_t>(tokens.size() + 1)}});
    return EXIT_FAILURE;
  }
  std::ofstream out(argv[2], std::ios::binary);
  out << weir::relay::MakeRankTable(tokens);
  out.close();
  return !tokens.empty() && out.good() ? EXIT_SUCCESS : EXIT_FAILURE;
}
