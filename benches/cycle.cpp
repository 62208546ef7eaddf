// Times fresh sandboxes: the program behind `./bench cycle` and `./bench call`.
//
//   cycle KIND FILE EVENTS THREADS [EVENT-FILE] [--mode guard|dense] [--copy]
//   cycle fill|first-use FILE MODULES CACHE [EVENT-FILE] [--mode guard|dense]
//
// FILE is a module or artifact. KIND: start (acquire, _start, reset), handle (alloc, the event copied in, handle), wasi (a command
// that reads the event from stdin and answers on stdout), first (from acquire to the guest's first import, "host" "first"), native
// (no guest: eight pages copied), call and callback (an export of that name, a hundred times and once, in one sandbox). Each thread
// has a worker of its own. Prints a line of JSON: nanoseconds of one event, events a second, and what all of them cost the kernel:
// page faults and system time, in steady state.
//
// first-use: MODULES modules that differ from FILE, a WASI command, in a section that means nothing. Each is found in the folder
// CACHE by its digest, linked, pooled and given one event: what that takes until the answer is there, in a process that saw none of
// them. A module before them touches the pages of our own code. fill: puts them there, by the compiler beside this program.
#include "base/core/hash.h"
#include "host/sandbox/event.h"
#include "host/sandbox/system.h"
#include "host/wasi_p1/wasi_p1.h"

#include <mote/compiler.h>
#include <mote/linker.h>
#include <mote/pool.h>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

