// Measuring sandboxes in process (bench_sandboxes.h).
#include "apps/mote/bench_sandboxes.h"

#include "apps/mote/engine_options.h"
#include "apps/mote/initialising.h"
#include "apps/mote/input.h"
#include "base/core/format.h"
#include "base/os/clock.h"
#include "base/os/machine.h"
#include "host/sandbox/event.h"
#include "host/sandbox/system.h"
#include "host/wasi_p1/wasi_p1.h"

#include <mote/compiler.h>
#include <mote/linker.h>

#include <algorithm>

namespace mote::cli {
namespace {

constexpr size_t most_samples = 4'000'000;  // of each kind: what is kept for percentiles
constexpr uint32_t most_alive = 1000;

uint64_t now_ns() {
  return os::now_ns(os::Clock::monotonic);
}

// A module, its pool and the process that events find.
class Handler {
 public:
  static GuestResult<std::unique_ptr<Handler>> make(Engine engine, const Options& options, const std::string& path) {
    auto handler = std::unique_ptr<Handler>(new Handler(std::move(engine)));
    if (auto done = handler->prepare(options, path); !done) return std::unexpected(std::move(done.error()));
    return handler;
  }

  // One event in a sandbox of its own; when the sandbox was there is left in `acquired_ns`.
  GuestResult<void> serve(Bytes event, uint64_t& acquired_ns) {
    auto lease = worker_->acquire();
    if (!lease) return std::unexpected(Failure(std::move(lease.error())));
    acquired_ns = now_ns();
    return run(*lease, event);
  }
  // The same, and the sandbox stays.
  Result<Pool::Packed> serve_and_keep(Bytes event) {
    Pool::Lease lease = TRY(worker_->acquire());
    (void)run(lease, event);
    events_.reset();
    return lease.pack();
  }
  [[nodiscard]] Bytes answer() const { return events_.answer(); }
  void forget() { events_.reset(); }
  [[nodiscard]] Pool::Report report() const { return pool_->report(); }
  [[nodiscard]] std::string code() const { return code_; }

 private:
  explicit Handler(Engine engine) : engine_(std::move(engine)) {}

  GuestResult<void> prepare(const Options& options, const std::string& path) {
    const auto failed = [](Error error) { return std::unexpected(Failure(std::move(error))); };
    auto module = Module::compile_file(engine_, path);
    if (!module) return failed(std::move(module.error()));
    code_ = module->origin().image;
    Linker linker(engine_);
    if (auto defined = wasi_p1::define_imported(linker, *module); !defined) return failed(std::move(defined.error()));
    events_.process().arguments = {file_name(path)};
    events_.process().environment = options.environment;
    events_.arm();
    PoolConfig config;
    config.limits = options.limits;
    config.limits.memory_size_bytes = std::min(options.limits.memory_size_bytes, limits::pool_memory_size.standard);
    for (const Options::SaidLimit& said : options.said_limits) {
      if (said.name == limits::memory_size.name) config.limits.memory_size_bytes = said.value;
    }
    config.members = {{"handler", *std::move(module)}};
    if (options.fuel) config.fuel = *options.fuel;
    auto pool = make_pool(options, linker, std::move(config));
    if (!pool) return std::unexpected(std::move(pool.error()));
    pool_.emplace(*std::move(pool));
    auto start = pool_->func<void()>(options.invoke.empty() ? "_start" : options.invoke);
    if (!start) {
      return failed({start.error().kind, start.error().message +
                                             ": bench calls _start, or what --invoke names, once for each event; it "
                                             "takes nothing and returns nothing"});
    }
    start_.emplace(*start);
    worker_.emplace(pool_->worker());
    return {};
  }

  // What a reactor's _initialize reads would be the same in every sandbox: refused, as by `mote snapshot`.
  GuestResult<Pool> make_pool(const Options& options, const Linker& linker, PoolConfig config) {
    sandbox::Process process(clocks_, random_);
    process.arguments = {file_name(options.words[0])};
    process.environment = options.environment;
    for (const int descriptor : {0, 2, 2}) {
      (void)process.open(
          {.stream = sandbox::system_stream(descriptor), .is_readable = descriptor == 0, .is_writable = descriptor != 0});
    }
    Initialising initialising(options, process, io::blocking());
    calls::Watch watch(now_ns, process.denials);
    watch.set_interposer(&initialising);
    process.watch = &watch;
    config.init_data = &process;
    auto pool = Pool::create(engine_, linker, std::move(config));
    if (!pool && initialising.refused()) return std::unexpected(Failure(*initialising.refused()));
    return pool;
  }

  // An exit with status 0 is a return.
  GuestResult<void> run(const Pool::Lease& lease, Bytes event) {
    lease.store().set_data(&events_.process());
    events_.begin(event);
    auto done = start_->in(lease)();
    if (!done && done.error().kind == Failure::Kind::exit && done.error().exit_code == 0) return {};
    return done;
  }

