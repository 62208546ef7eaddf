// What else than frames, globals and tables of a store refers to objects: values that C++ code holds while it may allocate, and the
// references that an embedder was given. Tested by heap_test.cpp.
#pragma once

#include "engine/code/image.h"

#include <cstdint>
#include <span>
#include <vector>

namespace mote::runtime {

class Store;

// References that C++ code keeps over an allocation: in this object's scope they are the store's roots, and are read from it
// afterwards. Scopes nest.
class LocalRoots {
 public:
  LocalRoots(Store& store, std::span<uint32_t> references);
  ~LocalRoots();
  LocalRoots(const LocalRoots&) = delete;
  LocalRoots& operator=(const LocalRoots&) = delete;
  void set(std::span<uint32_t> references) { references_ = references; }

 private:
  friend class Store;
  Store& store_;
  LocalRoots* outer_;
  std::span<uint32_t> references_;
};

// References that outlive the call that made them, by number. Numbers are handed out upwards and taken back to a mark.
class HostRoots {
 public:
  [[nodiscard]] uint32_t add(uint32_t reference) {
    references_.push_back(reference);
    return static_cast<uint32_t>(references_.size() - 1);
  }
  [[nodiscard]] uint32_t get(uint32_t number) const { return number < references_.size() ? references_[number] : 0; }
  [[nodiscard]] size_t size() const { return references_.size(); }
  void shrink_to(size_t mark) {
    if (mark < references_.size()) references_.resize(mark);
  }
  void visit(code::RootVisitor& visitor) { visitor.visit(references_.data(), references_.size()); }

 private:
  std::vector<uint32_t> references_;
};

}  // namespace mote::runtime
