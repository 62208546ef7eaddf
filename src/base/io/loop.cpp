// The loop (loop.h) over boost::asio::io_context. Asio reports by exception only what cannot happen here or was tested before: this
// room is built without exceptions, and such a report ends the process.
#define BOOST_ASIO_NO_DEPRECATED 1
#define BOOST_ASIO_DISABLE_VISIBILITY 1
#include "base/io/loop.h"

#include "base/core/assert.h"
#include "base/os/file.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>
#include <vector>

namespace boost {
BOOST_NORETURN void throw_exception(const std::exception& exception) {
  mote::assert_failed(exception.what(), __FILE__, __LINE__);
}
BOOST_NORETURN void throw_exception(const std::exception& exception, const boost::source_location&) {
  throw_exception(exception);
}
}  // namespace boost

namespace mote::io {

namespace asio = boost::asio;

struct Loop::State {
  asio::io_context context{1};
  asio::steady_timer first{context};  // what opens Asio's descriptors
};

// Descriptors are duplicated for each wait: the kernel knows one registration for each, and a guest may close its own meanwhile.
struct Loop::Wait::State {
  explicit State(asio::io_context& context) : timer(context) {}
  std::function<void()> wake;  // empty: woken, or taken back
  asio::steady_timer timer;
  std::vector<asio::posix::stream_descriptor> descriptors;

  void done() {
    if (wake) std::exchange(wake, nullptr)();
  }
};

// Asio opens three descriptors and throws where it cannot.
Result<std::unique_ptr<Loop>> Loop::create() {
  std::array<int, 3> tried;
  tried.fill(-1);
  int error_number = 0;
  for (int& one : tried) {
    one = eventfd(0, EFD_CLOEXEC);
    if (one < 0) error_number = errno;
  }
  for (const int one : tried) {
    if (one >= 0) close(one);
  }
  if (error_number != 0) return os::fail_errno(error_number, "cannot make an event loop");
  return std::unique_ptr<Loop>(new Loop(std::make_unique<State>()));
}

Loop::Loop(std::unique_ptr<State> state) : state_(std::move(state)) {}
Loop::~Loop() = default;
Loop::Wait::Wait(std::shared_ptr<State> state) : state_(std::move(state)) {}
Loop::Wait::~Wait() {
  state_->wake = nullptr;
  state_->timer.cancel();
  boost::system::error_code ignored;
  for (auto& descriptor : state_->descriptors) descriptor.close(ignored);
}

Result<std::unique_ptr<Loop::Wait>> Loop::wait(std::span<const Interest> descriptors, std::optional<uint64_t> until_ns,
                                               std::function<void()> wake) {
  auto state = std::make_shared<Wait::State>(state_->context);
  state->wake = std::move(wake);
  std::unique_ptr<Wait> wait(new Wait(state));
  state->descriptors.reserve(descriptors.size());
  for (const Interest& one : descriptors) {
    asio::posix::stream_descriptor watched(state_->context);
    const int copy = fcntl(one.descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return os::fail_errno(errno, "cannot wait for a descriptor");
    boost::system::error_code error;
    watched.assign(copy, error);
    if (error) {
      close(copy);
      return os::fail_errno(error.value(), "cannot wait for a descriptor");
    }
    using Kind = asio::posix::descriptor_base;
    watched.async_wait(one.for_writing ? Kind::wait_write : Kind::wait_read,
                       [state](const boost::system::error_code&) { state->done(); });
    state->descriptors.push_back(std::move(watched));
  }
  if (until_ns) {
    constexpr uint64_t latest_ns = INT64_MAX;
    state->timer.expires_at(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(std::min(*until_ns, latest_ns))));
    state->timer.async_wait([state](const boost::system::error_code&) { state->done(); });
  }
  return wait;
}

void Loop::post(std::function<void()> work) {
  asio::post(state_->context, std::move(work));
}

void Loop::run_once() {
  state_->context.restart();
  const auto guard = asio::make_work_guard(state_->context);  // else it would not wait for what is posted
  state_->context.run_one();
  state_->context.poll();
}

void Loop::poll() {
  state_->context.restart();
  state_->context.poll();
}

}  // namespace mote::io