  Engine engine_;
  sandbox::SystemClocks clocks_;
  sandbox::ReserveRandom random_;
  sandbox::EventProcess events_{clocks_, random_};
  std::optional<Pool> pool_;
  std::optional<PoolFunc<void()>> start_;
  std::optional<Pool::Worker> worker_;
  std::string code_;
};

// Cycles for as long as was asked for, a tenth of it before to warm up.
void run_cycles(Handler& handler, Bytes event, uint64_t seconds, SandboxFigures& figures,
                const std::function<void(double)>& progress) {
  std::vector<uint32_t> acquired(most_samples), cycles(most_samples);  // touched now, so that storing faults on nothing
  const uint64_t length_ns = seconds * 1'000'000'000;
  uint64_t faults_before = 0, count = 0;
  uint64_t begun = now_ns(), then = begun, next_look = begun;
  bool is_warm = false;
  while (then - begun < length_ns || !is_warm) {
    uint64_t acquired_at = then;
    const auto done = handler.serve(event, acquired_at);
    if (!done && figures.failed++ == 0) figures.first_failure = done.error().text();
    if (done && !std::ranges::equal(handler.answer(), figures.answer)) ++figures.different;
    handler.forget();
    const uint64_t now = now_ns();
    acquired[count % most_samples] = static_cast<uint32_t>(acquired_at - then);
    cycles[count % most_samples] = static_cast<uint32_t>(std::min<uint64_t>(now - then, UINT32_MAX));
    ++count;
    then = now;
    if (!is_warm && now - begun > length_ns / 10) {
      is_warm = true;
      count = figures.failed = figures.different = 0;
      faults_before = os::page_faults_of_thread();
      begun = then = now_ns();
    }
    if (now > next_look) {
      progress(static_cast<double>(now - begun) / static_cast<double>(length_ns));
      next_look = now_ns() + 200'000'000;
      then = now_ns();
    }
  }
  figures.faults = os::page_faults_of_thread() - faults_before;
  figures.cycles = count;
  figures.cycles_per_s = static_cast<double>(count) * 1e9 / static_cast<double>(then - begun);
  const size_t kept = std::min<size_t>(count, most_samples);
  acquired.resize(kept), cycles.resize(kept);
  figures.acquire_ns = Percentiles::of(std::move(acquired));
  figures.cycle_ns = Percentiles::of(std::move(cycles));
}

// As `mote compile --cache`. Where that cannot be, baseline code is measured, and the figures say so.
void put_into_cache(const Options& options, const std::string& path) {
  if (options.tiering != Tiering::automatic || !options.use_cache) return;
  auto input = read_input(path);
  const auto engine = Engine::create(engine_config(options, file_name(path)));
  if (input && engine) (void)compile_into_cache(*engine, input->bytes);
}

// What the kernel says that a thousand of them take.
uint64_t measure_each(Handler& handler, Bytes event) {
  std::vector<Pool::Packed> alive;
  alive.reserve(most_alive);
  const uint64_t before = os::resident_bytes() + os::page_table_bytes();
  while (alive.size() < most_alive) {
    auto packed = handler.serve_and_keep(event);
    if (!packed) return 0;
    alive.push_back(*std::move(packed));
  }
  const uint64_t after = os::resident_bytes() + os::page_table_bytes();
  return after > before ? (after - before) / most_alive : 0;
}

}  // namespace

Percentiles Percentiles::of(std::vector<uint32_t> samples) {
  if (samples.empty()) return {};
  std::ranges::sort(samples);
  const auto at = [&](double part) { return samples[static_cast<size_t>(static_cast<double>(samples.size() - 1) * part)]; };
  return {at(0.5), at(0.99), at(0.999)};
}

GuestResult<SandboxFigures> measure_sandboxes(const Options& options, const std::string& path, const std::vector<uint8_t>& event,
                                              const std::function<void(double)>& progress) {
  // Before: optimised code is put into the cache, where there is a compiler, and the pages of our own code are touched once.
  put_into_cache(options, path);
  auto engine = Engine::create(engine_config(options, file_name(path)));
  auto fresh = Engine::create(engine_config(options, file_name(path)));  // which has not seen the module
  if (!engine || !fresh) return std::unexpected(Failure(engine ? fresh.error() : engine.error()));
  if (auto once = Handler::make(*engine, options, path); !once) return std::unexpected(std::move(once.error()));
  SandboxFigures figures;
  const uint64_t begun = now_ns();
  auto handler = Handler::make(*fresh, options, path);
  if (!handler) return std::unexpected(std::move(handler.error()));
  uint64_t acquired_at = 0;
  if (auto first = (*handler)->serve(event, acquired_at); !first) return std::unexpected(std::move(first.error()));
  figures.first_us = static_cast<double>(now_ns() - begun) / 1e3;
  figures.answer.assign((*handler)->answer().begin(), (*handler)->answer().end());
  (*handler)->forget();
  run_cycles(**handler, event, options.seconds, figures, progress);
  figures.bytes_each = measure_each(**handler, event);
  figures.pool = (*handler)->report();
  figures.code = (*handler)->code();
  return figures;
}

}  // namespace mote::cli
