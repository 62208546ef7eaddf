// Fake effects for tests: streams in memory, clocks that only move when someone waits, randomness that counts; and grants of
// folders that nobody's command line or policy made.
#pragma once

#include "host/sandbox/effects.h"
#include "host/sandbox/grant.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace mote::sandbox {

// Reads from `input`, writes to `output`, `most` bytes at a time.
class FakeStream : public Stream {
 public:
  explicit FakeStream(std::string& content, bool is_terminal = false) : content_(content), is_terminal_(is_terminal) {}
  Outcome<uint64_t> read(MutableBytes into) override {
    if (failure) return std::unexpected(*failure);
    const size_t count = std::min({into.size(), content_.size(), most});
    std::copy_n(content_.begin(), count, into.begin());
    content_.erase(0, count);
    return count;
  }
  Outcome<uint64_t> write(Bytes from) override {
    if (failure) return std::unexpected(*failure);
    const size_t count = std::min(from.size(), most);
    content_.append(reinterpret_cast<const char*>(from.data()), count);
    ++writes;
    return count;
  }
  bool is_terminal() const override { return is_terminal_; }
  Readiness readiness(bool for_writing) override {
    return {for_writing || is_ready, is_hung_up, for_writing ? 0 : content_.size()};
  }

  std::optional<Refusal> failure;
  size_t most = SIZE_MAX;
  bool is_ready = true, is_hung_up = false;
  int writes = 0;

 private:
  std::string& content_;
  bool is_terminal_;
};

class FakeClocks : public Clocks {
 public:
  uint64_t now_ns(ClockId clock) override { return clock == ClockId::monotonic ? monotonic : realtime; }
  uint64_t resolution_ns(ClockId clock) override { return clock == ClockId::monotonic ? 1 : 1000; }
  bool sleep_until(ClockId clock, uint64_t time_ns) override {
    const uint64_t now = now_ns(clock);
    if (time_ns > now) advance(time_ns - now);
    ++sleeps;
    return !gives_up;
  }
  bool wait_for(std::span<const Wanted> streams, std::optional<uint64_t> timeout_ns) override {
    ++waits;
    if (on_wait_ready != nullptr) {
      on_wait_ready->is_ready = true;
      advance(1);
    } else if (timeout_ns) {
      advance(*timeout_ns);
    }
    waited_for = streams.size();
    return !gives_up;
  }
  void advance(uint64_t ns) {
    monotonic += ns;
    realtime += ns;
  }

  uint64_t monotonic = 5'000'000'000, realtime = 1'700'000'000'000'000'000;
  int sleeps = 0, waits = 0;
  bool gives_up = false;
  size_t waited_for = 0;
  FakeStream* on_wait_ready = nullptr;
};

class FakeRandom : public Random {
 public:
  Outcome<void> fill(MutableBytes into) override {
    if (fails) return std::unexpected(Refusal::io_failure);
    requests.push_back(into.size());
    for (uint8_t& byte : into) byte = next++;
    return {};
  }
  uint8_t next = 1;
  bool fails = false;
  std::vector<size_t> requests;
};

enum class Access : uint8_t { read_only, read_write };

inline std::shared_ptr<Grant> test_grant(const std::string& host, Access access, calls::Denials* denials = nullptr) {
  auto grant = std::make_shared<Grant>();
  grant->guest = grant->host = host;
  grant->rule = "the test's grant";
  grant->writes = grant->creates = access == Access::read_write;
  grant->denials = denials;
  return grant;
}

}  // namespace mote::sandbox
