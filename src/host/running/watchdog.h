// Watchdog: one thread that ends guests which take more time than they were given, by the clock on the wall or by the CPU's.
//
// It sleeps until the first of its guests could be over its time: a guest that runs cannot use CPU time faster than time passes,
// one that does not run is not looked at until it does. So it costs next to nothing while nobody offends (`./bench stop`), and
// signals only those who do. It starts no thread: run() is called on one that the caller has. Tested by watchdog_test.cpp.
#pragma once

#include <mote/store.h>

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace mote::running {

// Time from now on; nothing: as much as wanted. The reasons are what the guest's trap will say.
struct Allowance {
  std::optional<uint64_t> wall_ns = {};
  std::string wall_reason = "timeout";
  std::optional<uint64_t> cpu_ns = {};  // of the threads that run the store's guests, in their host functions too
  std::string cpu_reason = "cpu time";
};

class Watchdog {
  struct Guest;

 public:
  Watchdog() = default;
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  void run();  // returns after end()
  void end();  // from any thread

  // Watches until its own end, which is before the watchdog's. From any thread.
  class Watch {
   public:
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch();

   private:
    friend class Watchdog;
    Watch(Watchdog& watchdog, std::shared_ptr<Guest> guest) : watchdog_(watchdog), guest_(std::move(guest)) {}
    Watchdog& watchdog_;
    std::shared_ptr<Guest> guest_;
  };
  [[nodiscard]] std::unique_ptr<Watch> watch(const Store& store, Allowance allowance);

 private:
  using Schedule = std::multimap<uint64_t, std::shared_ptr<Guest>>;  // by when to look, in monotonic nanoseconds
  void look_at(std::shared_ptr<Guest> guest, uint64_t now);
  void put(std::shared_ptr<Guest> guest, uint64_t at);
  void begins(const std::weak_ptr<Guest>& guest);

  std::mutex mutex_;  // guards all that follows
  std::condition_variable changed_;
  Schedule schedule_;
  bool has_ended_ = false;
};

}  // namespace mote::running
