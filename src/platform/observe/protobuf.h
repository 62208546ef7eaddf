// Writing protocol buffers (https://protobuf.dev/programming-guides/encoding/), as much as OTLP needs. Tested by otlp_test.cpp.
#pragma once

#include "base/core/bytes.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace mote::observe {

class ProtobufWriter {
 public:
  void varint(uint32_t field, uint64_t value) {
    tag(field, 0);
    plain(value);
  }
  void fixed64(uint32_t field, uint64_t value) {
    tag(field, 1);
    raw(value);
  }
  void real(uint32_t field, double value);
  void text(uint32_t field, std::string_view value) {
    tag(field, 2);
    plain(value.size());
    out_ += value;
  }
  void bytes(uint32_t field, Bytes value) { text(field, {reinterpret_cast<const char*>(value.data()), value.size()}); }
  // A message, or packed numbers: what `write` puts into the writer that it is given.
  template <class Write>
  void message(uint32_t field, Write write) {
    ProtobufWriter inner;
    write(inner);
    text(field, inner.out_);
  }
  void raw(uint64_t value);  // of packed ones
  [[nodiscard]] const std::string& out() const { return out_; }

 private:
  void tag(uint32_t field, uint32_t type) { plain(uint64_t{field} << 3 | type); }
  void plain(uint64_t value);
  std::string out_;
};

}  // namespace mote::observe
