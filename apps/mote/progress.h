// A line on the terminal that grows while a module is compiled, and is gone afterwards. Only for terminals: callers check.
#pragma once

#include <cstdint>
#include <string>

namespace mote::cli {

class Progress {
 public:
  explicit Progress(std::string what);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }
  // Appears when work has taken longer than a moment.
  void show(uint64_t done, uint64_t total);

  // "compiling app.wasm  [######········]  45 %"
  [[nodiscard]] static std::string line(const std::string& what, uint64_t done, uint64_t total);

 private:
  void clear();
  std::string what_;
  uint64_t begin_ns_;
  bool is_shown_ = false;
};

}  // namespace mote::cli
