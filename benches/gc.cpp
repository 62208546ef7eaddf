// ./bench gc: objects and exceptions in one process, as JSON lines (benches/gc_objects.py, guests/gc.wat).
//
//   gc FILE [MEMORY_FILE]    FILE: gc.wat as wasm (baseline tier) or as an artifact (optimising tier); MEMORY_FILE: gc_memory.wat
#include <mote/linker.h>
#include <mote/object.h>
#include <mote/pool.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

template <class T, class E>
T must(std::expected<T, E> result) {
  if (!result) {
    std::fprintf(stderr, "gc: %s\n", result.error().text().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

template <class Work>
double seconds(Work work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void print(const char* what, double figure) {
  std::printf("{\"what\": \"%s\", \"figure\": %.6g}\n", what, figure);
}

mote::Engine engine_for() {
  mote::EngineConfig config;
  config.tiering = mote::Tiering::baseline;  // an artifact brings its own code
  return must(mote::Engine::create(config));
}

mote::Module load(const mote::Engine& engine, const std::string& path) {
  return must(path.ends_with(".cwasm") ? mote::Module::load_file(engine, path) : mote::Module::compile_file(engine, path));
}

void measure(const mote::Module& module, const mote::Engine& engine) {
  mote::Store store = must(mote::Store::create(engine));
  mote::Instance instance = must(mote::Linker(engine).instantiate(store, module));
  const auto allocate = must(instance.typed_func<int32_t(int32_t)>("allocate"));
  const auto trees = must(instance.typed_func<int32_t(int32_t)>("trees"));
  const auto list = must(instance.typed_func<int64_t(int32_t, int32_t)>("list"));
  const auto fill = must(instance.typed_func<void(int32_t)>("fill"));
  const auto raise = must(instance.typed_func<int32_t(int32_t, int32_t)>("throw"));
  constexpr int32_t objects = 50'000'000, throws = 200'000;
  must(allocate(1'000'000));
  print("allocations per second", objects / seconds([&] { must(allocate(objects)); }));
  must(raise(1000, 9));
  print("throw and catch through 10 frames, ns", seconds([&] { must(raise(throws, 9)); }) * 1e9 / throws);
  print("binary trees 16, s", seconds([&] { must(trees(16)); }));
  print("list of 100000, 100 rounds, s", seconds([&] { must(list(100'000, 100)); }));
  constexpr int32_t live = 10'000'000 / 24;  // 10 MB of 24-byte structures
  must(fill(live));
  double pause = 1e9;
  for (int i = 0; i < 5; ++i) pause = std::min(pause, seconds([&] { must(mote::collect(store)); }));
  print("pause for 10 MB of live 24-byte structures, ms", pause * 1e3);
}

// Nanoseconds from acquire to the end of the lease.
double cycle(const mote::Engine& engine, const mote::Module& module) {
  mote::Pool pool = must(mote::Pool::create(engine, mote::Linker(engine), {.members = {{"event", module}}}));
  const auto event = must(pool.func<int32_t(int32_t)>("event_objects"));
  mote::Pool::Worker worker = pool.worker();
  const auto run = [&](int32_t events) {
    for (int32_t i = 0; i < events; ++i) {
      auto lease = must(worker.acquire());
      must(event.in(lease)(i));
    }
  };
  run(10'000);
  constexpr int32_t events = 500'000;
  return seconds([&] { run(events); }) * 1e9 / events;
}

}  // namespace

int main(int argc, char** argv) {
  const mote::Engine engine = engine_for();
  const mote::Module module = load(engine, argv[1]);
  measure(module, engine);
  if (argc < 3) return 0;
  const mote::Module memory = load(engine, argv[2]);
  double objects = 1e9, bytes = 1e9;
  for (int round = 0; round < 5; ++round) {
    objects = std::min(objects, cycle(engine, module));
    bytes = std::min(bytes, cycle(engine, memory));
  }
  print("pooled event with objects, ns", objects);
  print("the same in memory, ns", bytes);
  return 0;
}
