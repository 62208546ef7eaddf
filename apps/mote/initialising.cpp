// See initialising.h.
#include "apps/mote/initialising.h"

#include "base/core/format.h"
#include "base/os/descriptor.h"
#include "host/sandbox/system.h"

#include <memory>
#include <string_view>
#include <utility>

namespace mote::cli {
namespace {

// One of this process's streams. That it is a terminal is kept from the guest: its library would remember it for every later start.
class PlainStream : public sandbox::DescriptorStream {
 public:
  PlainStream(int descriptor, io::Waiting& waiting)
      : descriptor_(descriptor), stream_(sandbox::system_stream(descriptor, waiting)) {}
  sandbox::Outcome<uint64_t> read(MutableBytes into) override { return stream_->read(into); }
  sandbox::Outcome<uint64_t> write(Bytes from) override { return stream_->write(from); }
  bool is_terminal() const override { return false; }
  sandbox::Readiness readiness(bool for_writing) override { return stream_->readiness(for_writing); }
  bool parks() const override { return stream_->parks(); }
  sandbox::Outcome<bool> wait_until_ready(bool for_writing) override { return stream_->wait_until_ready(for_writing); }
  int descriptor() const override { return descriptor_; }

 private:
  int descriptor_;
  std::unique_ptr<sandbox::Stream> stream_;
};

const void* what_is_open(const sandbox::Descriptor& descriptor) {
  if (descriptor.stream != nullptr) return descriptor.stream.get();
  if (descriptor.file != nullptr) return descriptor.file.get();
  return descriptor.folder.get();
}

std::string_view kind_of(const sandbox::Descriptor& descriptor) {
  return descriptor.stream != nullptr ? "a stream" : descriptor.file != nullptr ? "a file" : "a folder";
}

// What can be allowed, and what would be in the snapshot then.
struct Thing {
  std::string_view flag, what;
};
constexpr Thing clocks{"clocks", "the time"}, random{"random", "the random numbers"}, environment{"env", "the environment"},
    arguments{"args", "the arguments"}, input{"stdin", "the input"};

}  // namespace

Initialising::Initialising(const Options& options, sandbox::Process& process, io::Waiting& waiting)
    : options_(options), process_(process) {
  constexpr std::pair<uint32_t, int> streams[] = {{0, 0}, {1, 2}, {2, 2}};
  for (const auto& [number, descriptor] : streams) {
    process_.change(number)->stream = std::make_unique<PlainStream>(descriptor, waiting);
  }
  while (const sandbox::Descriptor* const open = process_.find(static_cast<uint32_t>(descriptors_.size()))) {
    descriptors_.push_back(what_is_open(*open));
  }
}

bool Initialising::reads_stdin(const calls::Call& call) const {
  if (call.function.name != "fd_read") return false;
  const sandbox::Descriptor* const from = process_.find(static_cast<uint32_t>(call.values[0]));
  return from != nullptr && from->stream != nullptr && from->is_readable;
}

std::optional<Error> Initialising::refusal(const calls::Call& call) const {
  namespace group = calls::group;
  const std::string_view name = call.function.name;
  const auto refuse = [&](const Thing& thing, bool is_allowed) -> std::optional<Error> {
    if (is_allowed) return std::nullopt;
    return Error{ErrorKind::denied,
                 format("calls {}.{} in its initialisation: {} would be the same at every later start; if that is "
                        "meant, say --allow {}",
                        call.function.interface.name, name, thing.what, thing.flag)};
  };
  if ((call.function.groups & group::network) != 0) {
    return Error{ErrorKind::denied,
                 format("calls {}.{} in its initialisation: no connection could be part of a snapshot, and none is "
                        "allowed",
                        call.function.interface.name, name)};
  }
  const Options::Allowed& allowed = options_.allowed;
  if ((call.function.groups & (group::clock | group::poll)) != 0) return refuse(clocks, allowed.clocks);
  if ((call.function.groups & group::random) != 0) return refuse(random, allowed.random);
  if (name.starts_with("environ_"))
    return refuse(environment, allowed.environment || options_.inherits_environment || !options_.environment.empty());
  if (name.starts_with("args_")) return refuse(arguments, allowed.arguments);
  if (reads_stdin(call)) return refuse(input, allowed.input);
  return std::nullopt;
}

bool Initialising::answer(calls::Call& call) {
  if (call.function.name == "fd_prestat_get") looked_for_folders_ = true;
  auto refused = refusal(call);
  if (!refused) return false;
  call.ending = {calls::Ending::Kind::trapped, 0, refused->message};
  if (!refused_) refused_ = std::move(refused);
  return true;
}

Result<void> Initialising::check_descriptors() const {
  for (uint32_t number = 0; number < process_.descriptors_most; ++number) {
    const sandbox::Descriptor* const open = process_.find(number);
    if (number < descriptors_.size()) {
      if (open != nullptr && what_is_open(*open) == descriptors_[number]) continue;
      return fail(ErrorKind::unsupported,
                  format("its initialisation closed or replaced descriptor {}, which the next process will have as ever: have it "
                         "leave what it was given",
                         number));
    }
    if (open == nullptr) continue;
    return fail(ErrorKind::unsupported,
                format("its initialisation leaves descriptor {} open, {}: the next process will not have it; "
                       "have it close what it opens",
                       number, kind_of(*open)));
  }
  return {};
}

}  // namespace mote::cli
