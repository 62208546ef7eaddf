// Each test confines a child process and lets it try. What goes wrong there comes back as text.
#include "base/os/confinement.h"

#include "base/core/format.h"
#include "base/os/clock.h"
#include "base/os/fault.h"
#include "base/os/file.h"
#include "base/os/interruption.h"
#include "base/os/memory_map.h"
#include "base/os/node.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <functional>

namespace mote::os {
namespace {

// What a child found wrong, a line each.
class Findings {
 public:
  explicit Findings(int to) : to_(to) {}
  void refused(const char* what, long result, int expected = EPERM) {
    if (result >= 0) return say(format("{}: not refused", what));
    if (errno != expected) say(format("{}: errno {}, not {}", what, errno, expected));
  }
  void works(const char* what, long result) {
    if (result < 0) say(format("{}: errno {}", what, errno));
  }
  void say(const std::string& line) { (void)!write(to_, (line + "\n").data(), line.size() + 1); }

 private:
  int to_;
};

std::string in_child(const Confinement& what, const std::function<void(Findings&)>& tries) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    Findings findings(ends[1]);
    if (const auto layers = confine(what); !layers) {
      findings.say(layers.error().message);
    } else {
      tries(findings);
    }
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t size; (size = read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(size));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) text += format("ended with status {:#x}\n", status);
  return text;
}

class KernelWall : public testing::Test {
 protected:
  void SetUp() override {
    const Layers layers = available_layers();
    if (!layers.calls.is_active) GTEST_SKIP() << "NO KERNEL WALL TESTED: seccomp: " << layers.calls.text;
    has_landlock = layers.paths.is_active;
    folder = *make_temporary_folder("confinement");
    granted = folder + "/granted", other = folder + "/other";
    for (const std::string& path : {granted, other}) {
      mkdir(path.c_str(), 0700);
      ASSERT_TRUE(write_file(path + "/file", {}));
    }
  }
  void TearDown() override {
    if (!folder.empty()) (void)!remove_folder(folder);
  }
  // The kernel's own second opinion on paths; loud where it cannot be had.
  void need_landlock() const {
    if (!has_landlock) GTEST_SKIP() << "NO PATHS TESTED: " << available_layers().paths.text;
  }

  bool has_landlock = false;
  std::string folder, granted, other;
};

TEST_F(KernelWall, WithoutFoldersNothingIsOpened) {
  EXPECT_EQ(in_child({},
                     [&](Findings& find) {
                       find.refused("openat", open((granted + "/file").c_str(), O_RDONLY));
                       find.refused("openat2", syscall(SYS_openat2, AT_FDCWD, "/", nullptr, 0));
                       find.refused("open", syscall(SYS_open, "/etc/passwd", O_RDONLY));
                       find.refused("stat", syscall(SYS_newfstatat, AT_FDCWD, "/etc/passwd", nullptr, 0));
                       find.refused("mkdir", mkdir((granted + "/new").c_str(), 0700));
                       find.refused("memfd_create", syscall(SYS_memfd_create, "x", 0));
                     }),
            "");
}

