// The system calls that each request makes several of, by their numbers. libc's own are points of
// cancellation: in a process with threads each enables and disables that around the call, which is
// more than one per cent of a request. No thread of ours is ever cancelled. Results and errno are
// libc's; TSan and ASan do not look into these calls.
#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

namespace weir::relay {

// As recv(2) without flags.
inline ssize_t ReceiveCall(int fd, char* out, std::size_t size) {
  return ::syscall(SYS_recvfrom, fd, out, size, 0, nullptr, nullptr);
}

// As sendmsg(2); a connection that is gone is EPIPE, no signal.
inline ssize_t SendCall(int fd, const msghdr& message) {
  return ::syscall(SYS_sendmsg, fd, &message, MSG_NOSIGNAL);
}

// As epoll_wait(2), which not every architecture has.
inline int EpollWaitCall(int fd, epoll_event* events, int events_max, int timeout_ms) {
  constexpr std::size_t kKernelSignalSetBytes = 8;
  return static_cast<int>(::syscall(SYS_epoll_pwait, fd, events, events_max, timeout_ms, nullptr,
                                    kKernelSignalSetBytes));
}

}  // namespace weir::relay
