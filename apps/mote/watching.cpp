// See watching.h.
#include "apps/mote/watching.h"

#include "apps/mote/learning.h"
#include "apps/mote/report.h"
#include "base/core/format.h"
#include "base/os/clock.h"
#include "host/wasi_p1/wasi_p1.h"

#include <utility>
#include <vector>

namespace mote::cli {
namespace {

uint64_t monotonic_ns() {
  return os::now_ns(os::Clock::monotonic);
}
uint64_t realtime_ns() {
  return os::now_ns(os::Clock::realtime);
}

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string how_text(const GuestResult<void>& result) {
  if (result) return "exited with 0";
  switch (result.error().kind) {
    case Failure::Kind::exit:
      return format("exited with {}", result.error().exit_code);
    case Failure::Kind::trap:
      return "trapped: " + result.error().trap.message;
    case Failure::Kind::error:
      break;
  }
  return "failed: " + result.error().error.message;
}

}  // namespace

void DenialsOnStderr::denied(const calls::Denial& denial) {
  if (denial.is_probe || (denial.is_let_through && is_learning_)) return;
  // By rule and sort of thing, whatever the thing: the first one is enough to know which line is missing.
  if (recent_.is_new(denial))
    print_to_stderr(format("mote: {}: {}\n", denial.is_let_through ? "let through" : "denied", denial.text()));
}

Result<void> Watching::trace(const Options& options) {
  const Options::Tracing& asked = options.strace;
  std::vector<std::string_view> names;
  for (const calls::Function& function : wasi_p1::functions()) names.push_back(function.name);
  auto filter = calls::Filter::parse(asked.filter, names);
  if (!filter) return fail(filter.error().kind, "--strace " + filter.error().message);
  if (!asked.file.empty()) trace_file_ = TRY(os::File::create(asked.file));
  if (asked.has_summary) summary_.emplace(*filter);
  if (asked.is_on || (!asked.file.empty() && !asked.has_summary)) {
    const int to = trace_file_ ? trace_file_.descriptor() : 2;
    strace_.emplace([to](std::string_view line) { (void)os::write_all(to, bytes(line)); }, *std::move(filter),
                    asked.is_json ? calls::Strace::Format::jsonl : calls::Strace::Format::text);
  }
  return {};
}

Result<std::unique_ptr<Watching>> Watching::start(const Options& options, const Grants& grants, std::string guest,
                                                  sandbox::Process& process, Store& store) {
  std::unique_ptr<Watching> made(new Watching);
  TRY(made->trace(options));
  if (!options.is_quiet) process.denials.add(made->to_stderr_.emplace(grants.learning != nullptr));
  if (!options.audit.empty()) {
    made->audit_file_ = TRY(os::File::append_to(options.audit));
    const int to = made->audit_file_.descriptor();
    process.denials.add(
        made->audit_.emplace([to](std::string_view line) { (void)os::write_all(to, bytes(line)); }, std::move(guest), realtime_ns));
  }
  const bool denial_ends_guest = grants.policy && grants.policy->on_deny == policy::OnDeny::trap;
  if (grants.learning != nullptr) process.denials.add(*grants.learning);
  if (!made->strace_ && !made->summary_ && !denial_ends_guest && grants.learning == nullptr) return made;  // calls stay direct
  calls::Watch& watch = made->watch_.emplace(monotonic_ns, process.denials);
  if (made->strace_) watch.add(*made->strace_);
  if (made->summary_) watch.add(*made->summary_);
  if (grants.learning != nullptr) watch.add(*grants.learning);
  watch.set_denial_ends_guest(denial_ends_guest);
  process.watch = &watch;
  if (made->strace_ || made->summary_) {
    store.set_growth_observer(
        [&watch](uint64_t old_pages, uint64_t added, bool is_done) { watch.note_growth(old_pages, added, is_done); });
  }
  return made;
}

void Watching::finish(const GuestResult<void>& result) {
  if (strace_) strace_->finish(how_text(result));
  if (audit_) audit_->finish();
  if (!summary_) return;
  const std::string text = summary_->text();
  (void)os::write_all(trace_file_ ? trace_file_.descriptor() : 2, bytes(text));
}

}  // namespace mote::cli