template <class T, class E>
T must(std::expected<T, E> result) {
  if (!result) {
    std::fprintf(stderr, "cycle: %s\n", result.error().text().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

uint64_t now_ns() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

struct Options {
  std::string kind, file, event;
  uint64_t events = 0, threads = 1;
  std::string cache;   // first-use and fill: instead of threads
  std::string beside;  // where this program lies
  mote::MemoryMode mode = mote::MemoryMode::automatic;
  bool copies_whole = false;
};

struct Measured {
  std::vector<uint32_t> times_ns;
  double per_second = 0;
  uint64_t faults = 0, system_us = 0;
};

thread_local uint64_t first_at = 0;

class Bench {
 public:
  explicit Bench(Options options) : options_(std::move(options)), engine_(make_engine(options_)), linker_(engine_) {
    mote::PoolConfig config;
    must(linker_.func("host", "first", [](mote::Caller&) { first_at = now_ns(); }));
    must(linker_.func("host", "nothing", [](mote::Caller&) {}));
    must(mote::wasi_p1::define_all(linker_));
    const bool is_artifact = options_.file.ends_with(".cwasm");
    config.members = {{"guest", must(is_artifact ? mote::Module::load_file(engine_, options_.file)
                                                 : mote::Module::compile_file(engine_, options_.file))}};
    config.copies_whole = options_.copies_whole;
    pool_.emplace(must(mote::Pool::create(engine_, linker_, config)));
  }

  Measured run() {
    Measured all;
    std::vector<Measured> each(options_.threads);
    std::vector<std::thread> threads;
    for (uint64_t i = 0; i < options_.threads; ++i) threads.emplace_back([this, &mine = each[i]] { work(mine); });
    for (std::thread& thread : threads) thread.join();
    for (Measured& one : each) {
      all.times_ns.insert(all.times_ns.end(), one.times_ns.begin(), one.times_ns.end());
      all.per_second += one.per_second;
      all.faults += one.faults;
      all.system_us += one.system_us;
    }
    std::ranges::sort(all.times_ns);
    return all;
  }
  void print(const Measured& measured) const {
    const auto at = [&](double part) {
      return measured.times_ns[static_cast<size_t>(static_cast<double>(measured.times_ns.size() - 1) * part)];
    };
    const mote::Pool::Report report = pool_->report();
    std::printf(
        "{\"p50_ns\":%u,\"p99_ns\":%u,\"p999_ns\":%u,\"per_s\":%.0f,\"faults\":%lu,\"system_us\":%lu,\"mode\":\"%s\",\"tracking\":"
        "\"%s\",\"kept_bytes\":%lu}\n",
        at(0.5), at(0.99), at(0.999), measured.per_second, measured.faults, measured.system_us,
        report.memory_mode == mote::MemoryMode::dense ? "dense" : "guard", report.tracking.c_str(), report.kept_bytes);
  }

 private:
  static mote::Engine make_engine(const Options& options) {
    mote::EngineConfig config;
    config.codegen.memory = options.mode;
    config.tiering = mote::Tiering::baseline;
    return must(mote::Engine::create(config));
  }

  template <class One>
  void repeat(Measured& out, One one) {
    for (uint64_t i = 0; i < options_.events / 10 + 1; ++i) one();
    out.times_ns.resize(options_.events);  // touched, so that storing a time faults on nothing
    rusage before, after;
    getrusage(RUSAGE_THREAD, &before);
    const uint64_t begun = now_ns();
    uint64_t then = begun;
    for (uint64_t i = 0; i < options_.events; ++i) {
      const uint64_t took = one();
      const uint64_t now = now_ns();
      out.times_ns[i] = static_cast<uint32_t>(took != 0 ? took : now - then);
      then = now;
    }
    out.per_second = static_cast<double>(options_.events) * 1e9 / static_cast<double>(now_ns() - begun);
    getrusage(RUSAGE_THREAD, &after);
    out.faults = static_cast<uint64_t>(after.ru_minflt - before.ru_minflt + after.ru_majflt - before.ru_majflt);
    out.system_us = static_cast<uint64_t>((after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1'000'000 + after.ru_stime.tv_usec -
                                          before.ru_stime.tv_usec);
  }

  void serve_events(Measured& out, mote::Pool::Worker& worker) {
    const auto start = must(pool_->func<void()>("_start"));
    mote::sandbox::SystemClocks clocks;
    mote::sandbox::ReserveRandom random;
    mote::sandbox::EventProcess events(clocks, random);
    events.process().arguments = {"handler"};
    events.arm();
    const mote::Bytes event(reinterpret_cast<const uint8_t*>(options_.event.data()), options_.event.size());
    size_t answer_size = 0;
    repeat(out, [&] {
      {
        const auto lease = must(worker.acquire());
        lease.store().set_data(&events.process());
        events.begin(event);
        const auto done = start.in(lease)();
        if (!done && (done.error().kind != mote::Failure::Kind::exit || done.error().exit_code != 0)) must(done);
        if (answer_size == 0) answer_size = events.answer().size();
        if (events.answer().size() != answer_size || answer_size == 0) std::exit(1);
        events.reset();
      }
      return uint64_t{0};
    });
  }

  void copy_pages(Measured& out) {
    constexpr size_t page = 4096, count = 8, stride = 3, size = page * count * stride;
    // At pages, as a sandbox's: 16 bytes apart modulo a page, a copy takes ten times as long.
    struct alignas(page) Pages {
      uint8_t bytes[size];
    };
    const auto from = std::make_unique<Pages>(), to = std::make_unique<Pages>();
    std::memset(from->bytes, 1, size);
    std::memset(to->bytes, 2, size);
    repeat(out, [&] {
      for (size_t i = 0; i < count; ++i) {
        std::memcpy(to->bytes + i * stride * page, from->bytes + i * stride * page, page);
        asm volatile("" : : "r"(to->bytes) : "memory");
      }
      return uint64_t{0};
    });
  }

  void work(Measured& out) {
    mote::Pool::Worker worker = pool_->worker();
    if (options_.kind == "handle") {
      const auto alloc = must(pool_->func<uint32_t(uint32_t)>("alloc"));
      const auto handle = must(pool_->func<uint32_t(uint32_t, uint32_t)>("handle"));
      const auto size = static_cast<uint32_t>(options_.event.size());
      repeat(out, [&] {
        const auto lease = must(worker.acquire());
        const uint32_t at = must(alloc.in(lease)(size));
        std::memcpy(lease.instance().memory("memory")->bytes().data() + at, options_.event.data(), size);
        (void)must(handle.in(lease)(at, size));
        return uint64_t{0};
      });
    } else if (options_.kind == "wasi") {
      serve_events(out, worker);
    } else if (options_.kind == "native") {
      copy_pages(out);
    } else if (options_.kind == "call" || options_.kind == "callback") {
      const auto call = must(pool_->func<void()>(options_.kind));
      const auto lease = must(worker.acquire());
      const auto bound = call.in(lease);
      const uint64_t calls = options_.kind == "call" ? 100 : 1;
      repeat(out, [&] {
        const uint64_t begun = now_ns();
        for (uint64_t i = 0; i < calls; ++i) must(bound());
        return (now_ns() - begun) / calls;
      });
    } else {
      const auto start = must(pool_->func<void()>("_start"));
      const bool is_first = options_.kind == "first";
      repeat(out, [&] {
        const uint64_t begun = is_first ? now_ns() : 0;
        const auto lease = must(worker.acquire());
        must(start.in(lease)());
        return is_first ? first_at - begun : uint64_t{0};
      });
    }
  }

  Options options_;
  mote::Engine engine_;
  mote::Linker linker_;
  std::optional<mote::Pool> pool_;
};

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Modules that nobody saw before.
class FirstUse {
 public:
  explicit FirstUse(Options options) : options_(std::move(options)), engine_(make_engine()), file_(read_file(options_.file)) {
    events_.process().arguments = {"handler"};
    events_.arm();
  }
  void fill() const {
    for (uint64_t i = 0; i <= options_.events; ++i) (void)must(mote::compile_into_cache(engine_, bytes_of(module(i))));
  }
  void print_times() {
    std::vector<mote::Module::Digest> digests;
    for (uint64_t i = 0; i <= options_.events; ++i) digests.push_back(mote::sha256(bytes_of(module(i))));
    std::vector<uint32_t> times_ns;
    for (const mote::Module::Digest& digest : digests) times_ns.push_back(use(digest));
    const uint32_t first_ns = times_ns.front();
    times_ns.erase(times_ns.begin());
    std::ranges::sort(times_ns);
    std::printf("{\"p50_ns\":%u,\"p90_ns\":%u,\"first_ns\":%u}\n", times_ns[times_ns.size() / 2],
                times_ns[times_ns.size() * 9 / 10], first_ns);
  }

 private:
  static mote::Bytes bytes_of(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

  [[nodiscard]] mote::Engine make_engine() const {
    mote::EngineConfig config;
    const std::string compiler = options_.beside + "mote-aot";
    config.codegen.memory = options_.mode;
    config.compiler = mote::program_compiler(compiler);
    config.compiler_version = mote::program_version(compiler);
    config.cache_folder = options_.cache;
    return must(mote::Engine::create(config));
  }
  // With a section called "n" behind it.
  [[nodiscard]] std::string module(uint64_t number) const {
    std::string section(2 + sizeof number, '\0');
    section[0] = 1, section[1] = 'n';
    std::memcpy(section.data() + 2, &number, sizeof number);
    return file_ + '\0' + static_cast<char>(section.size()) + section;
  }

  struct Used {
    std::optional<mote::Pool> pool;
    std::optional<mote::Pool::Worker> worker;
  };
  // What was used stays: a host that meets a module is going to meet it again.
  uint32_t use(const mote::Module::Digest& digest) {
    const uint64_t begun = now_ns();
    Used& used = used_.emplace_back();
    const mote::Module module = must(mote::Module::find_in_cache(engine_, digest));
    mote::Linker linker(engine_);
    must(mote::wasi_p1::define_imported(linker, module));
    mote::PoolConfig config;
    config.members = {{"guest", module}};
    used.pool.emplace(must(mote::Pool::create(engine_, linker, std::move(config))));
    const auto start = must(used.pool->func<void()>("_start"));
    used.worker.emplace(used.pool->worker());
    uint64_t answered = 0;
    {
      const auto lease = must(used.worker->acquire());
      lease.store().set_data(&events_.process());
      events_.begin(bytes_of(options_.event));
      const auto done = start.in(lease)();
      if (!done && (done.error().kind != mote::Failure::Kind::exit || done.error().exit_code != 0)) must(done);
      answered = now_ns();
    }
    if (events_.answer().empty()) {
      std::fprintf(stderr, "cycle: the guest answers nothing\n");
      std::exit(1);
    }
    events_.reset();
    return static_cast<uint32_t>(answered - begun);
  }

  const Options options_;
  const mote::Engine engine_;
  const std::string file_;
  mote::sandbox::SystemClocks clocks_;
  mote::sandbox::ReserveRandom random_;
  mote::sandbox::EventProcess events_{clocks_, random_};
  std::deque<Used> used_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "cycle KIND FILE EVENTS THREADS|CACHE [EVENT-FILE] [--mode guard|dense] [--copy]\n");
    return 2;
  }
  Options options{.kind = argv[1],
                  .file = argv[2],
                  .event = {},
                  .events = std::strtoull(argv[3], nullptr, 10),
                  .threads = std::strtoull(argv[4], nullptr, 10),
                  .cache = argv[4],
                  .beside = argv[0]};
  options.beside.erase(options.beside.rfind('/') + 1);
  for (int i = 5; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--copy") {
      options.copies_whole = true;
    } else if (arg == "--mode" && i + 1 < argc) {
      options.mode = std::strcmp(argv[++i], "dense") == 0 ? mote::MemoryMode::dense : mote::MemoryMode::guard;
    } else {
      options.event = read_file(argv[i]);
    }
  }
  if (options.kind == "fill") return FirstUse(options).fill(), 0;
  if (options.kind == "first-use") return FirstUse(options).print_times(), 0;
  Bench bench(options);
  bench.print(bench.run());
}
