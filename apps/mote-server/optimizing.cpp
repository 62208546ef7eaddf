// See optimizing.h. Messages: a byte and a component's name; to it 'f' or '-', whether code counts fuel; from it '+', or '!' and
// behind a line break why not.
#include "apps/mote-server/optimizing.h"

#include "apps/mote-server/module_source.h"
#include "apps/mote/engine_options.h"
#include "base/core/format.h"
#include "base/os/channel.h"
#include "base/os/descriptor.h"
#include "base/os/machine.h"
#include "base/os/process.h"

#include <mote/compiler.h>

#include <algorithm>
#include <string_view>

namespace mote::cli {
namespace {

constexpr size_t most_message = 4096;

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Result<Engine> engine_for(const Options& options, bool counts_fuel) {
  constexpr uint64_t most_ms = 3'600'000;
  EngineConfig config = engine_config(options, "components");
  config.codegen.fuel = counts_fuel;
  config.huge_pages = false;
  ProgramCompilerOptions compiler;
  compiler.threads = std::max(os::cpu_count() / 2, 1u);
  compiler.timeout_ms = most_ms;
  config.compiler = program_compiler(compiler_path(), compiler);
  return Engine::create(std::move(config));
}

Result<void> optimize(const Options& options, const ReadManifest& read, const std::string& id, bool counts_fuel) {
  const ManifestText text = TRY(read());
  const manifest::Manifest manifest = TRY(manifest::parse(text.text, text.file));
  const manifest::Component* const component = manifest.component(id);
  if (component == nullptr) return fail(ErrorKind::not_found, "the manifest has it no more");
  const auto module = component->source.path.empty()
                          ? TRY(fetch_module(component->source))
                          : TRY(os::read_file(manifest.path(component->source.path), limits::module_size_bytes));
  const Engine engine = TRY(engine_for(options, counts_fuel));
  const CacheFill fill = TRY(compile_into_cache(engine, module));
  if (fill == CacheFill::busy) return fail(ErrorKind::unavailable, "another process compiles it");
  if (fill == CacheFill::gave_up) return fail(ErrorKind::unavailable, "it could not be compiled before");
  return {};
}

// The process beside the server, until that is gone.
int keep_optimizing(const Options& options, const ReadManifest& read, const os::File& control) {
  os::take_lowest_priority();
  for (;;) {
    const auto asked = os::receive_message(control.descriptor(), most_message);
    if (!asked || asked->bytes.empty()) return 0;
    const std::string id(asked->bytes.begin() + 1, asked->bytes.end());
    const auto done = optimize(options, read, id, asked->bytes[0] == 'f');
    std::string answer = (done ? "+" : "!") + id;
    if (!done) answer += "\n" + done.error().message.substr(0, most_message / 2);
    if (!os::send_message(control.descriptor(), bytes(answer))) return 0;
  }
}

}  // namespace

Result<std::unique_ptr<Optimizing>> Optimizing::start(const Options& options, const ReadManifest& read) {
  const bool is_wanted = options.tiering == Tiering::automatic && options.use_cache && !cache_folder().empty();
  if (!is_wanted || !os::find_program(compiler_path())) return nullptr;
  auto ends = os::connected_pair(os::Pair::messages);
  if (!ends) return os::fail_errno(ends.error(), "no way to a process that has modules optimised");
  TRY(os::start_copy([&] {
    const int kept[] = {ends->second.descriptor()};
    os::close_all_but(kept);
    return keep_optimizing(options, read, ends->second);
  }));
  return std::unique_ptr<Optimizing>(new Optimizing(std::move(ends->first)));
}

void Optimizing::ask(const std::string& component, bool counts_fuel) {
  asked_.push_back((counts_fuel ? "f" : "-") + component);
  ask_next();
}

void Optimizing::ask_next() {
  if (is_busy_ || is_gone_ || asked_.empty()) return;
  is_busy_ = true;
  (void)os::send_message(control_.descriptor(), bytes(asked_.front()));  // where nobody is there, take() tells
  asked_.pop_front();
}

std::vector<Optimizing::Answer> Optimizing::take() {
  std::vector<Answer> answers;
  const auto has_word = [this] {
    const auto ready = os::readiness(control_.descriptor(), false);
    return ready.is_ready || ready.is_hung_up;
  };
  while (!is_gone_ && has_word()) {
    const auto came = os::receive_message(control_.descriptor(), most_message);
    is_gone_ = !came || came->bytes.empty();
    if (is_gone_) break;
    is_busy_ = false;
    ask_next();
    const std::string text(came->bytes.begin() + 1, came->bytes.end());
    const size_t line = std::min(text.find('\n'), text.size());
    answers.push_back({text.substr(0, line), came->bytes[0] == '+' ? "" : text.substr(std::min(line + 1, text.size()))});
  }
  return answers;
}

}  // namespace mote::cli
