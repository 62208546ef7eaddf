// Times turns and deadlines: the program behind the second half of `./bench stop`.
//
//   turns FILE
//
// FILE is benches/guests/stop.wat as a module. Prints one JSON object: {"call_ns": a host call; "park_ns": a host call that parks,
// with the resume; "preempt_us", "preempt_p99_us": from Stopper::preempt to the end of the turn; "resume_us": what taking it up
// again adds to a turn that is preempted, at least; "late_us", "late_p99_us": from a deadline of 5 ms to the guest's end;
// "watchdog_percent": CPU time of the watchdog's thread, of one core, while guests run into their deadlines one after the other and
// 1000 others are watched; "watchdog_idle_percent": the same while nobody offends}. Exit status 1: something went wrong; 2: misuse.
#include "base/os/clock.h"
#include "host/running/watchdog.h"

#include <mote/linker.h>
#include <mote/task.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr uint64_t ms = 1'000'000;

uint64_t now() {
  return mote::os::now_ns(mote::os::Clock::monotonic);
}

template <class T, class E>
T must(std::expected<T, E> result) {
  if (!result) {
    std::fprintf(stderr, "turns: %s\n", result.error().text().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

double at(std::vector<double>& values, double share) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

struct Bench {
  mote::Engine engine;
  mote::Module module;
  mote::Linker linker;
  bool parks = false;
  uint64_t calls_left = 0;

  struct Guest {
    mote::Store store;
    mote::TypedFunc<void()> func;
  };
  std::unique_ptr<Guest> make(std::string_view name) {
    mote::Store store = must(mote::Store::create(engine));
    const mote::Instance instance = must(linker.instantiate(store, module));
    const auto func = must(instance.typed_func<void()>(name));
    return std::make_unique<Guest>(Guest{std::move(store), func});
  }
};

// Nanoseconds for each call of a host function, in a task.
double host_call_ns(Bench& bench, bool parks) {
  constexpr uint64_t calls = 1'000'000;
  bench.parks = parks;
  bench.calls_left = calls;
  const auto guest = bench.make("hosts");
  mote::Task task(guest->store, [&] { (void)guest->func(); });
  const uint64_t begin = now();
  while (must(task.resume()) != mote::Task::Step::ended) {
  }
  return static_cast<double>(now() - begin) / calls;
}

struct Preemption {
  std::vector<double> order_to_end_us;
  double resume_us = 1e9;
};

Preemption preempt(Bench& bench) {
  Preemption result;
  const auto guest = bench.make("spin");
  mote::Task task(guest->store, [&] { (void)guest->func(); });
  std::atomic<bool> is_over = false;
  std::atomic<uint64_t> ordered = 0;
  std::thread other([&, stopper = guest->store.stopper()] {
    while (!is_over) {
      ordered = now();
      stopper.preempt();
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
  });
  for (int i = 0; i < 2000; ++i) {
    (void)must(task.resume());
    result.order_to_end_us.push_back(static_cast<double>(now() - ordered) / 1e3);
  }
  is_over = true;
  other.join();
  // An order that is there already when the turn begins would be dropped: so the shortest turn is one that met it at once.
  std::atomic<bool> is_done = false;
  std::thread hammer([&, stopper = guest->store.stopper()] {
    while (!is_done) {
      stopper.preempt();
      for (const uint64_t until = now() + 20'000; now() < until;) {  // orders without a pause would leave the turn no time
      }
    }
  });
  for (int i = 0; i < 1000; ++i) {
    const uint64_t begin = now();
    (void)must(task.resume());
    result.resume_us = std::min(result.resume_us, static_cast<double>(now() - begin) / 1e3);
  }
  is_done = true;
  hammer.join();
  return result;
}

struct Watched {
  std::vector<double> late_us;
  double percent = 0;
};

Watched watch(Bench& bench, size_t offenders) {
  Watched result;
  mote::running::Watchdog dog;
  std::atomic<uint64_t> dog_cpu = 0;
  std::thread thread([&] {
    dog.run();
    dog_cpu = mote::os::now_ns(mote::os::Clock::thread_cpu);
  });
  std::vector<std::unique_ptr<Bench::Guest>> idle;
  std::vector<std::unique_ptr<mote::running::Watchdog::Watch>> watches;
  for (int i = 0; i < 1000; ++i) {
    idle.push_back(bench.make("spin"));
    watches.push_back(dog.watch(idle.back()->store, {.wall_ns = 3'600'000 * ms, .cpu_ns = 20 * ms}));
  }
  const uint64_t begin = now();
  for (size_t i = 0; i < offenders; ++i) {
    const auto guest = bench.make("spin");
    const uint64_t started = now();
    const auto one = dog.watch(guest->store, {.wall_ns = 5 * ms, .cpu_ns = 60'000 * ms});
    (void)guest->func();
    result.late_us.push_back(static_cast<double>(now() - started) / 1e3 - 5000);
  }
  if (offenders == 0) {
    const auto guest = bench.make("spin");
    const auto one = dog.watch(guest->store, {.wall_ns = 5000 * ms, .cpu_ns = 60'000 * ms});
    (void)guest->func();
  }
  const auto elapsed = static_cast<double>(now() - begin);
  watches.clear();
  dog.end();
  thread.join();
  result.percent = 100 * static_cast<double>(dog_cpu) / elapsed;
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: turns FILE\n");
    return 2;
  }
  mote::EngineConfig config;
  config.tiering = mote::Tiering::baseline;
  config.codegen.memory = mote::MemoryMode::dense;  // a thousand stores
  const mote::Engine engine = must(mote::Engine::create(config));
  Bench bench{engine, must(mote::Module::compile_file(engine, argv[1])), mote::Linker(engine)};
  must(bench.linker.func("host", "call", [&bench](mote::Caller& caller, int32_t value) -> std::expected<int32_t, mote::Failure> {
    if (bench.parks && !caller.park()) return value;
    if (--bench.calls_left == 0) return std::unexpected(mote::Failure::exit(0));
    return value;
  }));
  const double call_ns = host_call_ns(bench, false), park_ns = host_call_ns(bench, true);
  Preemption preempted = preempt(bench);
  Watched busy = watch(bench, 600);
  const Watched calm = watch(bench, 0);
  std::printf(
      "{\"call_ns\": %.1f, \"park_ns\": %.1f, \"preempt_us\": %.1f, \"preempt_p99_us\": %.1f, \"resume_us\": %.1f, \"late_us\": "
      "%.1f, "
      "\"late_p99_us\": %.1f, \"watchdog_percent\": %.3f, \"watchdog_idle_percent\": %.4f}\n",
      call_ns, park_ns, at(preempted.order_to_end_us, 0.5), at(preempted.order_to_end_us, 0.99), preempted.resume_us,
      at(busy.late_us, 0.5), at(busy.late_us, 0.99), busy.percent, calm.percent);
  return 0;
}
