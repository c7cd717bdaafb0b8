#include "tests/unit/support/postgres_server.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

#include "libs/common/sql/database.h"
#include "libs/common/text.h"

namespace weir::testing {
namespace {

constexpr char kPrograms[] = "/usr/lib/postgresql/15/bin";
constexpr int kStartTimeoutMs = 30000;
constexpr int kPollMs = 20;

struct User {
  bool change = false;  // only root has to
  uid_t uid = 0;
  gid_t gid = 0;
};

absl::StatusOr<User> UserToRunAs() {
  if (geteuid() != 0) return User{};
  for (const char* name : {"postgres", "nobody"}) {
    if (const passwd* entry = getpwnam(name)) return User{true, entry->pw_uid, entry->pw_gid};
  }
  return absl::NotFoundError("root cannot run PostgreSQL, and no user postgres or nobody exists");
}

// Between fork and exec only system calls are allowed: all else is made ready before.
[[noreturn]] void ExecAs(const User& user, const char* log, const std::vector<char*>& arguments) {
  const int output = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (output >= 0) {
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
  }
  if (user.change &&
      (setgroups(0, nullptr) != 0 || setgid(user.gid) != 0 || setuid(user.uid) != 0)) {
    _exit(126);
  }
  // After setuid, which clears it: the server ends even when the test is killed.
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  execv(arguments[0], arguments.data());
  _exit(127);
}

absl::StatusOr<pid_t> Spawn(const std::string& folder, std::vector<std::string> command) {
  absl::StatusOr<User> user = UserToRunAs();
  if (!user.ok()) return user.status();
  const std::string log = folder + "/log";
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) return absl::InternalError("fork failed");
  if (pid == 0) ExecAs(*user, log.c_str(), arguments);
  return pid;
}

std::string LogText(const std::string& folder) {
  std::ifstream file(folder + "/log");
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

absl::Status InitDb(const std::string& folder) {
  absl::StatusOr<pid_t> pid =
      Spawn(folder, {StrCat(kPrograms, "/initdb"), "--pgdata=" + folder + "/data",
                     "--username=weir", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8",
                     "--no-sync", "--no-instructions"});
  if (!pid.ok()) return pid.status();
  int status = 0;
  waitpid(*pid, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::InternalError("initdb failed: " + LogText(folder));
}

absl::StatusOr<std::string> MakeFolder() {
  std::string folder = "/tmp/weir-postgres-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return absl::InternalError("cannot make " + folder);
  absl::StatusOr<User> user = UserToRunAs();
  if (!user.ok()) return user.status();
  if (user->change && chown(folder.c_str(), user->uid, user->gid) != 0) {
    return absl::InternalError("cannot give " + folder + " to the user of PostgreSQL");
  }
  return folder;
}

}  // namespace

absl::StatusOr<PostgresServer*> PostgresServer::Shared() {
  static const absl::StatusOr<std::unique_ptr<PostgresServer>> server = Create();
  if (!server.ok()) return server.status();
  return server->get();
}

absl::StatusOr<std::unique_ptr<PostgresServer>> PostgresServer::Create() {
  if (access(StrCat(kPrograms, "/postgres").c_str(), X_OK) != 0) {
    return absl::NotFoundError(
        StrCat(kPrograms, "/postgres is missing: these tests need Debian's package postgresql-15"));
  }
  absl::StatusOr<std::string> folder = MakeFolder();
  if (!folder.ok()) return folder.status();
  std::unique_ptr<PostgresServer> server(new PostgresServer(*folder));
  if (absl::Status status = InitDb(*folder); !status.ok()) return status;
  if (absl::Status status = server->Start(); !status.ok()) return status;
  return server;
}

PostgresServer::~PostgresServer() {
  End(SIGQUIT);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

absl::Status PostgresServer::Start() {
  // Nothing of the tests outlives the machine, so nothing waits for the disk.
  absl::StatusOr<pid_t> pid =
      Spawn(folder_, {StrCat(kPrograms, "/postgres"), "-D", folder_ + "/data", "-c",
                      "listen_addresses=", "-c", "unix_socket_directories=" + folder_, "-c",
                      "fsync=off", "-c", "full_page_writes=off", "-c", "shared_buffers=32MB", "-c",
                      "max_connections=60"});
  if (!pid.ok()) return pid.status();
  pid_ = *pid;
  absl::Status status;
  for (int waited_ms = 0; waited_ms < kStartTimeoutMs; waited_ms += kPollMs) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
      return absl::InternalError("PostgreSQL ended at its start: " + LogText(folder_));
    }
    status = sql::OpenDatabase(Url("postgres"), 1).status();
    if (status.ok()) return status;
    std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
  }
  return absl::InternalError(
      StrCat("PostgreSQL does not answer: ", status.message(), "\n", LogText(folder_)));
}

void PostgresServer::Stop() { End(SIGINT); }

void PostgresServer::Crash() { End(SIGQUIT); }

void PostgresServer::End(int signal) {
  if (pid_ == 0) return;
  kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

absl::StatusOr<std::string> PostgresServer::NewDatabase() {
  const std::string name = StrCat("weir_", ++databases_);
  absl::StatusOr<std::unique_ptr<sql::Database>> server = sql::OpenDatabase(Url("template1"), 1);
  if (!server.ok()) return server.status();
  // CREATE DATABASE is not allowed in a transaction, and this interface knows nothing else: end the
  // one that it has begun.
  absl::Status created = (*server)->Transact([&](sql::Transaction& transaction) {
    for (const std::string& statement :
         {std::string("COMMIT"), "CREATE DATABASE " + name, std::string("BEGIN")}) {
      absl::StatusOr<sql::Result> result = transaction.Execute(statement);
      if (!result.ok()) return result.status();
    }
    return absl::OkStatus();
  });
  if (!created.ok()) return created;
  return Url(name);
}

std::string PostgresServer::Url(const std::string& database) const {
  return StrCat("postgresql:///", database, "?host=", folder_, "&user=weir");
}

}  // namespace weir::testing
