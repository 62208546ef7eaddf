// How many sandboxes live at once, and what each takes: the program behind `./bench density`.
//
//   density FILE COUNT PAGES
//
// FILE is guests/density.wat as a module. COUNT sandboxes are made; each writes PAGES pages of a content of its own and is packed.
// Then all are called again, in random order: each checks every byte of its pages, changes a global, and is packed again; and once
// more, to see that change. Prints a line of JSON; bytes are the kernel's: resident memory and page tables of this process.
#include "base/os/machine.h"

#include <mote/linker.h>
#include <mote/pool.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {

template <class T, class E>
T must(std::expected<T, E> result) {
  if (!result) {
    std::fprintf(stderr, "density: %s\n", result.error().text().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

uint64_t now_ns() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

uint64_t taken_bytes() {
  return mote::os::resident_bytes() + mote::os::page_table_bytes();
}
uint64_t mapping_count() {
  std::ifstream maps("/proc/self/maps");
  uint64_t lines = 0;
  for (std::string line; std::getline(maps, line);) ++lines;
  return lines;
}

class Density {
 public:
  Density(const char* file, uint32_t count, uint32_t pages) : count_(count), pages_(pages), engine_(must(mote::Engine::create())) {
    mote::PoolConfig config;
    config.members = {{"guest", must(mote::Module::compile_file(engine_, file))}};
    pool_.emplace(must(mote::Pool::create(engine_, mote::Linker(engine_), config)));
    worker_.emplace(pool_->worker());
  }

  void run() {
    const auto fill = must(pool_->func<void(uint32_t, uint32_t)>("fill"));
    (void)must(worker_->acquire());  // the code and one sandbox are there, and not counted
    packed_.reserve(count_);
    const uint64_t before = taken_bytes();
    const uint64_t begun = now_ns();
    for (uint32_t seed = 0; seed < count_; ++seed) {
      auto lease = must(worker_->acquire());
      must(fill.in(lease)(seed, pages_));
      packed_.push_back(must(lease.pack()));
    }
    const double making_s = static_cast<double>(now_ns() - begun) / 1e9;
    const uint64_t after = taken_bytes();
    std::vector<uint32_t> times;
    uint64_t wrong = 0;
    for (const uint32_t calls : {2U, 3U}) wrong += wake_all(calls, times);
    std::ranges::sort(times);
    const uint64_t each = (taken_bytes() - before) / count_;
    std::printf(
        "{\"live\":%u,\"pages\":%u,\"wrong\":%lu,\"bytes_each\":%lu,\"above_pages\":%ld,\"total_bytes\":%lu,\"page_table_bytes\":%"
        "lu,\"mappings\":%lu,"
        "\"made_per_s\":%.0f,\"wake_p50_ns\":%u,\"wake_p99_ns\":%u,\"bytes_each_when_made\":%lu}\n",
        count_, pages_, wrong, each, static_cast<long>(each) - static_cast<long>(pages_) * 4096, taken_bytes(),
        mote::os::page_table_bytes(), mapping_count(), count_ / making_s, times[times.size() / 2], times[times.size() * 99 / 100],
        (after - before) / count_);
  }

 private:
  // Calls every sandbox, in an order of chance; how many were not as they should be.
  uint64_t wake_all(uint32_t calls, std::vector<uint32_t>& times) {
    const auto check = must(pool_->func<uint32_t(uint32_t, uint32_t)>("check"));
    std::vector<uint32_t> order(count_);
    std::iota(order.begin(), order.end(), 0);
    std::ranges::shuffle(order, std::mt19937(calls));
    uint64_t wrong = 0;
    for (const uint32_t seed : order) {
      const uint64_t begun = now_ns();
      auto lease = must(worker_->unpack(std::move(packed_[seed])));
      times.push_back(static_cast<uint32_t>(now_ns() - begun));
      wrong += must(check.in(lease)(seed, pages_)) != calls;
      packed_[seed] = must(lease.pack());
    }
    return wrong;
  }

  uint32_t count_, pages_;
  mote::Engine engine_;
  std::optional<mote::Pool> pool_;
  std::optional<mote::Pool::Worker> worker_;
  std::vector<mote::Pool::Packed> packed_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "density FILE COUNT PAGES\n");
    return 2;
  }
  Density(argv[1], static_cast<uint32_t>(std::strtoul(argv[2], nullptr, 10)),
          static_cast<uint32_t>(std::strtoul(argv[3], nullptr, 10)))
      .run();
}