TEST_F(KernelWall, NoProgramNoProcessNoSocketNoOtherProcess) {
  const pid_t parent = getpid();
  EXPECT_EQ(in_child({{{folder, true, true, true}}},
                     [&](Findings& find) {
                       char* const arguments[] = {const_cast<char*>("/bin/true"), nullptr};
                       find.refused("execve", execv("/bin/true", arguments));
                       find.refused("execveat", syscall(SYS_execveat, AT_FDCWD, "/bin/true", arguments, nullptr, 0));
                       find.refused("fork", fork());
                       find.refused("vfork", syscall(SYS_vfork));
                       find.refused("clone3", syscall(SYS_clone3, nullptr, 0), ENOSYS);
                       find.refused("new user namespace",
                                    syscall(SYS_clone, CLONE_NEWUSER | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM, 0));
                       find.refused("unshare", syscall(SYS_unshare, CLONE_NEWUSER));
                       find.refused("socket", socket(AF_INET, SOCK_STREAM, 0));
                       find.refused("unix socket", socket(AF_UNIX, SOCK_STREAM, 0));
                       int pair[2];
                       find.refused("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
                       find.refused("ptrace", ptrace(PTRACE_TRACEME, 0, nullptr, nullptr));
                       find.refused("process_vm_readv", syscall(SYS_process_vm_readv, parent, nullptr, 0, nullptr, 0, 0));
                       find.refused("pidfd_open", syscall(SYS_pidfd_open, parent, 0));
                       find.refused("kill", kill(parent, 0));
                       find.refused("tgkill of another", syscall(SYS_tgkill, parent, parent, 0));
                       find.refused("io_uring_setup", syscall(SYS_io_uring_setup, 1, nullptr));
                       find.refused("bpf", syscall(SYS_bpf, 0, nullptr, 0));
                       find.refused("mount", syscall(SYS_mount, "a", "b", "c", 0, nullptr));
                       find.refused("chroot", chroot("/"));
                       find.refused("keyctl", syscall(SYS_keyctl, 0));
                       find.refused("setrlimit", syscall(SYS_prlimit64, 0, RLIMIT_CORE, &pair, nullptr));
                       find.refused("ioctl TIOCSTI", ioctl(0, TIOCSTI, "x"));
                       find.refused("fcntl F_SETOWN", fcntl(0, F_SETOWN, parent));
                       find.refused("personality", syscall(SYS_personality, 0xffffffff));
                       find.refused("another numbering", syscall(0x40000000 | SYS_getpid), ENOSYS);
                       find.refused("an unknown call", syscall(460), ENOSYS);
                     }),
            "");
}

TEST_F(KernelWall, NoNewExecutableMemory) {
  EXPECT_EQ(in_child({},
                     [](Findings& find) {
                       constexpr int anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
                       void* const page = mmap(nullptr, page_size, PROT_READ | PROT_WRITE, anonymous, -1, 0);
                       find.works("mmap", page == MAP_FAILED ? -1 : 0);
                       find.works("mprotect", mprotect(page, page_size, PROT_READ));
                       find.refused("mprotect, executable", mprotect(page, page_size, PROT_READ | PROT_EXEC));
                       find.refused("pkey_mprotect", syscall(SYS_pkey_mprotect, page, page_size, PROT_READ | PROT_EXEC, -1));
                       void* const code = mmap(nullptr, page_size, PROT_READ | PROT_EXEC, anonymous, -1, 0);
                       find.refused("mmap, executable", code == MAP_FAILED ? -1 : 0);
                     }),
            "");
}

TEST_F(KernelWall, AnotherArchitecturesCallEndsTheProcess) {
  // getpid, numbered as a 32-bit program would.
  const std::string text = in_child({}, [](Findings& find) {
    long result = 20;
    asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    find.say(format("answered {}", result));
  });
  // A kernel without 32-bit programs ends it by a fault.
  EXPECT_TRUE(text == "ended with status 0x1f\n" || text == "ended with status 0x9f\n" || text == "ended with status 0xb\n" ||
              text == "ended with status 0x8b\n")
      << text;
}

TEST_F(KernelWall, AGrantedFolderWorksWhole) {
  const File above(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_EQ(in_child({{{granted, true, true, true}}},
                     [&](Findings& find) {
                       const int root = open(granted.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
                       find.works("open", root);
                       const auto file = open_in(root, "new", opening::read | opening::write | opening::create);
                       if (!file) return find.say("create");
                       const uint8_t bytes[] = {1, 2, 3};
                       MutableBytes piece(const_cast<uint8_t*>(bytes), sizeof bytes);
                       if (!write_pieces(file->descriptor(), {&piece, 1}, 0)) find.say("pwritev");
                       if (!read_pieces(file->descriptor(), {&piece, 1}, 1)) find.say("preadv");
                       if (!set_size(file->descriptor(), 10)) find.say("ftruncate");
                       if (!allocate(file->descriptor(), 0, 20)) find.say("fallocate");
                       if (!advise(file->descriptor(), 0, 20, Advice::sequential)) find.say("fadvise");
                       if (!flush(file->descriptor(), Flush::everything)) find.say("fsync");
                       if (!flush(file->descriptor(), Flush::data)) find.say("fdatasync");
                       if (!set_appending(file->descriptor(), true)) find.say("fcntl");
                       if (!seek(file->descriptor(), 0, SeekFrom::end)) find.say("lseek");
                       if (!status(file->descriptor())) find.say("fstat");
                       if (!file_system_kind(root)) find.say("fstatfs");
                       if (!set_times(file->descriptor(), {NewTime::Kind::now}, {})) find.say("utimensat");
                       if (!make_folder_in(root, "sub")) find.say("mkdirat");
                       if (!link_in(root, "new", root, "sub/hard")) find.say("linkat");
                       if (!make_link_in("new", root, "soft")) find.say("symlinkat");
                       if (!link_target(root, "soft")) find.say("readlinkat");
                       if (!rename_in(root, "new", root, "sub/moved")) find.say("renameat");
                       if (!unlink_in(root, "sub/moved") || !unlink_in(root, "sub/hard")) find.say("unlinkat");
                       if (!remove_folder_in(root, "sub")) find.say("rmdir");
                       const auto beneath = open_beneath(root, "file", opening::read);
                       if (!beneath && beneath.error() != ENOSYS) find.say(format("openat2: {}", beneath.error()));
                       uint8_t buffer[4096];
                       if (!list_entries(root, 0, buffer, [](const FolderEntry&) { return true; })) find.say("getdents64");
                     }),
            "");
}

TEST_F(KernelWall, OtherPathsAreClosedEvenThroughAnOpenFolder) {
  need_landlock();
  const File above(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_EQ(
      in_child({{{granted, true, true, true}}},
               [&](Findings& find) {
                 find.refused("/etc/passwd", open("/etc/passwd", O_RDONLY), EACCES);
                 find.refused("/proc/self/mem", open("/proc/self/mem", O_RDWR), EACCES);
                 find.refused("/dev/null", open("/dev/null", O_WRONLY), EACCES);
                 find.refused("the folder above", open(folder.c_str(), O_RDONLY | O_DIRECTORY), EACCES);
                 find.refused("beside, by an open folder", openat(above.descriptor(), "other/file", O_RDONLY), EACCES);
                 find.refused("through ..", open((granted + "/../other/file").c_str(), O_RDONLY), EACCES);
                 find.refused("create beside", openat(above.descriptor(), "new", O_WRONLY | O_CREAT, 0600), EACCES);
                 find.refused("remove beside", unlinkat(above.descriptor(), "other/file", 0), EACCES);
                 find.refused("make a folder beside", mkdirat(above.descriptor(), "new", 0700), EACCES);
                 find.refused("link out", linkat(above.descriptor(), "granted/file", above.descriptor(), "other/out", 0), EACCES);
                 find.refused("move in", renameat(above.descriptor(), "other/file", above.descriptor(), "granted/in"), EACCES);
               }),
      "");
}

TEST_F(KernelWall, RightsOfAFolderAreItsOwn) {
  need_landlock();
  const std::string file = granted + "/file";
  EXPECT_EQ(in_child({{{granted, true, false, false}}},
                     [&](Findings& find) {
                       find.works("read", open(file.c_str(), O_RDONLY));
                       find.refused("write", open(file.c_str(), O_WRONLY), EACCES);
                       find.refused("truncate", open(file.c_str(), O_RDONLY | O_TRUNC), EACCES);
                       find.refused("create", open((granted + "/new").c_str(), O_WRONLY | O_CREAT, 0600), EACCES);
                       find.refused("remove", unlink(file.c_str()), EPERM);
                     }),
            "");
  EXPECT_EQ(in_child({{{granted, true, true, false}, {other, true, true, true}}},
                     [&](Findings& find) {
                       find.works("write", open(file.c_str(), O_WRONLY));
                       find.works("truncate", open(file.c_str(), O_WRONLY | O_TRUNC));
                       find.refused("create", open((granted + "/new").c_str(), O_WRONLY | O_CREAT, 0600), EACCES);
                       find.refused("remove", unlinkat(AT_FDCWD, file.c_str(), 0), EACCES);
                       find.works("create elsewhere", open((other + "/new").c_str(), O_WRONLY | O_CREAT, 0600));
                       find.refused("a pipe", mknodat(AT_FDCWD, (other + "/pipe").c_str(), S_IFIFO, 0), EPERM);
                     }),
            "");
}

// The engine's own: memory, stops, faults, clocks, threads, streams.
TEST_F(KernelWall, WhatTheEngineNeedsWorks) {
  EXPECT_EQ(in_child({},
                     [](Findings& find) {
                       auto memory = Mapping::reserve(1 << 30);
                       if (!memory || !memory->protect(0, 1 << 20, Access::read_write)) find.say("reserve");
                       install_fault_handler([](Fault&) { return false; });
                       install_interruption_handler([](Interruption&) { return true; });
                       if (!provide_signal_stack()) find.say("signal stack");
                       interrupt(this_thread());
                       (void)bring_threads_into_line();
                       sleep_until_ns(Clock::monotonic, now_ns(Clock::monotonic) + 1000);
                       if (resolution_ns(Clock::thread_cpu) == 0) find.say("thread clock");
                       pthread_t thread;
                       const int error_number =
                           pthread_create(&thread, nullptr, [](void* argument) -> void* { return argument; }, nullptr);
                       if (error_number != 0) find.say(format("thread: {}", error_number));
                       if (error_number == 0) pthread_join(thread, nullptr);
                       int ends[2];
                       find.works("pipe2", pipe2(ends, O_CLOEXEC));
                       find.works("write", write(ends[1], "x", 1));
                       char byte;
                       find.works("read", read(ends[0], &byte, 1));
                       if (isatty(0) == 0 && errno == EPERM) find.say("isatty");
                       free(malloc(32 << 20));
                     }),
            "");
}

// A thread that is there already is under the filter too, and is told of as what Landlock misses.
TEST_F(KernelWall, CoversThreadsThatRun) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) {
    static int go[2];
    (void)!pipe2(go, O_CLOEXEC);
    pthread_t thread;
    pthread_create(
        &thread, nullptr,
        [](void*) -> void* {
          char byte;
          (void)!read(go[0], &byte, 1);
          return reinterpret_cast<void*>(socket(AF_INET, SOCK_STREAM, 0) < 0 ? 1l : 0l);
        },
        nullptr);
    const auto layers = confine({});
    (void)!write(go[1], "x", 1);
    void* was_refused = nullptr;
    pthread_join(thread, &was_refused);
    _exit(layers && !layers->paths.is_active && was_refused != nullptr ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

int tcp_socket(uint16_t* port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof address;
  if (port == nullptr) return descriptor;
  (void)!bind(descriptor, reinterpret_cast<sockaddr*>(&address), size);
  (void)!listen(descriptor, 1);
  (void)!getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  *port = ntohs(address.sin_port);
  return descriptor;
}

TEST_F(KernelWall, SocketsThatWereHandedInAreUsed) {
  uint16_t port = 0;
  const File listener(tcp_socket(&port)), client(tcp_socket(nullptr));
  sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  ASSERT_EQ(connect(client.descriptor(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(in_child({.has_sockets = true},
                     [&](Findings& find) {
                       const int accepted = accept4(listener.descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
                       find.works("accept4", accepted);
                       find.works("send", send(accepted, "x", 1, MSG_NOSIGNAL));
                       char byte;
                       find.works("recv", recv(client.descriptor(), &byte, 1, 0));
                       find.works("shutdown", shutdown(accepted, SHUT_RDWR));
                       find.refused("socket", socket(AF_INET, SOCK_STREAM, 0));
                     }),
            "");
  EXPECT_EQ(in_child({}, [&](Findings& find) { find.refused("accept4", accept4(listener.descriptor(), nullptr, nullptr, 0)); }),
            "");
}

TEST_F(KernelWall, PortsAreThoseThatAreNamed) {
  if (!available_layers().ports.is_active) GTEST_SKIP() << "NO PORTS TESTED: " << available_layers().ports.text;
  uint16_t port = 0, other_port = 0;
  const File listener(tcp_socket(&port)), other_listener(tcp_socket(&other_port));
  const auto at = [](uint16_t number) {
    return sockaddr_in{.sin_family = AF_INET, .sin_port = htons(number), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  };
  const sockaddr_in named = at(port), other_one = at(other_port), any = at(0);
  EXPECT_EQ(in_child({.tcp_connect = {{port, port}}, .makes_sockets = true},
                     [&](Findings& find) {
                       const int client = socket(AF_INET, SOCK_STREAM, 0);
                       find.works("socket", client);
                       find.refused("another port", connect(client, reinterpret_cast<const sockaddr*>(&other_one), sizeof any),
                                    EACCES);
                       find.refused("bind", bind(client, reinterpret_cast<const sockaddr*>(&any), sizeof any), EACCES);
                       find.works("connect", connect(client, reinterpret_cast<const sockaddr*>(&named), sizeof any));
                       find.refused("unix", socket(AF_UNIX, SOCK_STREAM, 0));
                       find.refused("netlink", socket(AF_NETLINK, SOCK_RAW, 0));
                     }),
            "");
  EXPECT_EQ(in_child({.tcp_listen = {{0, 0}}, .makes_sockets = true},
                     [&](Findings& find) {
                       const int server = socket(AF_INET, SOCK_STREAM, 0);
                       find.works("bind", bind(server, reinterpret_cast<const sockaddr*>(&any), sizeof any));
                       find.works("listen", listen(server, 1));
                     }),
            "");
}

TEST_F(KernelWall, SaysWhatItClosed) {
  need_landlock();
  const auto said = [](const Confinement& what) {
    const pid_t child = fork();
    if (child == 0) {
      const auto layers = confine(what);
      const bool wide = layers && !layers->ports.is_active && layers->ports.text.find("more than 1024") != std::string::npos;
      const bool exact = layers && layers->ports.text.find("2 to listen on, 1 to connect to") != std::string::npos;
      const bool others = layers && layers->privileges.is_active && layers->paths.is_active && layers->calls.is_active &&
                          layers->paths.text.find("1 folder") != std::string::npos;
      _exit(!others ? 9 : wide ? 1 : exact ? 2 : 3);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  };
  const bool has_ports = available_layers().ports.is_active;
  EXPECT_EQ(said({{{granted, true, false, false}}, {{8080, 8081}}, {{443, 443}}}), has_ports ? 2 : 3);
  EXPECT_EQ(said({{{granted, true, false, false}}, {{0, 65535}}, {{443, 443}}}), has_ports ? 1 : 3);
  // A folder that is not there is an error, not a wall with a hole.
  EXPECT_NE(in_child({{{folder + "/missing", true, true, true}}}, [](Findings&) {}).find("/missing"), std::string::npos);
}

}  // namespace
}  // namespace mote::os
