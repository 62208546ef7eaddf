// Optimised code for a server that began on baseline code: a process beside it, made before its kernel wall is closed, has modules
// compiled into the cache at the lowest priority, one after another, and tells when one is there.
//
// It is told names, and reads the manifest itself, as the keeper does (platform/isolate/keeper.h). Which code runs is the server's
// business: it takes what the cache has for the bytes that it runs (Module::refresh). Tested by tests/up.
#pragma once

#include "apps/mote-server/surroundings.h"
#include "apps/mote/options.h"
#include "base/os/file.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace mote::cli {

class Optimizing {
 public:
  // While this process has one thread. Null: nothing is to be optimised (no compiler, no cache, -C compiler=).
  [[nodiscard]] static Result<std::unique_ptr<Optimizing>> start(const Options& options, const ReadManifest& read);
  Optimizing(const Optimizing&) = delete;
  Optimizing& operator=(const Optimizing&) = delete;

  void ask(const std::string& component, bool counts_fuel);
  [[nodiscard]] int descriptor() const { return control_.descriptor(); }  // readable: take() has something to say
  struct Answer {
    std::string component;
    std::string failure;  // empty: the cache has it
  };
  [[nodiscard]] std::vector<Answer> take();
  [[nodiscard]] bool is_gone() const { return is_gone_; }

 private:
  explicit Optimizing(os::File control) : control_(std::move(control)) {}
  void ask_next();

  os::File control_;
  std::deque<std::string> asked_;  // messages to be sent, one at a time: nothing waits for room
  bool is_busy_ = false, is_gone_ = false;
};

}  // namespace mote::cli
