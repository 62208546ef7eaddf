// An open-loop load generator for ./bench latency: POSTs one body to 127.0.0.1 at a constant rate, whatever the answers take, and
// counts each latency from the moment when its request was to be sent: one that waited because all connections wait for answers
// has waited (no coordinated omission).
//
//   load PORT PATH RATE SECONDS CONNECTIONS BODY_FILE
//
// One line of JSON: how many of each status, and latencies in microseconds to 0.8 %, without the first tenth of the time. It spins:
// give it a core of its own. Stands alone, as spawn.cpp does.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace {

uint64_t now_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "load: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

// 128 buckets for each power of two.
class Histogram {
 public:
  void record(uint64_t ns) {
    ++counts_[bucket(ns)], ++total_;
    longest_ = std::max(longest_, ns);
  }
  [[nodiscard]] uint64_t total() const { return total_; }
  [[nodiscard]] double quantile_us(double share) const {
    const auto wanted = static_cast<uint64_t>(share * static_cast<double>(total_));
    uint64_t seen = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > wanted) return static_cast<double>(std::min(end(i), longest_)) / 1e3;
    }
    return static_cast<double>(longest_) / 1e3;
  }
  [[nodiscard]] double longest_us() const { return static_cast<double>(longest_) / 1e3; }

 private:
  static constexpr unsigned bits = 7;
  static size_t bucket(uint64_t ns) {
    if (ns < 1u << bits) return ns;
    const unsigned power = 63 - static_cast<unsigned>(__builtin_clzll(ns));
    return (static_cast<size_t>(power - bits + 1) << bits) + ((ns >> (power - bits)) & ((1u << bits) - 1));
  }
  static uint64_t end(size_t bucket) {
    if (bucket < 1u << bits) return bucket + 1;
    const unsigned shift = static_cast<unsigned>(bucket >> bits) - 1;
    return ((bucket & ((1u << bits) - 1)) + (1u << bits) + 1) << shift;
  }
  std::vector<uint64_t> counts_ = std::vector<uint64_t>((64 - bits + 1) << bits);
  uint64_t total_ = 0, longest_ = 0;
};

struct Connection {
  int socket = -1;
  uint64_t due_ns = 0;  // of the request that it waits for; 0: it is free
  std::string held;
};

int connect_to(uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) fail("socket");
  sockaddr_in address = {};
  address.sin_family = AF_INET, address.sin_port = htons(port), address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect");
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  ::fcntl(socket, F_SETFL, O_NONBLOCK);
  return socket;
}

// The status of a whole answer, which is taken out; 0: more is to come.
int take_answer(std::string& held) {
  const size_t head = held.find("\r\n\r\n");
  if (head == std::string::npos) return 0;
  size_t length = 0;
  for (size_t line = held.find("\r\n"); line < head; line = held.find("\r\n", line + 2)) {
    constexpr char name[] = "content-length:";
    if (strncasecmp(held.c_str() + line + 2, name, sizeof name - 1) == 0)
      length = std::strtoull(held.c_str() + line + 2 + sizeof name - 1, nullptr, 10);
  }
  if (held.size() < head + 4 + length) return 0;
  const int status = std::atoi(held.c_str() + 9);
  held.erase(0, head + 4 + length);
  return status;
}

class Load {
 public:
  Load(uint16_t port, std::string request, uint64_t rate, uint64_t seconds, size_t connections)
      : request_(std::move(request)), period_ns_(1e9 / static_cast<double>(rate)), seconds_(seconds), all_(connections) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < all_.size(); ++i) {
      all_[i].socket = connect_to(port);
      epoll_event event = {.events = EPOLLIN, .data = {.u64 = i}};
      if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, all_[i].socket, &event) != 0) fail("epoll_ctl");
      free_.push_back(i);
    }
  }

  void run() {
    begin_ns_ = now_ns() + 10'000'000;
    const auto count = static_cast<uint64_t>(static_cast<double>(seconds_) * 1e9 / period_ns_);
    constexpr uint64_t patience_ns = 10'000'000'000;  // until what is not answered is lost, as is what could not be sent in time
    const uint64_t end_ns = begin_ns_ + seconds_ * 1'000'000'000;
    for (uint64_t now = now_ns(); now < end_ns + patience_ns; now = now_ns()) {
      if (now >= end_ns && free_.size() == all_.size()) break;
      while (now < end_ns && sent_ < count && !free_.empty() && now >= due(sent_)) send();
      receive();
    }
    lost_ = count - answered_;
    took_s_ = static_cast<double>(last_ns_ - begin_ns_) / 1e9;
  }

  void print() const {
    std::printf("{\"seconds\": %.3f, \"lost\": %llu, \"statuses\": {", took_s_, static_cast<unsigned long long>(lost_));
    const char* comma = "";
    for (const auto& [status, count] : statuses_) {
      std::printf("%s\"%d\": %llu", comma, status, static_cast<unsigned long long>(count));
      comma = ", ";
    }
    std::printf("}, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f, \"most\": %.1f}\n", good_.quantile_us(0.5),
                good_.quantile_us(0.99), good_.quantile_us(0.999), good_.longest_us());
  }

 private:
  [[nodiscard]] uint64_t due(uint64_t n) const { return begin_ns_ + static_cast<uint64_t>(static_cast<double>(n) * period_ns_); }

  void send() {
    Connection& one = all_[free_.back()];
    free_.pop_back();
    one.due_ns = due(sent_++);
    if (::send(one.socket, request_.data(), request_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request_.size())) fail("send");
  }

  void receive() {
    epoll_event events[64];
    const int count = ::epoll_wait(epoll_, events, 64, 0);
    for (int i = 0; i < count; ++i) take(events[i].data.u64);
  }

  void take(size_t number) {
    Connection& one = all_[number];
    char bytes[16384];
    const ssize_t size = ::recv(one.socket, bytes, sizeof bytes, 0);
    if (size <= 0) fail("the server closed a connection");
    one.held.append(bytes, static_cast<size_t>(size));
    const int status = take_answer(one.held);
    if (status == 0) return;
    last_ns_ = now_ns();
    ++statuses_[status], ++answered_;
    const bool is_warm = one.due_ns >= begin_ns_ + seconds_ * 100'000'000;
    if (is_warm && status == 200) good_.record(last_ns_ - one.due_ns);
    free_.push_back(number);
  }

  const std::string request_;
  const double period_ns_;
  const uint64_t seconds_;
  std::vector<Connection> all_;
  std::vector<size_t> free_;
  int epoll_ = -1;
  uint64_t begin_ns_ = 0, last_ns_ = 0, sent_ = 0, answered_ = 0, lost_ = 0;
  double took_s_ = 0;
  std::map<int, uint64_t> statuses_;
  Histogram good_;
};

}  // namespace

int main(int count, char** words) {
  if (count != 7) {
    std::fputs("usage: load PORT PATH RATE SECONDS CONNECTIONS BODY_FILE\n", stderr);
    return 2;
  }
  const rlimit files{65536, 65536};
  ::setrlimit(RLIMIT_NOFILE, &files);
  std::ifstream file(words[6], std::ios::binary);
  if (!file) fail(words[6]);
  const std::string body{std::istreambuf_iterator<char>(file), {}};
  const std::string request =
      "POST " + std::string(words[2]) +
      " HTTP/1.1\r\nHost: load\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
      body;
  const auto number = [&](int i) { return std::max(std::strtoull(words[i], nullptr, 10), 1ull); };
  Load load(static_cast<uint16_t>(number(1)), request, number(3), number(4), number(5));
  load.run();
  load.print();
}
