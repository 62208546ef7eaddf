// A C++ program against an installed Mote alone: what embed.c does, by the C++ API. tests/embed/run compares what both print.
#include <mote/linker.h>
#include <mote/object.h>

#include <mote.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace {

template <class T, class E>
T must(std::expected<T, E> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().text().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

struct Host {
  int calls = 0;
  ~Host() { std::printf("%d calls, then destroyed\n", calls); }
};

void show_failure(const mote::Failure& failure) {
  std::printf("%s\n", failure.trap.message.c_str());
  for (const mote::Frame& frame : failure.trap.backtrace)
    std::printf("  in %s!%s\n", frame.module_name.c_str(), frame.func_name.c_str());
}

std::expected<void, mote::Failure> log_text(mote::Caller& caller, uint32_t offset, uint32_t size) {
  const std::span<uint8_t> memory = caller.memory();
  if (offset > memory.size() || size > memory.size() - offset) {
    return std::unexpected(
        mote::Failure(mote::Trap{mote::TrapKind::out_of_bounds_memory_access, "out of bounds memory access", {}}));
  }
  std::printf("the guest says %.*s\n", static_cast<int>(size), reinterpret_cast<const char*>(memory.data() + offset));
  return {};
}

void run(const char* path) {
  const auto engine = must(mote::Engine::create({.codegen = {.fuel = true}}));
  const auto module = must(mote::Module::compile_file(engine, path));
  auto store = must(mote::Store::create(engine, {.memory_size_bytes = 1 << 20}));
  mote::Linker linker(engine);
  constexpr mote::ValKind payload[] = {mote::ValKind::i32};
  const mote::Tag negative = must(mote::Tag::create(store, payload));
  const auto add = [&store, negative, host = std::make_shared<Host>()](mote::Caller&, int32_t a,
                                                                       int32_t b) -> std::expected<int32_t, mote::Failure> {
    ++host->calls;
    if (a >= 0) return a + b;
    const mote::Val values[] = {a};
    return std::unexpected(mote::Failure::thrown(must(mote::new_exception(store, negative, values))));
  };
  must(linker.func("host", "add", add));
  must(linker.func("host", "log", log_text));
  store.set_fuel(100000);
  const auto instance = must(linker.instantiate(store, module));

  std::printf("40 + 2 = %d\n", must(must(instance.typed_func<int32_t(int32_t)>("run"))(40)));
  must(must(instance.typed_func<void()>("hello"))());
  show_failure(must(instance.typed_func<int32_t(int32_t)>("divide"))(0).error());
  const mote::Failure thrown = must(instance.typed_func<int32_t(int32_t)>("run"))(-3).error();
  const mote::Val number = must(mote::get_field(store, thrown.exception.value(), 0));
  std::printf("%s: %d\n", thrown.trap.message.c_str(), number.i32());
  const auto spun = must(instance.typed_func<void()>("spin"))();
  std::printf("%s\n", spun.error().trap.kind == mote::TrapKind::out_of_fuel ? "out of fuel" : spun.error().text().c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  run(argv[1]);
  std::printf("Mote %s\n", mote_version() == MOTE_VERSION ? "as its header says" : mote_version_text().data);
}
