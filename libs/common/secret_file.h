// Whether a file that holds a secret is kept from others: what ReadSecretFile (settings.h) asks.
#pragma once

#include <sys/types.h>

#include <vector>

namespace weir {

// Who may read a file, and who we are.
struct FileRights {
  uid_t owner = 0;
  gid_t group = 0;
  mode_t mode = 0;
};
struct FileReader {
  uid_t user = 0;
  std::vector<gid_t> groups;
};

// Others than the reader may read or write it. A file of root's may be readable by a group of the
// reader's: Kubernetes gives secrets in no other way to one who is not root. What root gave to a
// group that the reader is not in, nobody meant for it; root itself, who runs a command with a
// service's settings, may read what it gave to the service's group.
bool IsOpenToOthers(const FileRights& file, const FileReader& reader);

}  // namespace weir
