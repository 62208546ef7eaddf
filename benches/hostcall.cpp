// Times calls from a guest to the host: the program behind `./bench hostcall`.
//
//   hostcall FILE FOLDER ROUNDS
//
// FILE is guests/hostcall.wat as a module or artifact, FOLDER an empty folder to write in. In each round every function is called
// by every way, one after the other; the ways are: `bare`, preview 1's function bound to the import directly; `off`, as mote binds
// it, with nobody looking; `strace` and `count`, with a sink that throws the line away or counts; `policy`, with a folder that has
// quotas. Prints a JSON object for each function and way: {"function", "way", "ns": the median over rounds of nanoseconds a call}.
#include "host/calls/strace.h"
#include "host/sandbox/folder.h"
#include "host/sandbox/process.h"
#include "host/sandbox/system.h"
#include "host/wasi_p1/functions.h"
#include "host/wasi_p1/wasi_p1.h"

#include <mote/linker.h>
#include <mote/store.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace {

using mote::Caller;
using mote::wasi_p1::Guest;

template <class T, class E>
T must(std::expected<T, E> result) {
  if (!result) {
    std::fprintf(stderr, "hostcall: failed\n");
    std::exit(1);
  }
  return std::move(*result);
}

uint64_t now_ns() {
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

template <auto body, class... Args>
void bind_bare(mote::Linker& linker, std::string_view name, mote::wasi_p1::Errno (*)(Guest&, Args...)) {
  auto bound = linker.func(mote::wasi_p1::module_name, name, [](Caller& caller, Args... args) -> uint32_t {
    Guest guest{*static_cast<mote::sandbox::Process*>(caller.data()), caller.memory()};
    return static_cast<uint32_t>(body(guest, args...));
  });
  if (!bound) std::exit(1);
}

struct Way {
  std::string name;
  std::unique_ptr<mote::Store> store;
  std::unique_ptr<mote::sandbox::Process> process;
  std::unique_ptr<mote::calls::Watch> watch;
  std::unique_ptr<mote::calls::Sink> sink;
  mote::Instance instance;
};

class Bench {
 public:
  Bench(const std::string& file, std::string folder) : folder_(std::move(folder)) {
    mote::EngineConfig config;
    config.tiering = mote::Tiering::baseline;
    engine_ = std::make_unique<mote::Engine>(must(mote::Engine::create(config)));
    module_ = std::make_unique<mote::Module>(file.ends_with(".cwasm") ? must(mote::Module::load_file(*engine_, file))
                                                                      : must(mote::Module::compile_file(*engine_, file)));
  }

  void add(const std::string& name) {
    auto way = std::make_unique<Way>();
    way->name = name;
    way->store = std::make_unique<mote::Store>(must(mote::Store::create(*engine_)));
    way->process = std::make_unique<mote::sandbox::Process>(clocks_, random_);
    fill(*way);
    mote::Linker linker(*engine_);
    if (!mote::wasi_p1::define_imported(linker, *module_)) std::exit(1);
    if (name == "bare") {
      namespace p1 = mote::wasi_p1;
      bind_bare<&p1::sched_yield>(linker, "sched_yield", &p1::sched_yield);
      bind_bare<&p1::clock_time_get>(linker, "clock_time_get", &p1::clock_time_get);
      bind_bare<&p1::fd_tell>(linker, "fd_tell", &p1::fd_tell);
      bind_bare<&p1::random_get>(linker, "random_get", &p1::random_get);
      bind_bare<&p1::fd_pwrite>(linker, "fd_pwrite", &p1::fd_pwrite);
    }
    if (name == "strace") {
      way->sink =
          std::make_unique<mote::calls::Strace>([](std::string_view) {}, mote::calls::Filter(), mote::calls::Strace::Format::text);
    } else if (name == "count") {
      way->sink = std::make_unique<mote::calls::Summary>(mote::calls::Filter());
    }
    if (way->sink) {
      way->watch = std::make_unique<mote::calls::Watch>(now_ns, way->process->denials);
      way->watch->add(*way->sink);
      way->process->watch = way->watch.get();
    }
    way->store->set_data(way->process.get());
    auto instance = linker.instantiate(*way->store, *module_);
    if (!instance) std::exit(1);
    way->instance = *instance;
    ways_.push_back(std::move(way));
  }

  void run(const std::string& function, int rounds) {
    std::map<std::string, std::vector<double>> times;
    for (int round = 0; round < rounds; ++round) {
      for (const auto& way : ways_) times[way->name].push_back(time(*way, function));
    }
    for (auto& [name, list] : times) {
      std::ranges::nth_element(list, list.begin() + static_cast<ptrdiff_t>(list.size() / 2));
      std::printf("{\"function\": \"%s\", \"way\": \"%s\", \"ns\": %.2f}\n", function.c_str(), name.c_str(), list[list.size() / 2]);
    }
  }

 private:
  void fill(Way& way) {
    for (const int fd : {0, 1, 2}) (void)way.process->open({.stream = mote::sandbox::system_stream(fd), .is_writable = fd != 0});
    auto grant = std::make_shared<mote::sandbox::Grant>();
    grant->guest = grant->host = folder_;
    if (way.name == "policy") grant->bytes_most = 1 << 20, grant->files_most = 10;
    auto folder = must(mote::sandbox::Folder::granted(grant));
    auto file = must(folder->open("file-" + way.name, {.reads = true, .writes = true, .creates = true})).file;
    (void)way.process->open({.folder = std::move(folder), .granted_as = folder_});
    (void)way.process->open({.file = std::move(file), .is_readable = true, .is_writable = true});
  }

  static double time(Way& way, const std::string& function) {
    constexpr int32_t calls = 20'000;
    const auto func = must(way.instance.typed_func<void(int32_t)>(function));
    (void)func(100);
    const uint64_t start = now_ns();
    if (!func(calls)) std::exit(1);
    return static_cast<double>(now_ns() - start) / calls;
  }

  std::string folder_;
  mote::sandbox::SystemClocks clocks_;
  mote::sandbox::SystemRandom random_;
  std::unique_ptr<mote::Engine> engine_;
  std::unique_ptr<mote::Module> module_;
  std::vector<std::unique_ptr<Way>> ways_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fprintf(stderr, "usage: hostcall FILE FOLDER ROUNDS\n");
    return 2;
  }
  Bench bench(arguments[1], arguments[2]);
  for (const char* way : {"bare", "off", "count", "strace", "policy"}) bench.add(way);
  for (const char* function : {"sched_yield", "clock_time_get", "fd_tell", "random_get", "fd_pwrite"}) {
    bench.run(function, std::atoi(arguments[3]));
  }
}
