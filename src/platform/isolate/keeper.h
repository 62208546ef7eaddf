// Keeper: a process beside the server, outside of its kernel wall, that does one thing: it starts the processes of isolated
// components, which a server behind its wall cannot.
//
// It is made by fork before the server has threads, listeners or a wall. The server sends it names, never paths or grants: what a
// component is and may do, the keeper's Duty reads itself. So a server that has lost to a guest can have started what the
// manifest on the disk says, and nothing else. It ends with the server. Tested by keeper_test.cpp.
#pragma once

#include "base/os/file.h"
#include "platform/isolate/wire.h"

#include <mote/result.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mote::isolate {

class Keeper {
 public:
  // What its processes do.
  class Duty {
   public:
    virtual ~Duty() = default;
    virtual void prepare(const Request& request) = 0;  // in the keeper: what is to be remembered for others
    // In the component's process, with its ends of the channels; the process ends with this status.
    virtual int run(const Request& request, std::vector<os::File> channels) = 0;
  };
  // `duty` is used by the keeper alone from now on.
  [[nodiscard]] static Result<std::unique_ptr<Keeper>> start(Duty& duty);
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  struct Started {
    uint64_t number = 0;
    std::vector<os::File> channels;
  };
  // Errors: unavailable (the keeper is gone, no process is to be had), limit.
  [[nodiscard]] Result<Started> start_cell(const Request& request, uint32_t channels);
  void end_cell(uint64_t number);  // at once; its end is told as any other

  [[nodiscard]] int descriptor() const { return control_.descriptor(); }  // readable: take_ended() has something to say
  struct Ended {
    uint64_t number = 0;  // 0: the keeper itself
    std::string how;
  };
  [[nodiscard]] std::vector<Ended> take_ended();

 private:
  explicit Keeper(os::File control) : control_(std::move(control)) {}
  [[nodiscard]] bool has_word() const;

  os::File control_;
  std::vector<Ended> ended_;
  bool is_gone_ = false;
};

}  // namespace mote::isolate
