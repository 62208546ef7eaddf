// Times how soon a guest is stopped from another thread: the program behind `./bench stop`.
//
//   stop FILE EXPORT KILLS [--dense]
//
// FILE is a module (then its code is the baseline tier's) or an artifact; EXPORT never returns. Each kill is of a new store, after
// a delay of up to 200 µs at random. Prints one JSON object: {"kills", "median_us", "p99_us", "max_us": from the call of
// Stopper::stop to the end of the guest's call, as the guest's thread sees it; "wrong": guests that ended in any other way}. Exit
// status 1: some did, or the module cannot be run; 2: misuse.
#include <mote/linker.h>
#include <mote/store.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <semaphore>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

template <class T, class E>
T must(std::expected<T, E> result) {
  if (!result) {
    std::fprintf(stderr, "stop: %s\n", result.error().text().c_str());
    std::exit(1);
  }
  return std::move(*result);
}

// The guests' thread: runs what it is handed, and notes when each ended.
class Runner {
 public:
  Runner() : thread_([this] { work(); }) {}
  ~Runner() {
    func_ = nullptr;
    begin_.release();
    thread_.join();
  }
  void start(const mote::TypedFunc<void()>& func) {
    func_ = &func;
    begin_.release();
  }
  // Whether the guest was interrupted; `ended` is when.
  bool wait(Clock::time_point& ended) {
    end_.acquire();
    ended = ended_;
    return was_interrupted_;
  }

 private:
  void work() {
    for (begin_.acquire(); func_ != nullptr; begin_.acquire()) {
      const auto result = (*func_)();
      ended_ = Clock::now();
      was_interrupted_ =
          !result && result.error().kind == mote::Failure::Kind::trap && result.error().trap.kind == mote::TrapKind::interrupt;
      end_.release();
    }
  }
  const mote::TypedFunc<void()>* func_ = nullptr;
  bool was_interrupted_ = false;
  Clock::time_point ended_;
  std::binary_semaphore begin_{0}, end_{0};
  std::thread thread_;
};

mote::Module load(const mote::Engine& engine, const std::string& path) {
  return must(path.ends_with(".cwasm") ? mote::Module::load_file(engine, path) : mote::Module::compile_file(engine, path));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const bool is_dense = words.size() == 4 && words[3] == "--dense";
  if (words.size() != (is_dense ? 4 : 3)) {
    std::fprintf(stderr, "usage: stop FILE EXPORT KILLS [--dense]\n");
    return 2;
  }
  const auto kills = static_cast<size_t>(std::strtoul(argv[3], nullptr, 10));
  mote::EngineConfig config;
  config.tiering = mote::Tiering::baseline;
  if (is_dense) config.codegen.memory = mote::MemoryMode::dense;
  const mote::Engine engine = must(mote::Engine::create(config));
  const mote::Module module = load(engine, argv[1]);
  mote::Linker linker(engine);
  (void)linker.func("host", "call", [](mote::Caller&, int32_t value) { return value; });
  Runner runner;
  std::minstd_rand random(1);
  std::vector<double> times_us;
  size_t wrong = 0;
  for (size_t i = 0; i < kills; ++i) {
    mote::Store store = must(mote::Store::create(engine));
    const mote::Instance instance = must(linker.instantiate(store, module));
    const auto func = must(instance.typed_func<void()>(argv[2]));
    const mote::Stopper stopper = store.stopper();
    runner.start(func);
    const auto until = Clock::now() + std::chrono::nanoseconds(random() % 200'000);
    while (Clock::now() < until) std::this_thread::yield();
    const auto begin = Clock::now();
    constexpr uint64_t second_ns = 1'000'000'000;
    const bool has_ended = stopper.stop("killed", 10 * second_ns);
    Clock::time_point ended;
    if (!runner.wait(ended) || !has_ended) ++wrong;
    times_us.push_back(std::chrono::duration<double, std::micro>(ended - begin).count());
  }
  std::ranges::sort(times_us);
  const auto at = [&](double share) {
    return times_us.empty() ? 0.0 : times_us[static_cast<size_t>(share * static_cast<double>(times_us.size() - 1))];
  };
  std::printf("{\"kills\": %zu, \"median_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f, \"wrong\": %zu}\n", kills, at(0.5),
              at(0.99), at(1), wrong);
  return wrong == 0 ? 0 : 1;
}
